#include "views/quality_view.h"

#include "core/base/json_fields.h"
#include "views/charts/line_layer.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace winnow {

namespace {

constexpr double kMebi = 1024.0 * 1024.0;
constexpr const char *kXNames[] = {"nativeBytes", "nominalBytes", "tokens", "effectiveBytes", "replacedShare"};
constexpr const char *kYNames[] = {"deltaNll", "kl", "top1Agreement", "nll"};

bool namesAxis(const std::string &given, const char *wanted, const char *fallback) { return given == wanted || (given.empty() && wanted == std::string(fallback)); }

} // namespace

QPointF QualityView::Plan::at(double px, double py) const
{
    return {plot.left() + plot.width() * x.share(px), plot.bottom() - plot.height() * y.share(py)};
}

bool QualityView::dataChanged()
{
    if (!m_axesChosen)
        m_xKind = usualX();
    std::vector<Line> lines = linesOf(data());
    refreshChoices();
    const std::optional<double> before = std::exchange(m_alone, aloneIn(data()));
    if (samePicture(lines) && before == m_alone)
        return false;
    m_lines = std::move(lines);
    m_hover = {};
    return true;
}

bool QualityView::hasCurve(X x, Y y) const
{
    return std::any_of(data().curves.begin(), data().curves.end(), [&](const Curve &curve) {
        return namesAxis(curve.xName, kXNames[static_cast<int>(x)], kXNames[0]) && namesAxis(curve.yName, kYNames[static_cast<int>(y)], kYNames[0]);
    });
}

QualityView::X QualityView::usualX() const { return hasCurve(X::Effective, m_yKind) ? X::Effective : X::Stored; }

std::vector<QualityView::Line> QualityView::linesOf(const ViewData &data) const
{
    std::vector<Line> lines;
    const auto at = [](const std::vector<double> &values, size_t i) { return i < values.size() ? values[i] : std::nan(""); };
    for (const Curve &curve : data.curves) {
        if (!namesAxis(curve.xName, kXNames[static_cast<int>(m_xKind)], kXNames[0]) || !namesAxis(curve.yName, kYNames[static_cast<int>(m_yKind)], kYNames[0]))
            continue;
        Line line;
        line.name = QString::fromStdString(curve.title);
        for (size_t r = 0; r < data.runs.size(); ++r)
            if (runLetter(data.runs[r].index).toStdString() == curve.method) {
                line.run = static_cast<int>(r);
                line.letter = data.runs[r].index;
                line.reference = data.runs[r].baseline && curve.x.size() == 1;
            }
        for (size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
            Point p{shownX(curve.x[i]), curve.y[i], at(curve.low, i), at(curve.high, i), false, i < curve.forecast.size() && curve.forecast[i] != 0, {}};
            p.band = std::isfinite(p.low) && std::isfinite(p.high) && !p.forecast;
            p.budget = i < curve.budgets.size() ? format::budget(QString::fromStdString(curve.budgets[i])) : QString();
            if (std::isfinite(p.x) && std::isfinite(p.y))
                line.points.push_back(p);
        }
        std::stable_sort(line.points.begin(), line.points.end(), [](const Point &a, const Point &b) { return a.x < b.x; });
        if (!line.points.empty())
            lines.push_back(std::move(line));
    }
    return lines;
}

std::optional<double> QualityView::aloneIn(const ViewData &data) const
{
    for (const Curve &curve : data.curves)
        for (const Json &threshold : curve.thresholds)
            if (namesAxis(curve.xName, kXNames[static_cast<int>(m_xKind)], kXNames[0]) && namesAxis(curve.yName, kYNames[static_cast<int>(m_yKind)], kYNames[0])
                && stringField(threshold, "name") == "small")
                return numberFromJson(childField(threshold, "y"));
    return std::nullopt;
}

bool QualityView::samePicture(const std::vector<Line> &lines) const
{
    const auto samePoint = [](const Point &a, const Point &b) {
        return a.x == b.x && a.y == b.y && a.band == b.band && (!a.band || (a.low == b.low && a.high == b.high)) && a.forecast == b.forecast && a.budget == b.budget;
    };
    return std::equal(lines.begin(), lines.end(), m_lines.begin(), m_lines.end(), [&](const Line &a, const Line &b) {
        return a.run == b.run && a.letter == b.letter && a.name == b.name && a.reference == b.reference
            && std::equal(a.points.begin(), a.points.end(), b.points.begin(), b.points.end(), samePoint);
    });
}

double QualityView::shownX(double x) const { return overBytes() ? x / kMebi : m_xKind == X::Replaced ? 100 * x : x; }

bool QualityView::isBetter(double a, double b) const { return m_yKind == Y::Top1 ? a > b : a < b; }

size_t QualityView::curveCount() const
{
    return static_cast<size_t>(std::count_if(m_lines.begin(), m_lines.end(), [](const Line &line) { return !line.reference; }));
}

bool QualityView::usesDirectLabels() const { return curveCount() <= 4; }

QualityView::Plan QualityView::planFor(const QRectF &body) const
{
    std::vector<double> xs, ys, highs, maxima;
    for (const Line &line : m_lines) {
        double top = 0;
        for (const Point &p : line.points) {
            xs.push_back(p.x);
            ys.push_back(p.y);
            top = std::max(top, std::abs(p.y));
            if (p.band && m_showBands)
                highs.push_back(p.high);
        }
        if (!line.reference)
            maxima.push_back(top);
    }
    // One line that is far off must not flatten the others: what leaves the axis is drawn as a triangle at its edge.
    std::sort(maxima.begin(), maxima.end());
    const double limit = maxima.empty() ? 1 : 4 * std::max(maxima[maxima.size() / 2], 1e-9);
    Plan plan;
    plan.x = m_xScale == Scale::Log ? ChartAxis::logarithmic(xs) : ChartAxis::linear(xs, true);
    if (m_yScale == Scale::Log) {
        plan.y = ChartAxis::logarithmic(ys);
    } else {
        std::vector<double> inside;
        for (const double y : ys)
            if (std::abs(y) <= limit)
                inside.push_back(y);
        const double most = inside.empty() ? 0 : *std::max_element(inside.begin(), inside.end());
        for (const double high : highs)
            inside.push_back(std::min(high, most * 1.25));
        plan.y = ChartAxis::linear(inside, m_yKind != Y::Top1 && m_yKind != Y::Nll);
    }
    const double top = body.top() + scaled(30), bottom = body.bottom() - scaled(40);
    plan.plot = QRectF(body.left() + scaled(44), top, std::max(20.0, body.width() - scaled(44) - 20), std::max(20.0, bottom - top));
    return plan;
}

void QualityView::paintAxes(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, body.top() + 4, body.width() - 28, metrics.height()), Qt::AlignLeft, yTitle());
    for (const double tick : plan.y.ticks(std::clamp(static_cast<int>(plan.plot.height() / scaled(44)), 2, 5))) {
        const double y = std::round(plan.at(plan.x.lo, tick).y()) + 0.5;
        painter.setPen(QPen(theme.grid, 1));
        painter.drawLine(QPointF(plan.plot.left(), y), QPointF(plan.plot.right(), y));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(body.left(), y - 9, plan.plot.left() - 8 - body.left(), 18), Qt::AlignRight | Qt::AlignVCenter, format::tick(m_yKind == Y::Top1 ? tick * 100 : tick));
    }
    const double base = std::round(plan.plot.bottom()) + 0.5;
    painter.setPen(QPen(theme.axis, 1));
    painter.drawLine(QPointF(plan.plot.left(), base), QPointF(plan.plot.right(), base));
    for (const double tick : plan.x.ticks(std::clamp(static_cast<int>(plan.plot.width() / scaled(60)), 2, 6))) {
        const double x = plan.at(tick, plan.y.lo).x();
        painter.setPen(QPen(theme.axis, 1));
        painter.drawLine(QPointF(x, base), QPointF(x, base + 4));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(x - 40, base + 5, 80, metrics.height()), Qt::AlignHCenter, format::tick(tick));
    }
    painter.setPen(theme.t2);
    painter.drawText(QRectF(plan.plot.left(), base + 6 + metrics.height(), plan.plot.width(), metrics.height() + 2), Qt::AlignRight, xTitle());
}

std::vector<QualityView::Point> QualityView::paretoFront() const
{
    std::vector<Point> all, front;
    for (const Line &line : m_lines)
        for (const Point &p : line.points)
            if (!p.forecast && !line.reference)
                all.push_back(p);
    std::sort(all.begin(), all.end(), [&](const Point &a, const Point &b) { return a.x != b.x ? a.x < b.x : isBetter(a.y, b.y); });
    for (const Point &p : all)
        if (front.empty() || isBetter(p.y, front.back().y))
            front.push_back(p);
    return front;
}

QPolygonF QualityView::frontSteps(const Plan &plan) const
{
    const std::vector<Point> front = paretoFront();
    QPolygonF steps;
    if (!m_showFront || m_xKind == X::Replaced || front.size() < 2 || curveCount() < 2 || plan.plot.width() < scaled(420))
        return steps;
    for (size_t i = 0; i < front.size(); ++i) {
        const QPointF here = plan.at(front[i].x, m_yScale == Scale::Log ? std::max(front[i].y, plan.y.lo) : front[i].y);
        if (i > 0)
            steps << QPointF(here.x(), steps.back().y());
        steps << here;
    }
    return steps;
}

void QualityView::paintFront(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    const QPolygonF steps = frontSteps(plan);
    if (steps.isEmpty())
        return;
    QColor color = theme.t1;
    color.setAlphaF(0.22f);
    QPen pen(color, 7);
    pen.setCapStyle(Qt::FlatCap);
    pen.setJoinStyle(Qt::MiterJoin);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.save();
    painter.setClipRect(plan.plot, Qt::IntersectClip);
    painter.drawPolyline(steps);
    painter.restore();
}

void QualityView::paintReference(QPainter &painter, const Plan &plan, const Line &line, const Theme &theme) const
{
    const Point &p = line.points.front();
    QPen pen(theme.run(line.letter).color, 1.75);
    pen.setDashPattern({1.1, 1.7});
    painter.setPen(pen);
    if (m_yScale == Scale::Log || !plan.y.contains(p.y)) {
        const double x = plan.at(p.x, plan.y.lo).x();
        painter.drawLine(QPointF(x, plan.plot.top() - 6), QPointF(x, plan.plot.bottom()));
    } else {
        const double y = plan.at(p.x, p.y).y();
        painter.drawLine(QPointF(plan.plot.left(), y), QPointF(plan.plot.right(), y));
    }
}

void QualityView::paintEdge(QPainter &painter, const Plan &plan, const Line &line, const Point &point, const Theme &theme) const
{
    const double share = plan.y.share(point.y);
    const double x = plan.at(point.x, plan.y.lo).x();
    const bool below = share < 0;
    const double y = below ? plan.plot.bottom() - 8 : plan.plot.top() + 1;
    const double tip = below ? 6 : -6;
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.run(line.letter).color);
    const double flat = below ? y : y + 6;
    painter.drawPolygon(QPolygonF{QPointF(x - 4, flat), QPointF(x + 4, flat), QPointF(x, flat + tip)});
}

void QualityView::paintPoints(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    double highestBelow = -1e300; // of what lies under the axis
    for (const Line &line : m_lines) {
        const RunStyle style = theme.run(line.letter);
        for (const Point &p : line.points) {
            if (line.reference && m_yScale == Scale::Log)
                continue;
            if (!plan.y.contains(p.y)) {
                paintEdge(painter, plan, line, p, theme);
                if (plan.y.share(p.y) < 0)
                    highestBelow = std::max(highestBelow, p.y);
            } else {
                paintMarker(painter, plan.at(p.x, p.y), style, p.forecast || style.hollow, theme.surface);
            }
        }
    }
    if (highestBelow < -1e299 || m_yScale != Scale::Log)
        return;
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    painter.drawText(QRectF(plan.plot.left() + 8, plan.plot.bottom() - scaled(20), 200, scaled(16)), Qt::AlignLeft | Qt::AlignVCenter,
        QStringLiteral("▾ ") + tr("at or below %1").arg(highestBelow <= 0 ? QStringLiteral("0") : format::shortNumber(plan.y.lo)));
}

void QualityView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_lines.empty())
        return;
    const Plan plan = planFor(body);
    paintAxes(painter, plan, body, theme);
    for (const Line &line : m_lines)
        if (line.reference)
            paintReference(painter, plan, line, theme);
    paintAlone(painter, plan, theme);
    paintFront(painter, plan, theme);
    QVector<charts::Line> layers;
    const auto local = [&](double x, double y) { return plan.at(x, y) - plan.plot.topLeft(); };
    for (const Line &line : m_lines) {
        charts::Line measured{theme.run(line.letter), {}, {}, {}, false};
        for (size_t i = 0; i < line.points.size(); ++i) {
            const Point &p = line.points[i];
            const bool drawable = m_yScale == Scale::Linear || p.y > 0;
            if (i > 0 && (p.forecast || line.points[i - 1].forecast) && drawable && (m_yScale == Scale::Linear || line.points[i - 1].y > 0))
                layers << charts::Line{theme.run(line.letter), {local(line.points[i - 1].x, line.points[i - 1].y), local(p.x, p.y)}, {}, {}, true};
            if (p.forecast || !drawable)
                continue;
            measured.points << local(p.x, p.y);
            if (p.band && m_showBands) {
                measured.low << local(p.x, m_yScale == Scale::Log ? std::max(p.low, plan.y.lo) : p.low);
                measured.high << local(p.x, p.high);
            }
        }
        layers << measured;
    }
    charts::paintLines(painter, plan.plot, layers, theme);
    paintPoints(painter, plan, theme);
    paintLabels(painter, plan, theme);
}

} // namespace winnow
