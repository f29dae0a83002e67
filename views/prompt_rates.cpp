#include "views/prompt_rates.h"

#include "views/answer_text.h"
#include "views/format.h"
#include "views/icons.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kHead = 26, kRow = 26, kChip = 37;

/// Right edges of the number columns, measured from the right edge of the view: as wide as their heads, the rest is for the names. The
/// asked rate goes where there is no room.
struct Columns {
    double same = 14, tokens, achieved, asked, nameEnd;
    bool showsAsked = true;

    explicit Columns(double width)
    {
        const QFontMetricsF metrics(typeFont(TypeRole::Label));
        const auto behind = [&](double edge, const QString &head, const char *value) { return edge + std::max(metrics.horizontalAdvance(head), metrics.horizontalAdvance(QLatin1String(value))) + scaled(8); };
        tokens = behind(same, PromptRates::tr("Same"), "");
        achieved = behind(tokens, PromptRates::tr("Tokens"), "9,999");
        asked = behind(achieved, PromptRates::tr("Achieved"), "99.9 %");
        nameEnd = behind(asked, PromptRates::tr("Asked"), "99 %");
        if (width < scaled(350)) {
            showsAsked = false;
            nameEnd = asked;
        }
    }
};

} // namespace

PromptRates::PromptRates(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Asked and achieved rate of every run"));
}

double PromptRates::nameRoom(double width) { return width - kChip - Columns(width).nameEnd; }

bool PromptRates::dataChanged()
{
    m_rows.clear();
    m_hover = -1;
    QString full;
    int all = 0;
    std::vector<std::pair<int, const RunEntry *>> shown;
    for (size_t i = 0; i < data().runs.size(); ++i)
        shown.emplace_back(static_cast<int>(i), &data().runs[i]);
    if (data().current.index < 0 && data().current.prompt)
        shown.emplace_back(-1, &data().current);
    for (const auto &[index, run] : shown)
        if (run->prompt) {
            full = full.isEmpty() ? run->prompt->fullAnswer : full;
            all = std::max(all, run->prompt->tokens());
        }
    for (const auto &[index, run] : shown) {
        Row row{index, run->index, run->title, run->badge, 0, 0, 0, Row::Same::Unknown, index < 0 || run->index == data().current.index};
        if (const PromptDataPtr prompt = run->prompt) {
            row.asked = prompt->askedRate;
            row.achieved = prompt->achievedRate;
            row.tokens = prompt->keptTokens();
            row.unmatched = prompt->unmatched;
            if (!full.isEmpty() && prompt->answered)
                row.same = sameAnswer(full, prompt->answer) ? Row::Same::Yes : Row::Same::No;
        }
        m_rows.push_back(row);
    }
    if (all > 0)
        m_rows.push_back({-2, -1, tr("Full prompt"), {}, -1, 1, all, full.isEmpty() ? Row::Same::Unknown : Row::Same::Yes, false});
    return true;
}

QRectF PromptRates::rowRect(const QRectF &body, int row) const { return {body.left(), body.top() + scaled(kHead) + row * scaled(kRow), body.width(), scaled(kRow)}; }

void PromptRates::paintRow(QPainter &painter, const QRectF &rect, const Row &row, const Theme &theme) const
{
    const Columns columns(rect.width());
    if (row.current)
        painter.fillRect(rect, theme.accentSoft);
    painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.grid);
    if (row.letter >= 0)
        paintLetterChip(painter, QRectF(rect.left() + 8, rect.center().y() - scaled(8), scaled(16), scaled(16)), row.letter, theme);
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF metrics(painter.font());
    const QRectF name(rect.left() + kChip, rect.top(), nameRoom(rect.width()), rect.height());
    painter.setPen(theme.t1);
    const QString title = metrics.elidedText(row.name, Qt::ElideMiddle, name.width());
    painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter, title);
    const double used = metrics.horizontalAdvance(title) + 8;
    const QFontMetricsF small(typeFont(TypeRole::Axis));
    const auto fits = [&](const QString &text) { return small.horizontalAdvance(text) <= name.width() - used; };
    const QString badge = row.run != -1 ? row.badge : fits(tr("not pinned")) ? tr("not pinned") : tr("open");
    if (!badge.isEmpty() && (fits(badge) || (row.run != -1 && name.width() - used > scaled(40)))) {
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(row.run == -1 ? theme.t3 : theme.warn);
        painter.drawText(name.adjusted(used, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(badge, Qt::ElideRight, name.width() - used));
        painter.setFont(typeFont(TypeRole::Label));
    }
    const auto number = [&](double edge, const QString &text, const QColor &color) {
        painter.setPen(color);
        drawTabular(painter, QRectF(rect.left(), rect.top(), rect.width() - edge, rect.height()), Qt::AlignRight, text);
    };
    const bool known = row.tokens > 0 || row.run == -2;
    if (columns.showsAsked)
        number(columns.asked, row.asked < 0 || !known ? QStringLiteral("–") : format::percent(row.asked), theme.t1);
    if (row.unmatched) {
        const double right = rect.right() - columns.achieved + scaled(4), left = right - scaled(58);
        paintHatching(painter, QRectF(left, rect.top() + 4, right - left, rect.height() - 9), theme.border);
    }
    const bool misses = row.asked >= 0 && missesAsked(row.asked, row.achieved);
    number(columns.achieved, !known ? QStringLiteral("–") : row.run == -2 ? QStringLiteral("100 %") : format::percent(row.achieved, 1), misses ? theme.worse : theme.t1);
    number(columns.tokens, known ? format::integer(row.tokens) : QStringLiteral("–"), theme.t1);
    if (row.same == Row::Same::Unknown) {
        number(columns.same, QStringLiteral("–"), theme.t3);
        return;
    }
    const bool yes = row.same == Row::Same::Yes;
    const double side = scaled(14);
    const QPixmap icon = iconPixmap(yes ? QStringLiteral("emblem-ok") : QStringLiteral("window-close"), yes ? theme.ok : theme.err, side, painter.device()->devicePixelRatioF());
    painter.drawPixmap(QRectF(rect.right() - columns.same - side, rect.center().y() - side / 2, side, side), icon, QRectF(icon.rect()));
}

void PromptRates::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_rows.empty())
        return;
    const Columns columns(body.width());
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t2);
    const QRectF head(body.left(), body.top(), body.width(), scaled(kHead));
    painter.drawText(head.adjusted(kChip, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("Method"));
    const auto name = [&](double edge, const QString &text) { painter.drawText(head.adjusted(0, 0, -edge, 0), Qt::AlignRight | Qt::AlignVCenter, text); };
    if (columns.showsAsked)
        name(columns.asked, tr("Asked"));
    name(columns.achieved, tr("Achieved"));
    name(columns.tokens, tr("Tokens"));
    name(columns.same, tr("Same"));
    painter.fillRect(QRectF(head.left(), head.bottom() - 1, head.width(), 1), theme.hair);
    for (size_t i = 0; i < m_rows.size(); ++i)
        paintRow(painter, rowRect(body, static_cast<int>(i)), m_rows[i], theme);
}

void PromptRates::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    QColor hover = theme.t1;
    hover.setAlphaF(0.04F);
    for (size_t i = 0; i < m_rows.size(); ++i) {
        const QRectF rect = rowRect(body, static_cast<int>(i));
        if (static_cast<int>(i) == m_hover && !m_rows[i].current)
            painter.fillRect(rect, hover);
        if (m_rows[i].run >= 0 && m_rows[i].run == selection().run && selection().pinned)
            painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height() - 1), theme.mark);
    }
}

int PromptRates::rowAt(const QPointF &point) const
{
    const double row = (point.y() - bodyRect().top() - scaled(kHead)) / scaled(kRow);
    return row < 0 || row >= static_cast<double>(m_rows.size()) ? -1 : static_cast<int>(row);
}

int PromptRates::runAt(const QPointF &point) const
{
    const int row = rowAt(point);
    return row < 0 ? -2 : m_rows[static_cast<size_t>(row)].run;
}

void PromptRates::activate(int row)
{
    if (row >= 0 && row < static_cast<int>(m_rows.size()) && m_rows[static_cast<size_t>(row)].letter >= 0)
        Q_EMIT activated(m_rows[static_cast<size_t>(row)].letter);
}

void PromptRates::mouseMoveEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    if (row == m_hover)
        return;
    m_hover = row;
    update();
    if (row < 0 || m_rows[static_cast<size_t>(row)].run < 0)
        return;
    Selection next = selection();
    next.run = m_rows[static_cast<size_t>(row)].run;
    request(next, Gesture::Hover);
}

void PromptRates::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        activate(rowAt(event->position()));
}

void PromptRates::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    m_hover = -1;
    update();
}

void PromptRates::keyPressEvent(QKeyEvent *event)
{
    const int last = static_cast<int>(m_rows.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Up: m_hover = std::max(0, m_hover - 1); break;
    case Qt::Key_Down: m_hover = std::min(last, m_hover + 1); break;
    case Qt::Key_Return:
    case Qt::Key_Enter: return activate(m_hover);
    case Qt::Key_Escape: m_hover = -1; break;
    default: return PictureView::keyPressEvent(event);
    }
    setAccessibleDescription(describe());
    update();
}

double PromptRates::figureHeight(double) const { return m_rows.empty() ? 0 : figureHeadHeight() + scaled(kHead) + static_cast<double>(m_rows.size()) * scaled(kRow) + 8; }

QString PromptRates::emptyReason() const { return m_rows.empty() ? tr("No runs yet. Pin a setting to compare what methods keep.") : QString(); }

QString PromptRates::caption() const { return tr("Kept share of the tokens that was asked for and that was achieved, and whether the greedy answer of the model stays the one of the full prompt."); }

QString PromptRates::csv() const
{
    QString out = QStringLiteral("run,method,asked rate,achieved rate,tokens,same answer,matched\n");
    for (const Row &row : m_rows)
        out += QStringLiteral("%1,\"%2\",%3,%4,%5,%6,%7\n")
                   .arg(row.letter >= 0 ? runLetter(row.letter) : QString(), row.name, row.asked < 0 ? QString() : QString::number(row.asked), QString::number(row.achieved, 'g', 9), QString::number(row.tokens),
                       row.same == Row::Same::Unknown ? QString() : row.same == Row::Same::Yes ? QStringLiteral("yes") : QStringLiteral("no"), row.unmatched ? QStringLiteral("no") : QStringLiteral("yes"));
    return out;
}

QString PromptRates::describe() const
{
    const int at = m_hover >= 0 ? m_hover : 0;
    if (at >= static_cast<int>(m_rows.size()))
        return tr("No runs.");
    const Row &row = m_rows[static_cast<size_t>(at)];
    const QString same = row.same == Row::Same::Unknown ? tr("answer not measured") : row.same == Row::Same::Yes ? tr("same answer") : tr("another answer");
    return tr("%1: asked %2, achieved %3, %4, %5").arg(row.name, row.asked < 0 ? QStringLiteral("–") : format::percent(row.asked), format::percent(row.achieved, 1), format::tokens(row.tokens), same) + (row.unmatched ? tr(". Hatched: no rate of the method gives the asked length.") : QString());
}

} // namespace winnow
