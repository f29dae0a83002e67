#include "views/format.h"
#include "views/prompt_canvas.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

QString csvField(QString text)
{
    text.replace(u'"', QStringLiteral("\"\""));
    return QLatin1Char('"') + text + QLatin1Char('"');
}

QString number(const std::vector<float> &values, size_t at) { return at < values.size() && !std::isnan(values[at]) ? QString::number(static_cast<double>(values[at]), 'g', 9) : QString(); }

} // namespace

QVector<QWidget *> PromptCanvas::headerControls()
{
    if (!m_segments) {
        m_segments = new SegmentedControl({tr("Cuts"), tr("Information"), tr("Attention"), tr("Side by side")}, this);
        m_segments->setCurrent(static_cast<int>(m_mode));
        connect(m_segments, &SegmentedControl::chosen, this, [this](int index) { setMode(static_cast<Mode>(index)); });
        setCompact(m_compact);
    }
    return {m_segments};
}

void PromptCanvas::setCompact(bool compact)
{
    m_compact = compact;
    if (m_segments)
        m_segments->setLabels({tr("Cuts"), compact ? tr("Inform.") : tr("Information"), compact ? tr("Attent.") : tr("Attention"), compact ? tr("Beside") : tr("Side by side")});
}

QVector<LegendEntry> PromptCanvas::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    if (!m_of)
        return entries;
    if (m_mode == Mode::Information || m_mode == Mode::Attention) {
        LegendEntry fills{LegendEntry::Sample::Fills, {}, {}, {}, {}, {}};
        for (const double share : {0.0, 0.33, 0.67, 1.0}) {
            const auto mix = [&](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * 0.62 * share)); };
            fills.fills << QColor(mix(theme.surface.red(), theme.accent.red()), mix(theme.surface.green(), theme.accent.green()), mix(theme.surface.blue(), theme.accent.blue()));
        }
        const QString unit = m_mode == Mode::Information ? tr("nats") : tr("received attention");
        fills.text = m_shade.empty() ? tr("no values in this report") : tr("%1 to %2 %3").arg(format::shortNumber(m_low), format::shortNumber(m_high), unit);
        entries.push_back(fills);
        entries.push_back({LegendEntry::Sample::Struck, {}, theme.evicted, {}, tr("cut"), theme.evicted.text});
        return entries;
    }
    const int now = stage();
    const auto any = [&](auto rule) { return std::any_of(m_of->stageOf.begin(), m_of->stageOf.end(), rule); };
    const bool staged = m_of->stageCount > 1;
    if (staged && (m_compact || any([&](int removed) { return removed > 0 && removed < now; })))
        entries.push_back({LegendEntry::Sample::Struck, {}, theme.evicted, {}, tr("cut earlier"), theme.evicted.text});
    if (now > 0)
        entries.push_back({LegendEntry::Sample::Struck, {}, theme.merged, {}, staged ? tr("cut in this stage") : tr("cut"), theme.t2});
    if (any([&](int removed) { return removed == now + 1; }))
        entries.push_back({LegendEntry::Sample::Dotted, {}, theme.merged, {}, staged ? tr("cut next") : tr("would be cut"), theme.t2});
    return entries;
}

QString PromptCanvas::emptyReason() const
{
    if (!m_of)
        return tr("No prompt yet. Open a text, and a model that reads it, to see what may be cut.");
    return m_of->text->spans.empty() ? tr("The prompt has no tokens. Type or open a text.") : QString();
}

QString PromptCanvas::caption() const
{
    if (!m_of)
        return {};
    return tr("Tokens of the prompt and what %1 at %2 cuts, after stage %3 of %4: %5 of %6 tokens are left.")
        .arg(data().current.title, data().current.budget)
        .arg(stage())
        .arg(m_of->stageCount)
        .arg(m_of->leftAfter(stage()))
        .arg(m_of->tokens());
}

QString PromptCanvas::csv() const
{
    QString out = QStringLiteral("token,id,piece,stage of removal (0 = stays),information nats,attention sum,fused\n");
    if (!m_of)
        return out;
    const PromptScores none, *scores = m_of->scores.empty() ? &none : &m_of->scores.front();
    for (int i = 0; i < m_of->tokens(); ++i) {
        const auto at = static_cast<size_t>(i);
        const TokenSpan &span = m_of->text->spans[at];
        out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7\n")
                   .arg(QString::number(i), QString::number(m_of->ids[at]), csvField(m_of->text->text.mid(span.begin, span.end - span.begin)), QString::number(m_of->stageOf[at]),
                       number(scores->information, at), number(scores->attention, at), number(scores->fused, at));
    }
    return out;
}

QString PromptCanvas::details(int token) const
{
    if (!m_of || token < 0 || token >= m_of->tokens())
        return {};
    const auto at = static_cast<size_t>(token);
    QStringList lines{tr("“%1”, token %2, id %3").arg(m_of->text->label(token)).arg(token).arg(m_of->ids[at])};
    for (size_t s = 0; s < m_of->scores.size(); ++s) {
        const PromptScores &scores = m_of->scores[s];
        const auto has = [&](const std::vector<float> &values) { return at < values.size() && !std::isnan(values[at]); };
        if (!has(scores.information) && !has(scores.attention))
            continue;
        QStringList parts;
        if (has(scores.information))
            parts << tr("%1 nats").arg(format::shortNumber(static_cast<double>(scores.information[at])));
        if (has(scores.attention))
            parts << tr("attention %1").arg(format::shortNumber(static_cast<double>(scores.attention[at])));
        if (const int rank = PromptData::rankOf(scores.fused.empty() ? scores.information : scores.fused, token); rank > 0)
            parts << tr("rank %1").arg(rank);
        const bool final = s >= static_cast<size_t>(m_of->stageCount);
        lines << (final ? tr("at the end: %1") : tr("stage %1: %2").arg(s + 1).arg(QStringLiteral("%1"))).arg(parts.join(QStringLiteral(", ")));
    }
    const int removed = m_of->stageOf[at];
    lines << (removed == 0 ? tr("stays") : m_of->stageCount > 1 ? tr("cut in stage %1 of %2").arg(removed).arg(m_of->stageCount) : tr("cut"));
    if (m_of->isProtected[at])
        lines << tr("protected");
    return lines.join(QLatin1Char('\n'));
}

QString PromptCanvas::describe() const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens())
        return tr("Nothing marked. Arrow keys move from token to token.");
    return details(token).replace(QLatin1Char('\n'), QStringLiteral("; "));
}

QJsonObject PromptCanvas::saveState() const { return {{QStringLiteral("mode"), static_cast<int>(m_mode)}, {QStringLiteral("words"), m_words}}; }

void PromptCanvas::restoreState(const QJsonObject &state)
{
    setMode(static_cast<Mode>(std::clamp(state.value(QStringLiteral("mode")).toInt(static_cast<int>(m_mode)), 0, 3)));
    setWholeWords(state.value(QStringLiteral("words")).toBool(m_words));
}

int PromptCanvas::tokenAt(const QPointF &point) const
{
    for (const Page &page : m_pages) {
        const int span = page.layout->tokenAt(point - bodyRect().topLeft() - page.origin);
        if (span >= 0)
            return page.tokenOf.empty() ? span : page.tokenOf[static_cast<size_t>(span)];
    }
    return -1;
}

QRectF PromptCanvas::tokenRect(int token) const
{
    const std::vector<QRectF> boxes = m_pages.empty() ? std::vector<QRectF>() : m_pages.front().layout->boxes(token);
    return boxes.empty() ? QRectF() : boxes.front().translated(bodyRect().topLeft() + m_pages.front().origin);
}

QRectF PromptCanvas::keptRect(int token) const
{
    if (m_pages.size() < 2)
        return {};
    const Page &page = m_pages[1];
    const auto at = std::lower_bound(page.tokenOf.begin(), page.tokenOf.end(), token);
    if (at == page.tokenOf.end() || *at != token)
        return {};
    const std::vector<QRectF> boxes = page.layout->boxes(static_cast<int>(at - page.tokenOf.begin()));
    return boxes.empty() ? QRectF() : boxes.front().translated(bodyRect().topLeft() + page.origin);
}

void PromptCanvas::ensureVisible(int token)
{
    const QRectF box = tokenRect(token);
    if (box.isNull() || !m_scroll->isVisibleTo(this))
        return;
    if (box.top() < 0)
        m_scroll->setValue(m_scroll->value() + static_cast<int>(box.top()) - 8);
    else if (box.bottom() > height())
        m_scroll->setValue(m_scroll->value() + static_cast<int>(box.bottom()) - height() + 8);
}

void PromptCanvas::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

bool PromptCanvas::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return PictureView::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int token = tokenAt(help->pos());
    if (token >= 0)
        QToolTip::showText(help->globalPos(), details(token), this, tokenRect(token).toAlignedRect());
    else
        QToolTip::hideText();
    return true;
}

void PromptCanvas::resizeEvent(QResizeEvent *event)
{
    relayout();
    PictureView::resizeEvent(event);
}

void PromptCanvas::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this)) {
        event->ignore();
        return;
    }
    const int pixels = event->pixelDelta().isNull() ? event->angleDelta().y() * m_scroll->singleStep() * 3 / 120 : event->pixelDelta().y();
    m_scroll->setValue(m_scroll->value() - pixels);
    event->accept();
}

void PromptCanvas::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (token != selection().token || token < 0)
        moveTo(token, Gesture::Hover);
}

void PromptCanvas::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position());
    if (token >= 0)
        moveTo(token, Gesture::Click);
    else
        requestClear();
}

void PromptCanvas::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptCanvas::keyPressEvent(QKeyEvent *event)
{
    const int count = m_of ? m_of->tokens() : 0;
    if (count == 0 || m_pages.empty())
        return PictureView::keyPressEvent(event);
    const int token = std::min(selection().token, count - 1);
    const auto [first, last] = reach(token);
    const TokenLayout &layout = *m_pages.front().layout;
    int next = token;
    switch (event->key()) {
    case Qt::Key_Left: next = token < 0 ? 0 : first - 1; break;
    case Qt::Key_Right: next = token < 0 ? 0 : last + 1; break;
    case Qt::Key_Up: next = token < 0 ? 0 : layout.tokenBeside(token, -1); break;
    case Qt::Key_Down: next = token < 0 ? 0 : layout.tokenBeside(token, 1); break;
    case Qt::Key_Home: next = 0; break;
    case Qt::Key_End: next = count - 1; break;
    case Qt::Key_Escape: return requestClear();
    case Qt::Key_Return:
    case Qt::Key_Enter: return moveTo(token, Gesture::Click);
    default: return PictureView::keyPressEvent(event);
    }
    moveTo(std::clamp(next, 0, count - 1), Gesture::Click);
}

} // namespace winnow
