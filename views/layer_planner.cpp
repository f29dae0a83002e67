#include "views/layer_planner.h"

#include "views/format.h"
#include "views/layer_matrix.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kPad = 12, kAxisRow = 20, kLegendRow = 20, kNoteRow = 18;

QColor keptColor(const Theme &theme) { return theme.kind == ThemeKind::Light ? theme.border : theme.axis; }

void paintHatched(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    painter.save();
    painter.setClipRect(rect);
    painter.setPen(QPen(theme.t3, 1));
    for (double x = rect.left() - rect.height(); x < rect.right(); x += 3.5)
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()));
    painter.restore();
    painter.setPen(QPen(theme.axis, 0.75));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect);
}

} // namespace

LayerPlanner::LayerPlanner(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Layer planner"));
}

bool LayerPlanner::dataChanged()
{
    m_heights.clear();
    const PairDataPtr shown = pair();
    if (!shown || !shown->table)
        return true;
    m_measured = std::any_of(shown->profile.begin(), shown->profile.end(), [](double v) { return std::isfinite(v); });
    if (m_measured) {
        for (int layer = 0; layer < shown->large.layers(); ++layer)
            m_heights.push_back(shown->profile[static_cast<size_t>(blockOfLayer(shown->large.layers(), layer))]);
    } else {
        const bool index = shown->table->high <= 1.0001F && shown->table->low >= 0; // 1 = the same
        for (const double mean : meanBestOfLayers(*shown))
            m_heights.push_back(index ? std::max(1 - mean, 0.0) : -mean); // rounding may pass 1; NaN stays
    }
    double top = m_measured ? 1e-9 : 1e-3, bottom = 0; // similarities that differ less are equal
    for (const double height : m_heights)
        if (std::isfinite(height)) {
            top = std::max(top, height);
            bottom = std::min(bottom, height);
        }
    m_low = bottom;
    m_high = top;
    return true;
}

LayerPlanner::Plan LayerPlanner::planFor(const QRectF &body) const
{
    const double below = scaled(kAxisRow + kLegendRow + kNoteRow);
    Plan plan;
    plan.plot = QRectF(body.left() + kPad, body.top() + 4, std::max(10.0, body.width() - 2 * kPad), std::max(10.0, body.height() - below - 4));
    plan.step = plan.plot.width() / std::max<double>(1, static_cast<double>(m_heights.size()));
    return plan;
}

QRectF LayerPlanner::barIn(const Plan &plan, int layer) const
{
    const double value = m_heights[static_cast<size_t>(layer)], span = m_high - m_low;
    const double zero = plan.plot.bottom() - plan.plot.height() * (0 - m_low) / span;
    const double top = std::isfinite(value) ? plan.plot.bottom() - plan.plot.height() * (value - m_low) / span : zero;
    const double gap = plan.step > 4 ? 1.5 : 0.25;
    return QRectF(QPointF(plan.plot.left() + layer * plan.step + gap / 2, std::min(top, zero)), QPointF(plan.plot.left() + (layer + 1) * plan.step - gap / 2, std::max(std::max(top, zero), zero)));
}

QRectF LayerPlanner::barRect(int layer) const { return barIn(planFor(bodyRect()), layer); }

bool LayerPlanner::isForbidden(int layer) const { return pair() && layer < forbiddenLayers(pair()->large.layers()); }

bool LayerPlanner::isMapped(int layer) const { return pair() && std::binary_search(pair()->mapped.begin(), pair()->mapped.end(), static_cast<int64_t>(layer)); }

void LayerPlanner::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_heights.empty())
        return;
    const Plan plan = planFor(body);
    for (int layer = 0; layer < static_cast<int>(m_heights.size()); ++layer) {
        const QRectF bar = barIn(plan, layer);
        if (isMapped(layer))
            painter.fillRect(bar, theme.accent);
        else if (isForbidden(layer))
            paintHatched(painter, bar, theme);
        else
            painter.fillRect(bar, keptColor(theme));
    }
    painter.setPen(QPen(theme.axis, 1));
    const double base = std::round(plan.plot.bottom()) + 0.5;
    painter.drawLine(QPointF(plan.plot.left(), base), QPointF(plan.plot.right(), base));
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t3);
    for (const int layer : indexTicks(0, static_cast<int>(m_heights.size()) - 1, 3)) {
        const double x = plan.plot.left() + (layer + 0.5) * plan.step;
        const double left = std::clamp(x - 15, plan.plot.left() - 6, plan.plot.right() + 6 - 30);
        painter.drawText(QRectF(left, plan.plot.bottom() + 3, 30, scaled(kAxisRow) - 4), Qt::AlignHCenter | Qt::AlignVCenter, QString::number(layer));
    }
    paintLegendRow(painter, plan, theme);
    painter.setFont(typeFont(TypeRole::Hint));
    painter.setPen(theme.t2);
    const QString height = m_measured ? tr("Height: change of log-perplexity of the block") : tr("Height: 1 − mean best %1 of the layer").arg(metricWord(pair()->table->metric));
    const QRectF row(plan.plot.left(), plan.plot.bottom() + scaled(kAxisRow + kLegendRow), plan.plot.width(), scaled(kNoteRow));
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(height, Qt::ElideRight, row.width()));
}

void LayerPlanner::paintLegendRow(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Hint));
    const QFontMetricsF metrics(painter.font());
    const double top = plan.plot.bottom() + scaled(kAxisRow), height = scaled(kLegendRow);
    double x = plan.plot.left();
    const auto entry = [&](const QString &name, auto &&sample) {
        const QRectF box(x, top + height / 2 - 5, 12, 10);
        sample(box);
        painter.setPen(theme.t2);
        painter.drawText(QRectF(x + 17, top, 100, height), Qt::AlignLeft | Qt::AlignVCenter, name);
        x += 17 + metrics.horizontalAdvance(name) + 12;
    };
    entry(tr("replaced"), [&](const QRectF &box) { painter.fillRect(box, theme.accent); });
    entry(tr("kept"), [&](const QRectF &box) { painter.fillRect(box, keptColor(theme)); });
    entry(tr("forbidden"), [&](const QRectF &box) { paintHatched(painter, box, theme); });
}

void LayerPlanner::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int layer = selection().pair.layer;
    if (layer < 0 || layer >= static_cast<int>(m_heights.size()))
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawRect(barIn(planFor(body), layer).adjusted(-1, -1, 1, 1));
}

int LayerPlanner::layerAt(const QPointF &point) const
{
    const Plan plan = planFor(bodyRect());
    if (m_heights.empty() || point.y() < plan.plot.top() - 4 || point.y() > plan.plot.bottom() + scaled(kAxisRow))
        return -1;
    const int layer = static_cast<int>(std::floor((point.x() - plan.plot.left()) / plan.step));
    return layer >= 0 && layer < static_cast<int>(m_heights.size()) ? layer : -1;
}

QString LayerPlanner::layerText(int layer) const
{
    const QString state = isMapped(layer) ? tr("replaced") : isForbidden(layer) ? tr("never replaced by the published rule") : tr("kept");
    return tr("Layer %1: %2, %3 %4").arg(layer).arg(state, m_measured ? tr("delta") : tr("height"), format::shortNumber(m_heights[static_cast<size_t>(layer)]));
}

void LayerPlanner::mouseMoveEvent(QMouseEvent *event)
{
    const int layer = layerAt(event->position());
    QToolTip::showText(event->globalPosition().toPoint(), layer < 0 ? QString() : layerText(layer) + tr(". A click puts it in or out."), this);
}

void LayerPlanner::mousePressEvent(QMouseEvent *event)
{
    const int layer = layerAt(event->position());
    if (event->button() == Qt::LeftButton && layer >= 0)
        Q_EMIT layerToggled(layer);
}

void LayerPlanner::keyPressEvent(QKeyEvent *event)
{
    if (m_heights.empty())
        return PictureView::keyPressEvent(event);
    const int last = static_cast<int>(m_heights.size()) - 1;
    int layer = selection().pair.layer;
    switch (event->key()) {
    case Qt::Key_Left: layer = std::max(0, layer - 1); break;
    case Qt::Key_Right: layer = std::min(last, layer + 1); break;
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (layer >= 0 && layer <= last)
            Q_EMIT layerToggled(layer);
        return;
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
    Selection next = selection();
    const int heads = pair()->large.heads();
    next.pair = matchOf(*pair(), layer * heads + std::clamp(next.pair.head, 0, std::max(0, heads - 1)));
    request(next, Gesture::Click);
}

QString LayerPlanner::note() const { return m_heights.empty() ? QString() : tr("%1 of %2 layers").arg(pair()->mapped.size()).arg(m_heights.size()); }

QString LayerPlanner::caption() const
{
    if (m_heights.empty())
        return {};
    const QString what = m_measured ? tr("change of log-perplexity when only the layer's block is replaced") : tr("1 − mean best %1 of the layer's heads").arg(metricWord(pair()->table->metric));
    return tr("Layers of %1 whose attention %2 would replace (%3 of %4), and for each layer %5.").arg(pair()->large.name, pair()->small.name).arg(pair()->mapped.size()).arg(m_heights.size()).arg(what);
}

QString LayerPlanner::emptyReason() const { return missingPairReason(pair()); }

QString LayerPlanner::csv() const
{
    QString out = QStringLiteral("layer,%1,replaced,forbidden\n").arg(m_measured ? QStringLiteral("delta nats/token") : QStringLiteral("1 - mean best score"));
    for (size_t layer = 0; layer < m_heights.size(); ++layer)
        out += QStringLiteral("%1,%2,%3,%4\n")
                   .arg(layer)
                   .arg(std::isfinite(m_heights[layer]) ? QString::number(m_heights[layer], 'g', 9) : QString())
                   .arg(isMapped(static_cast<int>(layer)) ? 1 : 0)
                   .arg(isForbidden(static_cast<int>(layer)) ? 1 : 0);
    return out;
}

QString LayerPlanner::describe() const
{
    const int layer = selection().pair.layer;
    return layer >= 0 && layer < static_cast<int>(m_heights.size()) ? layerText(layer) : note();
}

} // namespace winnow
