#include "views/ranked_mass.h"

#include "views/format.h"
#include "views/layer_matrix.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {

RankedMass::RankedMass(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Attention by rank, with the borders of critical and marginal tokens"));
}

bool RankedMass::dataChanged()
{
    collect();
    return true;
}

bool RankedMass::followSelection(const Selection &before)
{
    if (before.pair.layer == selection().pair.layer && before.pair.head == selection().pair.head)
        return false;
    collect();
    return true;
}

void RankedMass::collect()
{
    m_cumulative.clear();
    m_order.clear();
    const PairDataPtr shown = pair();
    if (!shown || shown->tokens <= 0)
        return;
    const auto tokens = static_cast<size_t>(shown->tokens);
    const int heads = shown->large.layers() * shown->large.heads();
    if (shown->largeSums.size() != static_cast<size_t>(heads) * tokens)
        return;
    m_head = selection().pair;
    const int only = m_head.layer >= 0 && m_head.head >= 0 && m_head.layer < shown->large.layers() && m_head.head < shown->large.heads() ? m_head.layer * shown->large.heads() + m_head.head : -1;
    if (only < 0)
        m_head = {};
    std::vector<double> sums(tokens, 0.0);
    for (int head = std::max(0, only); head < (only < 0 ? heads : only + 1); ++head)
        for (size_t t = 0; t < tokens; ++t)
            sums[t] += static_cast<double>(shown->largeSums[static_cast<size_t>(head) * tokens + t]);
    m_order.resize(tokens);
    std::iota(m_order.begin(), m_order.end(), 0);
    std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) { return sums[static_cast<size_t>(a)] > sums[static_cast<size_t>(b)]; });
    const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
    double sum = 0;
    for (const int token : m_order) {
        sum += sums[static_cast<size_t>(token)];
        m_cumulative.push_back(total > 0 ? sum / total : 0);
    }
    const auto count = static_cast<int>(tokens);
    m_critical = std::clamp(static_cast<int>(std::lround(m_criticalShare * count)), 1, count);
    m_marginal = std::clamp(static_cast<int>(std::lround(m_marginalShare * count)), m_critical, count);
}

double RankedMass::massUpTo(int rank) const
{
    if (rank <= 0 || m_cumulative.empty())
        return 0;
    return m_cumulative[std::min(static_cast<size_t>(rank), m_cumulative.size()) - 1];
}

void RankedMass::setBorders(int critical, int marginal)
{
    const auto count = static_cast<int>(m_cumulative.size());
    if (count == 0)
        return;
    m_critical = std::clamp(critical, 1, count);
    m_marginal = std::clamp(marginal, m_critical, count);
    m_criticalShare = static_cast<double>(m_critical) / count;
    m_marginalShare = static_cast<double>(m_marginal) / count;
    invalidateBase();
    setAccessibleDescription(describe());
    Q_EMIT headerChanged();
}

PlotFrame RankedMass::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, 16, scaled(14));
    const auto count = static_cast<int>(m_cumulative.size());
    frame.x.lo = 0;
    frame.x.hi = std::max(1, count);
    for (const int tick : indexTicks(0, std::max(1, count), std::clamp(static_cast<int>(frame.plot.width() / scaled(64)), 1, 4)))
        frame.xTicks.push_back(tick);
    frame.yTicks = {0, 0.25, 0.5, 0.75, 1};
    frame.xTitle = tr("rank of the token");
    frame.yTitle = tr("cumulative share of attention");
    return frame;
}

void RankedMass::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_cumulative.empty())
        return;
    const PlotFrame frame = frameIn(body);
    const auto band = [&](int from, int to, const QColor &color) {
        painter.fillRect(QRectF(QPointF(frame.xAt(from), frame.plot.top()), QPointF(frame.xAt(to), frame.plot.bottom())), color);
    };
    band(0, m_critical, theme.kept.fill);
    band(m_critical, m_marginal, theme.marginal.fill);
    frame.paintAxes(painter, body, theme);
    QPolygonF line{frame.at(0, 0)};
    for (size_t i = 0; i < m_cumulative.size(); ++i)
        line << frame.at(static_cast<double>(i + 1), m_cumulative[i]);
    painter.setPen(QPen(theme.t1, 1.75));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    double room = frame.plot.left();
    for (const auto &[rank, name] : {std::pair(m_critical, tr("critical %1").arg(format::percent(massUpTo(m_critical)))), std::pair(m_marginal, tr("marginal +%1").arg(format::percent(massUpTo(m_marginal) - massUpTo(m_critical))))}) {
        const double x = frame.xAt(rank), width = metrics.horizontalAdvance(name) + 2;
        painter.setPen(QPen(theme.accent, 1.5));
        painter.drawLine(QPointF(x, frame.plot.top() - 3), QPointF(x, frame.plot.bottom()));
        painter.setBrush(theme.accent);
        painter.setPen(Qt::NoPen);
        painter.drawEllipse(QPointF(x, frame.plot.top() - 3), 3.5, 3.5);
        const double left = std::max(room, std::min(x - width / 2, frame.plot.right() - width));
        painter.setPen(theme.t2);
        painter.drawText(QPointF(left, frame.plot.top() - 9), name);
        room = left + width + 8;
    }
}

void RankedMass::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const auto at = std::find(m_order.begin(), m_order.end(), selection().token);
    if (selection().token < 0 || at == m_order.end())
        return;
    const PlotFrame frame = frameIn(body);
    const auto rank = static_cast<int>(at - m_order.begin()) + 1;
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(frame.xAt(rank), frame.plot.top()), QPointF(frame.xAt(rank), frame.plot.bottom()));
}

RankedMass::Border RankedMass::borderAt(const QPointF &point) const
{
    const PlotFrame frame = frameIn(bodyRect());
    if (!frame.plot.adjusted(-6, -12, 6, 0).contains(point))
        return Border::None;
    const double toCritical = std::abs(point.x() - frame.xAt(m_critical)), toMarginal = std::abs(point.x() - frame.xAt(m_marginal));
    if (std::min(toCritical, toMarginal) > 6)
        return Border::None;
    // Where both meet, the side that can move is taken.
    return toCritical < toMarginal || (toCritical == toMarginal && point.x() < frame.xAt(m_critical)) ? Border::Critical : Border::Marginal;
}

void RankedMass::mouseMoveEvent(QMouseEvent *event)
{
    if (m_cumulative.empty())
        return;
    if (m_dragged == Border::None) {
        setCursor(borderAt(event->position()) == Border::None ? Qt::ArrowCursor : Qt::SplitHCursor);
        return;
    }
    const int rank = static_cast<int>(std::lround(frameIn(bodyRect()).xValueAt(event->position().x())));
    if (m_dragged == Border::Critical)
        setBorders(rank, std::max(rank, m_marginal));
    else
        setBorders(std::min(rank, m_critical), rank);
}

void RankedMass::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_cumulative.empty())
        return;
    m_dragged = borderAt(event->position());
    const PlotFrame frame = frameIn(bodyRect());
    if (m_dragged != Border::None || !frame.plot.contains(event->position()))
        return;
    Selection next = selection();
    next.token = m_order[std::min(m_order.size() - 1, static_cast<size_t>(frame.xValueAt(event->position().x())))];
    request(next, Gesture::Click);
}

void RankedMass::mouseReleaseEvent(QMouseEvent *) { m_dragged = Border::None; }

void RankedMass::keyPressEvent(QKeyEvent *event)
{
    const int step = event->modifiers() & Qt::ControlModifier ? 10 : 1;
    const bool marginal = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int move = event->key() == Qt::Key_Left ? -step : step;
        return marginal ? setBorders(m_critical, m_marginal + move) : setBorders(m_critical + move, std::max(m_critical + move, m_marginal));
    }
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

QString RankedMass::note() const
{
    if (m_cumulative.empty())
        return {};
    const auto count = static_cast<double>(m_cumulative.size());
    return tr("%1 critical, %2 marginal, cost %3").arg(m_critical).arg(m_marginal - m_critical).arg(format::percent(cost() / count, 1));
}

QString RankedMass::caption() const
{
    if (m_cumulative.empty())
        return {};
    const QString who = m_head.head >= 0 ? tr("head %1").arg(format::headAddress(m_head.layer, m_head.head)) : tr("all heads");
    return tr("Share of the attention of %1 (%2) on its most attended tokens. Critical tokens keep key and value, marginal ones the value alone, at half the cost.").arg(who, pair()->large.name);
}

QString RankedMass::emptyReason() const
{
    if (const QString missing = missingPairReason(pair()); !missing.isEmpty())
        return missing;
    return m_cumulative.empty() ? tr("No column sums. Compare again: this report was made without them.") : QString();
}

QString RankedMass::csv() const
{
    QString out = QStringLiteral("rank,token,cumulative share,class\n");
    for (size_t i = 0; i < m_cumulative.size(); ++i) {
        const int rank = static_cast<int>(i) + 1;
        const char *kind = rank <= m_critical ? "critical" : rank <= m_marginal ? "marginal" : "unimportant";
        out += QStringLiteral("%1,%2,%3,%4\n").arg(rank).arg(m_order[i]).arg(QString::number(m_cumulative[i], 'g', 9), QLatin1String(kind));
    }
    return out;
}

QString RankedMass::describe() const
{
    if (m_cumulative.empty())
        return emptyReason();
    return tr("%1 critical tokens hold %2 of the attention, %3 marginal ones %4 more; cost %5 tokens")
        .arg(m_critical)
        .arg(format::percent(massUpTo(m_critical), 1))
        .arg(m_marginal - m_critical)
        .arg(format::percent(massUpTo(m_marginal) - massUpTo(m_critical), 1), format::decimals(cost(), 1));
}

QJsonObject RankedMass::saveState() const { return {{QStringLiteral("critical"), m_criticalShare}, {QStringLiteral("marginal"), m_marginalShare}}; }

void RankedMass::restoreState(const QJsonObject &state)
{
    m_criticalShare = std::clamp(state.value(QStringLiteral("critical")).toDouble(m_criticalShare), 0.0, 1.0);
    m_marginalShare = std::clamp(state.value(QStringLiteral("marginal")).toDouble(m_marginalShare), m_criticalShare, 1.0);
    collect();
    invalidateBase();
    Q_EMIT headerChanged();
}

} // namespace winnow
