#include "views/prompt_diff.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kLeft = 14, kCell = 34, kRow = 22, kChip = 16, kHead = 20, kNumber = 44;

} // namespace

PromptDiff::PromptDiff(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Agreement of the runs on kept tokens"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

bool PromptDiff::dataChanged()
{
    m_rows.clear();
    m_disputed.clear();
    PromptDataPtr first = data().current.prompt;
    for (const auto &[position, run] : shownRuns(data()))
        if (run->prompt && (!first || run->prompt->ids == first->ids)) {
            first = first ? first : run->prompt;
            m_rows.push_back({position, run->index, run->prompt});
        }
    const size_t n = m_rows.size();
    m_values.assign(n * n, 1);
    for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j < n; ++j)
            m_values[i * n + j] = promptJaccard(*m_rows[i].prompt, *m_rows[j].prompt);
    for (int token = 0; n > 1 && token < first->tokens(); ++token) {
        const auto kept = std::count_if(m_rows.begin(), m_rows.end(), [&](const Row &row) { return row.prompt->stageOf[static_cast<size_t>(token)] == 0; });
        if (kept > 0 && kept < static_cast<long>(n))
            m_disputed.push_back(token);
    }
    relayout();
    return true;
}

double PromptDiff::value(int row, int column) const { return m_values.at(static_cast<size_t>(row) * m_rows.size() + static_cast<size_t>(column)); }

QRectF PromptDiff::triangle(const QRectF &body) const
{
    const double side = scaled(kCell) * static_cast<double>(std::max<size_t>(1, m_rows.size()));
    return {body.left() + kLeft, body.top() + 4, std::min(side, body.width() * 0.6), side};
}

QRectF PromptDiff::list(const QRectF &body) const
{
    const QRectF cells = triangle(body);
    const double n = static_cast<double>(std::max<size_t>(1, m_rows.size())), cell = std::min(scaled(kCell), cells.width() / n);
    const double left = cells.left() + scaled(kChip) + 6 + (n - 1) * cell + 14; // a column less than there are runs
    return {left, body.top(), std::max(0.0, body.right() - 14 - left), body.height()};
}

void PromptDiff::paintChip(QPainter &painter, const QPointF &at, const Row &row, const Theme &theme) const
{
    const QRectF rect(at.x(), at.y(), scaled(kChip), scaled(kChip));
    if (row.letter >= 0) {
        paintLetterChip(painter, rect, row.letter, theme);
        return;
    }
    painter.setPen(QPen(theme.t3, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
}

void PromptDiff::paintTriangle(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    const int n = static_cast<int>(m_rows.size());
    const double cell = std::min(scaled(kCell), area.width() / n), chip = scaled(kChip);
    painter.setFont(typeFont(TypeRole::Axis));
    for (int row = 1; row < n; ++row)
        for (int column = 0; column < row; ++column) {
            const double value = m_values[static_cast<size_t>(row * n + column)];
            const QRectF box(area.left() + chip + 6 + column * cell, area.top() + (row - 1) * cell, cell - 1, cell - 1);
            painter.fillRect(box, std::isnan(value) ? theme.masked : QColor(Theme::cividis(value)));
            painter.setPen(value > 0.55 ? QColor(0x15, 0x17, 0x1A) : QColor(Qt::white));
            if (cell > scaled(24))
                painter.drawText(box, Qt::AlignCenter, std::isnan(value) ? QStringLiteral("–") : format::decimals(value, 2));
        }
    for (int row = 1; row < n; ++row)
        paintChip(painter, QPointF(area.left(), area.top() + (row - 1) * cell + (cell - chip) / 2), m_rows[static_cast<size_t>(row)], theme);
    for (int column = 0; column + 1 < n; ++column)
        paintChip(painter, QPointF(area.left() + chip + 6 + column * cell + (cell - chip) / 2, area.top() + (n - 1) * cell + 3), m_rows[static_cast<size_t>(column)], theme);
}

QString PromptDiff::headText(const QFontMetricsF &metrics, double room) const
{
    const auto disputed = m_disputed.size();
    const int tokens = m_rows.front().prompt->tokens();
    for (const QString &text : {tr("%1 of %2 tokens are disputed; kept by"), tr("%1 of %2 disputed; kept by"), tr("%1 disputed; kept by")})
        if (const QString filled = text.contains(QLatin1String("%2")) ? text.arg(disputed).arg(tokens) : text.arg(disputed); metrics.horizontalAdvance(filled) <= room)
            return filled;
    return {};
}

void PromptDiff::paintToken(QPainter &painter, const QRectF &row, int token, const Theme &theme) const
{
    const PromptData &prompt = *m_rows.front().prompt;
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t3);
    const double chips = static_cast<double>(m_rows.size()) * (scaled(kChip) + 4), room = row.width() - chips - 6;
    const double number = room > scaled(34 + kNumber) ? scaled(kNumber) : 0; // where there is no room for both, the word says more
    if (number > 0)
        drawTabular(painter, QRectF(row.left(), row.top(), number - scaled(10), row.height()), Qt::AlignRight, QString::number(token));
    painter.setPen(theme.t1);
    const QRectF name(row.left() + number, row.top(), room - number, row.height());
    painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(QStringLiteral("“%1”").arg(prompt.text->label(token)), Qt::ElideMiddle, name.width()));
    double x = row.right() - chips;
    for (const Row &run : m_rows) { // a chip where the run keeps the token, a dash where it cuts it
        if (run.prompt->stageOf[static_cast<size_t>(token)] == 0)
            paintChip(painter, QPointF(x, row.center().y() - scaled(kChip) / 2), run, theme);
        else
            painter.fillRect(QRectF(x + 4, std::round(row.center().y()), scaled(kChip) - 8, 1), theme.border);
        x += scaled(kChip) + 4;
    }
}

void PromptDiff::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_rows.size() < 2)
        return;
    paintTriangle(painter, triangle(body), theme);
    const QRectF area = list(body);
    if (area.width() < scaled(120))
        return;
    painter.setFont(typeFont(TypeRole::Hint));
    painter.setPen(theme.t3);
    painter.drawText(QRectF(area.left(), area.top(), area.width(), scaled(kHead)), Qt::AlignLeft | Qt::AlignVCenter, headText(QFontMetricsF(painter.font()), area.width()));
    painter.save();
    painter.setClipRect(area.adjusted(0, scaled(kHead), 0, 0), Qt::IntersectClip);
    const int first = m_scroll->value();
    for (int i = first; i < static_cast<int>(m_disputed.size()); ++i) {
        const QRectF row(area.left(), area.top() + scaled(kHead) + (i - first) * scaled(kRow), area.width(), scaled(kRow));
        if (row.top() > area.bottom())
            break;
        paintToken(painter, row, m_disputed[static_cast<size_t>(i)], theme);
    }
    painter.restore();
}

void PromptDiff::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const auto at = std::lower_bound(m_disputed.begin(), m_disputed.end(), selection().token);
    if (m_rows.size() < 2 || at == m_disputed.end() || *at != selection().token)
        return;
    const QRectF area = list(body);
    const QRectF row(area.left(), area.top() + scaled(kHead) + (static_cast<double>(at - m_disputed.begin()) - m_scroll->value()) * scaled(kRow), area.width(), scaled(kRow));
    if (row.top() < area.top() + scaled(kHead) - 1 || row.bottom() > area.bottom() + 1 || area.width() < scaled(120))
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawRoundedRect(row.adjusted(2, 1, 2, -1), 3, 3);
}

void PromptDiff::relayout()
{
    const int visible = std::max(1, static_cast<int>((height() - scaled(kHead)) / scaled(kRow)));
    const int hidden = std::max(0, static_cast<int>(m_disputed.size()) - visible);
    m_scroll->setVisible(hidden > 0);
    m_scroll->setGeometry(width() - 12, 0, 12, height());
    m_scroll->setRange(0, hidden);
    m_scroll->setPageStep(visible);
}

void PromptDiff::resizeEvent(QResizeEvent *event)
{
    relayout();
    PictureView::resizeEvent(event);
}

void PromptDiff::wheelEvent(QWheelEvent *event)
{
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() * 3 / 120);
    event->accept();
}

int PromptDiff::tokenAt(const QPointF &point) const
{
    const QRectF area = list(bodyRect());
    if (m_rows.size() < 2 || !area.contains(point) || point.y() < area.top() + scaled(kHead))
        return -1;
    const int row = m_scroll->value() + static_cast<int>((point.y() - area.top() - scaled(kHead)) / scaled(kRow));
    return row < static_cast<int>(m_disputed.size()) ? m_disputed[static_cast<size_t>(row)] : -1;
}

void PromptDiff::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

void PromptDiff::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (token != selection().token)
        moveTo(token, Gesture::Hover);
}

void PromptDiff::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position());
    token >= 0 ? moveTo(token, Gesture::Click) : requestClear();
}

void PromptDiff::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptDiff::keyPressEvent(QKeyEvent *event)
{
    if (m_disputed.empty())
        return PictureView::keyPressEvent(event);
    auto at = std::lower_bound(m_disputed.begin(), m_disputed.end(), std::max(0, selection().token)) - m_disputed.begin();
    const bool here = at < static_cast<long>(m_disputed.size()) && m_disputed[static_cast<size_t>(at)] == selection().token;
    switch (event->key()) {
    case Qt::Key_Up: --at; break;
    case Qt::Key_Down: at += here ? 1 : 0; break;
    case Qt::Key_Home: at = 0; break;
    case Qt::Key_End: at = static_cast<long>(m_disputed.size()) - 1; break;
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    at = std::clamp<long>(at, 0, static_cast<long>(m_disputed.size()) - 1);
    if (at < m_scroll->value())
        m_scroll->setValue(static_cast<int>(at));
    else if (at >= m_scroll->value() + m_scroll->pageStep())
        m_scroll->setValue(static_cast<int>(at) - m_scroll->pageStep() + 1);
    moveTo(m_disputed[static_cast<size_t>(at)], Gesture::Click);
}

QString PromptDiff::note() const { return m_rows.size() < 2 ? QString() : tr("Jaccard index of the kept tokens"); }

QString PromptDiff::emptyReason() const { return m_rows.size() < 2 ? tr("Nothing to compare yet. Pin two methods on this text.") : QString(); }

QString PromptDiff::caption() const { return tr("Jaccard indices of the kept sets of the runs, and the tokens they disagree on."); }

QString PromptDiff::csv() const
{
    const auto name = [](const Row &row) { return row.letter >= 0 ? runLetter(row.letter) : QStringLiteral("preview"); };
    QString out = QStringLiteral("run");
    for (const Row &row : m_rows)
        out += QLatin1Char(',') + name(row);
    out += QLatin1Char('\n');
    for (size_t i = 0; i < m_rows.size(); ++i) {
        out += name(m_rows[i]);
        for (size_t j = 0; j < m_rows.size(); ++j)
            out += QLatin1Char(',') + QString::number(m_values[i * m_rows.size() + j], 'g', 6);
        out += QLatin1Char('\n');
    }
    return out;
}

QString PromptDiff::describe() const
{
    const int token = selection().token;
    if (m_rows.size() < 2 || token < 0 || token >= m_rows.front().prompt->tokens())
        return tr("%1 disputed tokens. Up and down move from one to the next.").arg(m_disputed.size());
    QStringList kept, cut;
    for (const Row &row : m_rows)
        (row.prompt->stageOf[static_cast<size_t>(token)] == 0 ? kept : cut) << (row.letter >= 0 ? runLetter(row.letter) : tr("the form"));
    return tr("Token %1, “%2”: kept by %3; cut by %4").arg(token).arg(m_rows.front().prompt->text->label(token), kept.isEmpty() ? tr("none") : kept.join(QStringLiteral(", ")), cut.isEmpty() ? tr("none") : cut.join(QStringLiteral(", ")));
}

} // namespace winnow
