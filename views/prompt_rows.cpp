#include "views/prompt_rows.h"

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

constexpr double kLeft = 40, kRight = 14, kTop = 4, kGap = 6;

} // namespace

PromptRows::PromptRows(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("The text with the cuts of every run"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

bool PromptRows::dataChanged()
{
    m_rows.clear();
    m_disputed.clear();
    m_layout.reset();
    PromptDataPtr first = data().current.prompt;
    for (const auto &[position, run] : shownRuns(data()))
        if (run->prompt && (!first || run->prompt->ids == first->ids)) {
            first = first ? first : run->prompt;
            m_rows.push_back({position, run->index, run->prompt});
        }
    for (int token = 0; !m_rows.empty() && token < first->tokens(); ++token) {
        const auto kept = std::count_if(m_rows.begin(), m_rows.end(), [&](const Row &row) { return row.prompt->stageOf[static_cast<size_t>(token)] == 0; });
        m_disputed.push_back(kept > 0 && kept < static_cast<long>(m_rows.size()));
    }
    relayout();
    return true;
}

std::shared_ptr<const TokenLayout> PromptRows::layoutFor(double width) const
{
    if (m_layout && std::abs(m_layout->width() - width) < 0.5)
        return m_layout;
    return m_rows.empty() ? nullptr : std::make_shared<const TokenLayout>(m_rows.front().prompt->text, width);
}

double PromptRows::groupHeight(const TokenLayout &layout) const { return layout.lineHeight() * static_cast<double>(m_rows.size()) + kGap; }

void PromptRows::paintLine(QPainter &painter, const QPointF &origin, const TokenLayout &layout, const TokenLayout::Line &line, const Row &row, const Theme &theme) const
{
    const TokenText &text = layout.text();
    const QFontMetricsF metrics(layout.font());
    const double baseline = origin.y() + (layout.lineHeight() + metrics.ascent() - metrics.descent()) / 2;
    const double inset = (layout.lineHeight() - scaled(19)) / 2;
    const int count = static_cast<int>(text.spans.size());
    for (int token = std::max(0, text.tokenAt(line.begin)); token < count && text.spans[static_cast<size_t>(token)].begin < line.end; ++token) {
        const TokenSpan &span = text.spans[static_cast<size_t>(token)];
        const int begin = std::max(skipLeadingSpace(text.shown, span.begin, span.end), line.begin), end = std::min(span.end, line.end);
        if (begin >= end)
            continue;
        QRectF box = layout.boxOn(line, begin, end);
        box = QRectF(origin.x() + box.left() + box.width() * span.part / span.parts, origin.y() + inset, box.width() / span.parts, layout.lineHeight() - 2 * inset);
        const bool kept = row.prompt->stageOf[static_cast<size_t>(token)] == 0;
        if (isDisputed(token)) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(kept ? theme.kept.fill : theme.merged.fill);
            painter.drawRoundedRect(box, 2, 2);
        }
        const QColor color = kept ? theme.t1 : theme.evicted.text;
        const bool sign = text.shown[end - 1] == QChar(0x21B5);
        painter.setPen(color);
        if (span.part == 0 && (!sign || end - begin > 1))
            painter.drawText(QPointF(origin.x() + layout.boxOn(line, begin, end).left(), baseline), text.shown.mid(begin, end - begin - (sign ? 1 : 0)));
        const bool blank = QStringView(text.shown).mid(begin, end - begin).trimmed().isEmpty(); // a stroke through it would read as a minus
        if (!kept && !blank) {
            painter.setPen(QPen(color, 1.2));
            painter.drawLine(QPointF(box.left(), baseline - metrics.xHeight() * 0.55), QPointF(box.right(), baseline - metrics.xHeight() * 0.55));
        }
    }
}

void PromptRows::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const auto layout = layoutFor(body.width() - kLeft - kRight);
    if (!layout)
        return;
    const QRectF clip = painter.hasClipping() ? painter.clipBoundingRect() : body;
    painter.setFont(layout->font());
    for (size_t i = 0; i < layout->lines().size(); ++i) {
        const double top = body.top() + kTop + static_cast<double>(i) * groupHeight(*layout);
        if (top > clip.bottom() || top + groupHeight(*layout) < clip.top())
            continue;
        for (size_t r = 0; r < m_rows.size(); ++r) {
            const QPointF origin(body.left() + kLeft, top + static_cast<double>(r) * layout->lineHeight());
            if (m_rows[r].letter >= 0)
                paintLetterChip(painter, QRectF(body.left() + 14, origin.y() + (layout->lineHeight() - scaled(16)) / 2, scaled(16), scaled(16)), m_rows[r].letter, theme);
            painter.setFont(layout->font());
            paintLine(painter, origin, *layout, layout->lines()[i], m_rows[r], theme);
        }
    }
}

void PromptRows::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    const auto layout = layoutFor(body.width() - kLeft - kRight);
    if (!layout || token < 0 || token >= static_cast<int>(m_disputed.size()))
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    const double inset = (layout->lineHeight() - scaled(20)) / 2;
    for (const QRectF &box : layout->boxes(token)) {
        const double line = std::round(box.top() / layout->lineHeight());
        for (size_t r = 0; r < m_rows.size(); ++r)
            painter.drawRoundedRect(QRectF(body.left() + kLeft + box.left() - 1, body.top() + kTop + line * groupHeight(*layout) + static_cast<double>(r) * layout->lineHeight() + inset, box.width() + 2, box.height() - 2 * inset), 3, 3);
    }
}

int PromptRows::tokenAt(const QPointF &point) const
{
    if (!m_layout)
        return -1;
    const double y = point.y() - bodyRect().top() - kTop;
    const double group = groupHeight(*m_layout);
    const double line = std::floor(y / group), within = y - line * group;
    if (y < 0 || within >= group - kGap)
        return -1;
    return m_layout->tokenAt({point.x() - kLeft, (line + 0.5) * m_layout->lineHeight()});
}

QRectF PromptRows::bodyRect() const
{
    const double content = m_layout ? static_cast<double>(m_layout->lines().size()) * groupHeight(*m_layout) + 2 * kTop : 0;
    return QRectF(0, -m_scroll->value(), width(), std::max<double>(content, height()));
}

double PromptRows::figureHeight(double width) const
{
    const auto layout = layoutFor(width - kLeft - kRight);
    return layout ? figureHeadHeight() + static_cast<double>(layout->lines().size()) * groupHeight(*layout) + 2 * kTop : 0;
}

void PromptRows::relayout()
{
    m_layout = layoutFor(width() - kLeft - kRight);
    const double content = m_layout ? static_cast<double>(m_layout->lines().size()) * groupHeight(*m_layout) + 2 * kTop : 0;
    const bool overflow = content > height() + 1;
    m_scroll->setVisible(overflow);
    m_scroll->setGeometry(width() - 12, 0, 12, height());
    m_scroll->setSingleStep(static_cast<int>(scaled(24)));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setRange(0, overflow ? static_cast<int>(content - height()) : 0);
}

void PromptRows::resizeEvent(QResizeEvent *event)
{
    relayout();
    PictureView::resizeEvent(event);
}

void PromptRows::wheelEvent(QWheelEvent *event)
{
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() * m_scroll->singleStep() * 3 / 120);
    event->accept();
}

void PromptRows::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

void PromptRows::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (token != selection().token)
        moveTo(token, Gesture::Hover);
}

void PromptRows::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position());
    token >= 0 ? moveTo(token, Gesture::Click) : requestClear();
}

void PromptRows::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptRows::keyPressEvent(QKeyEvent *event)
{
    const int count = static_cast<int>(m_disputed.size());
    int next = selection().token;
    switch (event->key()) {
    case Qt::Key_Left: --next; break;
    case Qt::Key_Right: ++next; break;
    case Qt::Key_Up: m_scroll->setValue(m_scroll->value() - m_scroll->singleStep()); return;
    case Qt::Key_Down: m_scroll->setValue(m_scroll->value() + m_scroll->singleStep()); return;
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    if (count > 0)
        moveTo(std::clamp(next, 0, count - 1), Gesture::Click);
}

QVector<LegendEntry> PromptRows::legend(const Theme &theme) const
{
    if (m_rows.size() < 2)
        return {};
    return {LegendEntry{LegendEntry::Sample::Fills, {theme.kept.fill}, {}, {}, tr("kept, others cut it"), {}}, LegendEntry{LegendEntry::Sample::Fills, {theme.merged.fill}, {}, {}, tr("cut, others keep it"), {}}};
}

QString PromptRows::emptyReason() const { return m_rows.empty() ? tr("No runs yet. Pin methods on this text to see their cuts below each other.") : QString(); }

QString PromptRows::caption() const { return tr("The prompt with the cuts of every run, line under line; tokens on which the runs disagree are tinted."); }

QString PromptRows::csv() const
{
    QString out = QStringLiteral("token,piece");
    for (const Row &row : m_rows)
        out += QLatin1Char(',') + (row.letter >= 0 ? runLetter(row.letter) : QStringLiteral("preview"));
    out += QLatin1Char('\n');
    for (size_t i = 0; i < m_disputed.size(); ++i) {
        out += QStringLiteral("%1,\"%2\"").arg(i).arg(m_rows.front().prompt->text->label(static_cast<int>(i)).replace(QLatin1Char('"'), QStringLiteral("\"\"")));
        for (const Row &row : m_rows)
            out += row.prompt->stageOf[i] == 0 ? QStringLiteral(",kept") : QStringLiteral(",cut");
        out += QLatin1Char('\n');
    }
    return out;
}

QString PromptRows::describe() const
{
    const int token = selection().token;
    if (token < 0 || token >= static_cast<int>(m_disputed.size()))
        return tr("Nothing marked. Left and right move from token to token.");
    QStringList kept;
    for (const Row &row : m_rows)
        if (row.prompt->stageOf[static_cast<size_t>(token)] == 0)
            kept << (row.letter >= 0 ? runLetter(row.letter) : tr("the form"));
    return tr("Token %1, “%2”, kept by %3").arg(token).arg(m_rows.front().prompt->text->label(token), kept.isEmpty() ? tr("none") : kept.join(QStringLiteral(", ")));
}

} // namespace winnow
