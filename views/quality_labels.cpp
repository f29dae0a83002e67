#include "views/format.h"
#include "views/legend.h"
#include "views/quality_view.h"
#include "views/type.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {

namespace {

QFont letterFont()
{
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(QFont::Bold);
    return font;
}

double labelWidth(int letter, const QString &name)
{
    return QFontMetricsF(letterFont()).horizontalAdvance(runLetter(letter)) + 6 + QFontMetricsF(typeFont(TypeRole::Axis)).horizontalAdvance(name);
}

// How much of a segment runs through a box, by sampling: labels only need a rough answer.
int samplesInside(const QRectF &box, const QPointF &a, const QPointF &b)
{
    int inside = 0;
    for (int i = 0; i <= 16; ++i)
        inside += box.contains(a + (b - a) * (i / 16.0)) ? 1 : 0;
    return inside;
}

} // namespace

double QualityView::coverCost(const Plan &plan, const QRectF &candidate, const std::vector<Label> &labels) const
{
    double cost = plan.plot.adjusted(2, -14, 12, -1).contains(candidate) ? 0 : 200;
    for (const Label &other : labels)
        cost += other.box.adjusted(-4, -1, 4, 1).intersects(candidate) ? 150 : 0;
    for (const Line &line : m_lines)
        for (size_t k = 0; k < line.points.size(); ++k) {
            const QPointF q = plan.at(line.points[k].x, line.points[k].y);
            cost += candidate.adjusted(-6, -5, 6, 5).contains(q) ? 40 : 0;
            if (k > 0)
                cost += 3 * samplesInside(candidate, plan.at(line.points[k - 1].x, line.points[k - 1].y), q);
        }
    return cost;
}

QRectF QualityView::placeNear(const Plan &plan, const std::vector<QPointF> &anchors, double width, const std::vector<Label> &labels) const
{
    const double height = QFontMetricsF(typeFont(TypeRole::Axis)).height();
    double best = 1e300;
    QRectF box;
    for (const QPointF &p : anchors) {
        const std::array<QPointF, 6> corners{QPointF(p.x() + 10, p.y() - height - 4), QPointF(p.x() - width - 10, p.y() - height / 2), QPointF(p.x() + 10, p.y() + 4),
            QPointF(p.x() + 10, p.y() - height / 2), QPointF(p.x() - width - 8, p.y() + 4), QPointF(p.x() - width / 2, p.y() - height - 8)};
        for (size_t c = 0; c < corners.size(); ++c) {
            const QRectF candidate(corners[c], QSizeF(width, height));
            const double cost = static_cast<double>(c) * 0.3 + coverCost(plan, candidate, labels);
            if (cost < best) {
                best = cost;
                box = candidate;
            }
        }
    }
    return box;
}

std::vector<QualityView::Label> QualityView::placeLabels(const Plan &plan) const
{
    std::vector<Label> labels;
    for (size_t l = 0; l < m_lines.size() && usesDirectLabels(); ++l) {
        const Line &line = m_lines[l];
        std::vector<QPointF> anchors;
        for (const Point &p : line.points)
            if (!p.forecast && plan.y.contains(p.y))
                anchors.push_back(plan.at(p.x, p.y));
        if (!anchors.empty())
            labels.push_back({placeNear(plan, anchors, labelWidth(line.letter, line.name), labels), l});
    }
    const QPolygonF front = frontSteps(plan);
    if (!front.isEmpty()) {
        std::vector<QPointF> anchors;
        for (qsizetype i = 1; i < front.size(); i += 2) // the corners, where the band leaves the lines
            anchors.push_back(front[i] + QPointF(-6, 4));
        labels.push_back({placeNear(plan, anchors, QFontMetricsF(typeFont(TypeRole::Axis)).horizontalAdvance(tr("Pareto front")), labels), kFrontLabel});
    }
    return labels;
}

void QualityView::paintLabels(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    const bool direct = usesDirectLabels();
    const auto draw = [&](const QRectF &box, const Line &line, const QString &name) {
        painter.setFont(letterFont());
        painter.setPen(theme.run(line.letter).color);
        const double letter = QFontMetricsF(letterFont()).horizontalAdvance(runLetter(line.letter)) + 6;
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, runLetter(line.letter));
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t1);
        painter.drawText(box.adjusted(letter, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, name);
    };
    for (const Label &label : placeLabels(plan)) {
        if (label.line == kFrontLabel) {
            painter.setFont(typeFont(TypeRole::Axis));
            painter.setPen(theme.t2);
            painter.drawText(label.box, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, tr("Pareto front"));
        } else if (!(m_lines[label.line].reference && m_yScale == Scale::Log)) {
            draw(label.box, m_lines[label.line], m_lines[label.line].name);
        }
    }
    for (const Line &line : m_lines) {
        if (!line.reference || (direct && m_yScale != Scale::Log))
            continue;
        const Point &p = line.points.front();
        const QString name = m_yScale == Scale::Log ? QStringLiteral("%1, %2").arg(line.name, xText(p.x)) : line.name;
        const double width = labelWidth(line.letter, name);
        const QPointF at = m_yScale == Scale::Log ? QPointF(plan.at(p.x, plan.y.lo).x() - width - 6, plan.plot.top() - 8)
                                                  : plan.at(p.x, p.y) + QPointF(-width - 8, -18);
        draw(QRectF(at, QSizeF(width, QFontMetricsF(letterFont()).height())), line, name);
    }
    // One forecast is named where it stands; the reader need not look for a legend.
    int forecasts = 0;
    const Point *only = nullptr;
    for (const Line &line : m_lines)
        for (const Point &p : line.points)
            if (p.forecast) {
                ++forecasts;
                only = &p;
            }
    if (forecasts == 1 && direct && plan.y.contains(only->y)) {
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t2);
        painter.drawText(plan.at(only->x, only->y) + QPointF(9, 1), only->budget.isEmpty() ? tr("forecast") : tr("%1, forecast").arg(only->budget));
    }
}

void QualityView::paintAlone(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    if (!m_alone || !std::isfinite(*m_alone) || (m_yScale == Scale::Log && *m_alone <= 0))
        return;
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    if (plan.y.contains(*m_alone)) {
        const double y = plan.at(plan.x.lo, *m_alone).y();
        painter.setPen(QPen(theme.t3, 1.25, Qt::DashDotLine));
        painter.drawLine(QPointF(plan.plot.left(), y), QPointF(plan.plot.right(), y));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(plan.plot.left() + 4, y - metrics.height() - 1, plan.plot.width() - 8, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, tr("small model alone"));
        return;
    }
    // It leaves the axis: said at the edge, which is not stretched for it.
    const bool above = plan.y.share(*m_alone) > 1;
    const double top = above ? plan.plot.top() + 1 : plan.plot.bottom() - metrics.height() - 1;
    painter.setPen(theme.t2);
    painter.drawText(QRectF(plan.plot.left() + 4, top, plan.plot.width() - 8, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
        QStringLiteral("%1 %2").arg(above ? QStringLiteral("▴") : QStringLiteral("▾"), tr("small model alone %1").arg(yText(*m_alone))));
}

QualityView::Hit QualityView::markedPoint() const
{
    if (m_hover.line >= 0)
        return m_hover;
    const int run = markedRun();
    if (run < 0 || run >= static_cast<int>(data().runs.size()))
        return {};
    const QString budget = format::budget(data().runs[static_cast<size_t>(run)].budget);
    for (size_t l = 0; l < m_lines.size(); ++l) {
        if (m_lines[l].run != run)
            continue;
        for (size_t i = 0; i < m_lines[l].points.size(); ++i)
            if (m_lines[l].points[i].budget == budget || m_lines[l].points.size() == 1)
                return {static_cast<int>(l), static_cast<int>(i)};
    }
    return {};
}

std::vector<std::pair<QString, QString>> QualityView::tooltipRows(const Hit &hit) const
{
    const Line &line = m_lines[static_cast<size_t>(hit.line)];
    const Point &p = line.points[static_cast<size_t>(hit.point)];
    const QString names[] = {tr("ΔNLL"), tr("KL"), tr("Top-1"), tr("Log-perplexity")};
    QString value = yText(p.y);
    if (p.forecast)
        value += tr(", forecast");
    else if (p.band)
        value += tr(", 95 % band %1 to %2").arg(yText(p.low), yText(p.high));
    std::vector<std::pair<QString, QString>> rows{{names[static_cast<int>(m_yKind)], value}};
    double full = 0;
    for (const RunEntry &run : data().runs)
        if (run.baseline && run.report)
            full = shownX(m_xKind == X::Nominal ? run.report->savings().nominalBytes : run.report->savings().nativeBytes);
    QString stored = xText(p.x);
    if (full > 0 && overBytes())
        stored += QStringLiteral(", ") + format::signedPercent(p.x / full - 1);
    const QString xNames[] = {tr("Stored"), tr("Nominal"), tr("Tokens"), tr("With small model"), tr("Replaced")};
    rows.emplace_back(xNames[static_cast<int>(m_xKind)], stored);
    if (p.forecast || line.reference || curveCount() < 2 || m_xKind == X::Replaced)
        return rows;
    // The best measured point that needs no more bytes.
    const Line *bestLine = nullptr;
    double best = p.y;
    for (const Line &other : m_lines)
        for (const Point &q : other.points)
            if (!q.forecast && !other.reference && q.x <= p.x * 1.0001 && isBetter(q.y, best)) {
                best = q.y;
                bestLine = &other;
            }
    rows.emplace_back(tr("On the front"), bestLine ? tr("no, %1 is %2 better").arg(bestLine->name, yText(std::abs(p.y - best)).remove(QLatin1Char('+'))) : tr("yes"));
    return rows;
}

void QualityView::paintTooltip(QPainter &painter, const Plan &plan, const QRectF &body, const Hit &hit, const Theme &theme) const
{
    const Line &line = m_lines[static_cast<size_t>(hit.line)];
    const Point &p = line.points[static_cast<size_t>(hit.point)];
    const auto rows = tooltipRows(hit);
    const QFontMetricsF metrics(typeFont(TypeRole::Label));
    double names = 0, values = 0;
    for (const auto &[name, value] : rows) {
        names = std::max(names, metrics.horizontalAdvance(name));
        values = std::max(values, tabularWidth(typeFont(TypeRole::Label), value));
    }
    const QString head = p.budget.isEmpty() ? line.name : QStringLiteral("%1, %2").arg(line.name, p.budget);
    const double width = std::max(names + 24 + values, QFontMetricsF(typeFont(TypeRole::ViewTitle)).horizontalAdvance(head) + 26) + 24;
    const double rowHeight = scaled(20), height = 12 + scaled(22) + rowHeight * static_cast<double>(rows.size()) + 6;
    const QPointF anchor = plan.at(p.x, std::clamp(p.y, plan.y.lo, plan.y.hi));
    QRectF box;
    int fewest = 1 << 20;
    for (const QPointF &corner : {anchor + QPointF(18, 18), anchor + QPointF(-width - 18, 18), anchor + QPointF(18, -height - 18), anchor + QPointF(-width - 18, -height - 18)}) {
        QRectF candidate(corner, QSizeF(width, height));
        candidate.moveLeft(std::clamp(candidate.left(), body.left() + 4, std::max(body.left() + 4, body.right() - width - 4)));
        candidate.moveTop(std::clamp(candidate.top(), body.top() + 2, std::max(body.top() + 2, body.bottom() - height - 2)));
        int covered = candidate.contains(anchor) ? 100 : 0;
        for (const Line &other : m_lines)
            for (const Point &q : other.points)
                covered += candidate.contains(plan.at(q.x, q.y)) ? 1 : 0;
        if (covered < fewest) {
            fewest = covered;
            box = candidate;
        }
    }
    painter.setPen(Qt::NoPen);
    for (int i = 3; i > 0; --i) { // a soft shadow: popups are the only things that have one
        painter.setBrush(QColor(0, 0, 0, theme.kind == ThemeKind::Light ? 9 : 36));
        painter.drawRoundedRect(box.adjusted(-i, -i + 2, i, i + 2), 6 + i, 6 + i);
    }
    painter.setPen(QPen(theme.border, 1));
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(box, 6, 6);
    paintLetterChip(painter, QRectF(box.left() + 12, box.top() + 10, scaled(16), scaled(16)), line.letter, theme);
    painter.setFont(typeFont(TypeRole::ViewTitle));
    painter.setPen(theme.t1);
    painter.drawText(QRectF(box.left() + 12 + scaled(16) + 8, box.top() + 8, width, scaled(20)), Qt::AlignLeft | Qt::AlignVCenter, head);
    painter.setFont(typeFont(TypeRole::Label));
    double y = box.top() + 10 + scaled(22);
    for (const auto &[name, value] : rows) {
        const QRectF row(box.left() + 12, y, width - 24, rowHeight);
        painter.setPen(theme.t2);
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, name);
        painter.setPen(theme.t1);
        drawTabular(painter, row, Qt::AlignRight, value);
        y += rowHeight;
    }
}

void QualityView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Hit hit = markedPoint();
    if (hit.line < 0 || m_lines.empty())
        return;
    const Plan plan = planFor(body);
    const Point &p = m_lines[static_cast<size_t>(hit.line)].points[static_cast<size_t>(hit.point)];
    const QPointF at = plan.at(p.x, std::clamp(p.y, plan.y.lo, plan.y.hi));
    painter.setBrush(Qt::NoBrush);
    if (m_hover.line >= 0) {
        QPen drop(theme.mark, 1);
        drop.setDashPattern({1.5, 2.5});
        painter.setPen(drop);
        painter.drawLine(at + QPointF(0, 8), QPointF(at.x(), plan.plot.bottom()));
    }
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawEllipse(at, 7.5, 7.5);
    if (m_hover.line >= 0)
        paintTooltip(painter, plan, body, m_hover, theme);
}

} // namespace winnow
