#include "views/prompt_trace.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {

namespace {

constexpr double kContextRow = 19;

} // namespace

PromptTrace::PromptTrace(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("How the method came to its cuts"));
}

bool PromptTrace::dataChanged()
{
    m_of = data().current.prompt;
    m_hover = -1;
    return true;
}

QString PromptTrace::title() const
{
    if (!m_of || emptyReason().size() > 0)
        return tr("Trace of the method");
    if (!m_of->units.isEmpty())
        return m_of->unitName == QLatin1String("word") ? tr("Word values") : tr("Unit values");
    return m_of->segments.isEmpty() ? tr("Ranked contexts") : m_of->contexts.size() > 1 ? tr("Contexts and segments") : tr("Segments");
}

PromptTrace::Parts PromptTrace::partsOf(const QRectF &body) const
{
    Parts parts;
    const bool both = m_of->contexts.size() > 1 && (!m_of->segments.isEmpty() || !m_of->units.isEmpty());
    const double wanted = scaled(kContextRow) * static_cast<double>(m_of->contexts.size()) + 6;
    const double upper = m_of->contexts.size() <= 1 && (!m_of->segments.isEmpty() || !m_of->units.isEmpty()) ? 0 : both ? std::min(wanted, body.height() * 0.45) : body.height();
    parts.contexts = QRectF(body.left(), body.top(), body.width(), upper);
    parts.lower = QRectF(body.left(), body.top() + upper, body.width(), body.height() - upper);
    return parts;
}

void PromptTrace::paintContexts(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    QVector<PromptContext> ranked = m_of->contexts;
    std::stable_sort(ranked.begin(), ranked.end(), [](const PromptContext &a, const PromptContext &b) { return a.rank >= 0 && b.rank >= 0 ? a.rank < b.rank : a.nll > b.nll; });
    double most = 1e-9;
    for (const PromptContext &context : ranked)
        most = std::max(most, std::isnan(context.nll) ? 0 : context.nll);
    const double row = std::min(scaled(kContextRow), area.height() / std::max<double>(1, static_cast<double>(ranked.size())));
    painter.setFont(typeFont(row < scaled(15) ? TypeRole::Axis : TypeRole::Label));
    const QFontMetricsF metrics(painter.font());
    const auto label = [](const PromptContext &context, bool whole) { return whole ? tr("%1 nats, %2").arg(format::decimals(context.nll, 2), format::tokens(context.tokens)) : tr("%1 nats").arg(format::decimals(context.nll, 2)); };
    const auto widest = [&](bool whole) {
        double width = 0;
        for (const PromptContext &context : ranked)
            width = std::max(width, metrics.horizontalAdvance(label(context, whole)));
        return width;
    };
    const double left = area.left() + 14 + metrics.horizontalAdvance(tr("context %1").arg(ranked.size())) + scaled(10), end = area.right() - 14;
    const bool whole = end - widest(true) - scaled(10) - left >= scaled(60); // else there is no room for a bar beside the tokens
    const double right = end - widest(whole) - scaled(10);
    for (qsizetype i = 0; i < ranked.size(); ++i) {
        const PromptContext &context = ranked[i];
        const QRectF line(area.left(), area.top() + static_cast<double>(i) * row, area.width(), row);
        painter.setPen(context.kept ? theme.t1 : theme.evicted.text);
        painter.drawText(QRectF(line.left() + 14, line.top(), left - line.left() - 18, row), Qt::AlignLeft | Qt::AlignVCenter, tr("context %1").arg(context.index + 1));
        const double share = std::isnan(context.nll) ? 0 : context.nll / most;
        painter.fillRect(QRectF(left, line.center().y() - 4, std::max(1.0, (right - left) * share), 8), context.kept ? theme.accent : theme.border);
        painter.setPen(theme.t2);
        drawTabular(painter, QRectF(right, line.top(), end - right, row), Qt::AlignRight, label(context, whole));
        const bool border = context.kept && (i + 1 == ranked.size() || !ranked[i + 1].kept);
        if (border && i + 1 < ranked.size()) { // the budget is used up here
            QPen dashes(theme.t2, 1);
            dashes.setDashPattern({4, 3});
            painter.setPen(dashes);
            painter.drawLine(QPointF(area.left() + 14, line.bottom()), QPointF(area.right() - 14, line.bottom()));
        }
    }
}

PlotFrame PromptTrace::segmentFrame(const QRectF &area) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(area);
    frame.x.lo = 0;
    frame.x.hi = std::max(1, m_of->tokens());
    frame.y.lo = 0;
    frame.y.hi = 1;
    frame.yTicks = {0, 0.5, 1};
    frame.yTitle = area.width() < scaled(300) ? tr("kept share; dotted tau; number: threshold") : tr("kept share of a segment; dotted: tau asked; number: threshold, nats");
    frame.xTitle = tr("position, tokens");
    return frame;
}

void PromptTrace::paintSegments(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    const PlotFrame frame = segmentFrame(area);
    frame.paintAxes(painter, area, theme);
    QPolygonF drift;
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    for (const PromptSegment &segment : m_of->segments) {
        const double left = frame.xAt(segment.first), width = std::max(1.5, frame.xAt(segment.end) - left - 1);
        const double share = segment.end > segment.first ? static_cast<double>(segment.kept) / (segment.end - segment.first) : 0;
        QColor fill = theme.accent;
        fill.setAlphaF(0.35F);
        painter.fillRect(QRectF(left, frame.yAt(share), width, frame.plot.bottom() - frame.yAt(share)), fill);
        QPen dots(theme.t2, 1.5);
        dots.setDashPattern({1, 1.6});
        painter.setPen(dots);
        const double tau = frame.yAt(std::clamp(segment.tau, 0.0, 1.0));
        painter.drawLine(QPointF(left, tau), QPointF(left + width, tau));
        drift << QPointF(left + width / 2, frame.yAt(share));
        const QString threshold = format::shortNumber(segment.threshold);
        if (std::isfinite(segment.threshold) && width > metrics.horizontalAdvance(threshold) + 6) {
            painter.setPen(theme.t2);
            painter.drawText(QRectF(left, frame.plot.top() - 1, width, metrics.height()), Qt::AlignHCenter, threshold);
        }
    }
    painter.setPen(QPen(theme.accent, 1.75));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(drift);
}

PlotFrame PromptTrace::unitFrame(const QRectF &area) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(area);
    std::vector<double> values;
    for (const PromptUnit &unit : m_of->units)
        if (std::isfinite(unit.value))
            values.push_back(unit.value);
    frame.x.lo = 0;
    frame.x.hi = std::max<double>(1, static_cast<double>(m_of->units.size()));
    frame.y = ChartAxis::linear(values, true);
    const bool words = m_of->unitName == QLatin1String("word");
    frame.yTitle = words ? tr("value of a word, probability to stay") : tr("value of a unit, nats");
    frame.xTitle = words ? tr("words, in order") : tr("units, in order");
    return frame;
}

void PromptTrace::paintUnits(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    const PlotFrame frame = unitFrame(area);
    frame.paintAxes(painter, area, theme);
    const double step = frame.plot.width() / std::max<double>(1, static_cast<double>(m_of->units.size()));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, step < 3);
    for (qsizetype i = 0; i < m_of->units.size(); ++i) {
        const PromptUnit &unit = m_of->units[i];
        if (std::isnan(unit.value))
            continue;
        const double top = frame.yAt(unit.value);
        painter.fillRect(QRectF(frame.plot.left() + static_cast<double>(i) * step, top, step > 2.5 ? step - 1 : step, frame.plot.bottom() - top), unit.forced ? theme.parts[1] : unit.kept ? theme.accent : theme.border);
    }
    painter.restore();
    QPen dashes(theme.t1, 1.25);
    dashes.setDashPattern({4, 3});
    painter.setPen(dashes);
    for (qsizetype first = 0; first < m_of->units.size();) { // one line a chunk of equal threshold
        const double threshold = m_of->units[first].threshold;
        qsizetype end = first + 1;
        while (end < m_of->units.size() && m_of->units[end].threshold == threshold)
            ++end;
        if (std::isfinite(threshold) && frame.y.contains(threshold)) {
            const double y = frame.yAt(threshold);
            painter.drawLine(QPointF(frame.plot.left() + static_cast<double>(first) * step, y), QPointF(frame.plot.left() + static_cast<double>(end) * step, y));
        }
        first = end;
    }
}

void PromptTrace::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_of || !emptyReason().isEmpty())
        return;
    const Parts parts = partsOf(body);
    if (parts.contexts.height() > 4)
        paintContexts(painter, parts.contexts, theme);
    if (!m_of->units.isEmpty())
        paintUnits(painter, parts.lower, theme);
    else if (!m_of->segments.isEmpty())
        paintSegments(painter, parts.lower, theme);
}

int PromptTrace::firstTokenOf(const PromptUnit &unit) const
{
    // Code points of the text against UTF-16 units of its spans.
    const QString &text = m_of->text->text;
    int at = 0;
    for (int point = 0; point < unit.first && at < text.size(); ++point)
        at += text[at].isHighSurrogate() && at + 1 < text.size() ? 2 : 1;
    while (at < text.size() && text[at].isSpace())
        ++at;
    return m_of->text->tokenAt(at);
}

void PromptTrace::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    if (!m_of || !emptyReason().isEmpty() || token < 0 || token >= m_of->tokens())
        return;
    const Parts parts = partsOf(body);
    double x = -1;
    PlotFrame frame;
    if (!m_of->units.isEmpty()) {
        frame = unitFrame(parts.lower);
        int found = -1;
        for (qsizetype i = 0; i < m_of->units.size() && firstTokenOf(m_of->units[i]) <= token; ++i)
            found = static_cast<int>(i);
        x = found < 0 ? -1 : frame.plot.left() + (found + 0.5) * frame.plot.width() / std::max<double>(1, static_cast<double>(m_of->units.size()));
    } else if (!m_of->segments.isEmpty()) {
        frame = segmentFrame(parts.lower);
        x = frame.xAt(token + 0.5);
    }
    if (x < 0)
        return;
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(x, frame.plot.top()), QPointF(x, frame.plot.bottom()));
}

int PromptTrace::unitAt(const QPointF &point) const
{
    if (!m_of || m_of->units.isEmpty())
        return -1;
    const PlotFrame frame = unitFrame(partsOf(bodyRect()).lower);
    if (!frame.plot.adjusted(0, -8, 0, 8).contains(point))
        return -1;
    return std::clamp(static_cast<int>((point.x() - frame.plot.left()) / frame.plot.width() * static_cast<double>(m_of->units.size())), 0, static_cast<int>(m_of->units.size()) - 1);
}

int PromptTrace::segmentAt(const QPointF &point) const
{
    if (!m_of || m_of->segments.isEmpty() || !m_of->units.isEmpty())
        return -1;
    const PlotFrame frame = segmentFrame(partsOf(bodyRect()).lower);
    const double token = frame.xValueAt(point.x());
    for (qsizetype i = 0; frame.plot.contains(point) && i < m_of->segments.size(); ++i)
        if (token >= m_of->segments[i].first && token < m_of->segments[i].end)
            return static_cast<int>(i);
    return -1;
}

QString PromptTrace::unitSentence(int index) const
{
    const PromptUnit &unit = m_of->units[index];
    return tr("“%1”: %2, %3").arg(unit.text.trimmed(), format::shortNumber(unit.value), unit.forced ? tr("forced to stay") : unit.kept ? tr("kept") : tr("cut"));
}

QString PromptTrace::segmentSentence(int index) const
{
    const PromptSegment &s = m_of->segments[index];
    const int size = s.end - s.first;
    return tr("segment %1, tokens %2 to %3: kept %4 (%5), tau %6, threshold %7, pool of %8, drift %9").arg(index + 1).arg(s.first).arg(s.end - 1).arg(s.kept).arg(format::percent(size > 0 ? static_cast<double>(s.kept) / size : 0, 1), format::shortNumber(s.tau), format::shortNumber(s.threshold)).arg(s.pool)
        .arg(format::signedPercent(size > 0 ? static_cast<double>(s.kept) / size - s.tau : 0));
}

void PromptTrace::mark(const QPointF &point, Gesture gesture)
{
    const int unit = unitAt(point), segment = segmentAt(point);
    m_hover = unit >= 0 ? unit : segment;
    setToolTip(unit >= 0 ? unitSentence(unit) : segment >= 0 ? segmentSentence(segment) : QString());
    Selection next = selection();
    next.token = unit >= 0 ? firstTokenOf(m_of->units[unit]) : segment >= 0 ? static_cast<int>(segmentFrame(partsOf(bodyRect()).lower).xValueAt(point.x())) : -1;
    if (gesture == Gesture::Click && next.token < 0)
        return requestClear();
    if (next.token != selection().token || gesture == Gesture::Click)
        request(next, gesture);
}

void PromptTrace::mouseMoveEvent(QMouseEvent *event) { mark(event->position(), Gesture::Hover); }

void PromptTrace::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        mark(event->position(), Gesture::Click);
}

void PromptTrace::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    m_hover = -1;
    if (!selection().pinned && selection().token >= 0) {
        Selection next = selection();
        next.token = -1;
        request(next, Gesture::Hover);
    }
}

void PromptTrace::keyPressEvent(QKeyEvent *event)
{
    const int count = m_of ? static_cast<int>(m_of->units.isEmpty() ? m_of->segments.size() : m_of->units.size()) : 0;
    if (count == 0 || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) {
        event->key() == Qt::Key_Escape ? requestClear() : PictureView::keyPressEvent(event);
        return;
    }
    m_hover = std::clamp(m_hover + (event->key() == Qt::Key_Right ? 1 : -1), 0, count - 1);
    Selection next = selection();
    next.token = m_of->units.isEmpty() ? m_of->segments[m_hover].first : firstTokenOf(m_of->units[m_hover]);
    request(next, Gesture::Click);
}

QString PromptTrace::note() const
{
    if (!m_of || m_of->units.isEmpty() || !std::isfinite(m_of->units.front().threshold))
        return {};
    const bool one = m_of->units.front().threshold == m_of->units.back().threshold;
    return one ? tr("dashed: threshold %1").arg(format::shortNumber(m_of->units.front().threshold)) : tr("dashed: threshold of each chunk");
}

QVector<LegendEntry> PromptTrace::legend(const Theme &theme) const
{
    if (!m_of || m_of->units.isEmpty())
        return {};
    QVector<LegendEntry> entries{LegendEntry{LegendEntry::Sample::Fills, {theme.accent}, {}, {}, tr("kept"), {}}, LegendEntry{LegendEntry::Sample::Fills, {theme.border}, {}, {}, tr("cut"), {}}};
    if (std::any_of(m_of->units.begin(), m_of->units.end(), [](const PromptUnit &unit) { return unit.forced; }))
        entries.push_back({LegendEntry::Sample::Fills, {theme.parts[1]}, {}, {}, tr("forced"), {}});
    return entries;
}

QString PromptTrace::emptyReason() const
{
    if (!m_of)
        return tr("No trace yet. Open a text, and a model that reads it.");
    const bool any = !m_of->units.isEmpty() || !m_of->segments.isEmpty() || m_of->contexts.size() > 1;
    return any ? QString() : tr("This method leaves no trace. LLMLingua shows segments here, Selective-Context units, LLMLingua-2 words.");
}

QString PromptTrace::caption() const { return tr("%1 of %2 at %3.").arg(title(), data().current.title, data().current.budget); }

QString PromptTrace::csv() const
{
    QString out;
    if (!m_of)
        return out;
    if (!m_of->units.isEmpty()) {
        out = QStringLiteral("unit,text,value,kept,forced\n");
        for (qsizetype i = 0; i < m_of->units.size(); ++i) {
            QString text = m_of->units[i].text;
            text.replace(QLatin1Char('"'), QStringLiteral("\"\""));
            out += QStringLiteral("%1,\"%2\",%3,%4,%5\n").arg(i).arg(text).arg(m_of->units[i].value, 0, 'g', 9).arg(m_of->units[i].kept ? 1 : 0).arg(m_of->units[i].forced ? 1 : 0);
        }
    } else if (!m_of->segments.isEmpty()) {
        out = QStringLiteral("segment,first,end,tau,pool,threshold,kept\n");
        for (qsizetype i = 0; i < m_of->segments.size(); ++i) {
            const PromptSegment &s = m_of->segments[i];
            out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7\n").arg(i + 1).arg(s.first).arg(s.end).arg(s.tau, 0, 'g', 9).arg(s.pool).arg(s.threshold, 0, 'g', 9).arg(s.kept);
        }
    } else {
        out = QStringLiteral("context,nll,tokens,kept,rank\n");
        for (const PromptContext &c : m_of->contexts)
            out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(c.index + 1).arg(c.nll, 0, 'g', 9).arg(c.tokens).arg(c.kept ? 1 : 0).arg(c.rank);
    }
    return out;
}

QString PromptTrace::describe() const
{
    if (!m_of || m_hover < 0)
        return tr("Nothing marked. Left and right move from piece to piece.");
    if (m_hover < m_of->units.size())
        return unitSentence(m_hover);
    return m_hover < m_of->segments.size() ? segmentSentence(m_hover) : QString();
}

} // namespace winnow
