#include "views/charts/line_layer.h"

#include <QAreaSeries>
#include <QChart>
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QLegend>
#include <QLineSeries>
#include <QPainter>
#include <QValueAxis>

namespace winnow::charts {

namespace {

constexpr double kLineWidth = 1.75, kDotWidth = 1.25;

QPen linePen(const Line &line)
{
    const double width = line.dotted ? kDotWidth : kLineWidth;
    QPen pen(line.style.color, width);
    pen.setCapStyle(line.dotted ? Qt::RoundCap : Qt::FlatCap);
    pen.setJoinStyle(Qt::RoundJoin);
    const QVector<qreal> dash = line.dotted ? QVector<qreal>{0.5, 3.5} : line.style.dash;
    if (!dash.isEmpty()) {
        QVector<qreal> pattern; // pen dashes count in pen widths
        for (const qreal px : dash)
            pattern << px / width;
        pen.setDashPattern(pattern);
    }
    return pen;
}

// The y axis of a chart points up, the painter's down.
QVector<QPointF> flipped(const QVector<QPointF> &points, double height)
{
    QVector<QPointF> up;
    up.reserve(points.size());
    for (const QPointF &p : points)
        up << QPointF(p.x(), height - p.y());
    return up;
}

void attach(QChart &chart, QAbstractSeries *series, QValueAxis *x, QValueAxis *y)
{
    chart.addSeries(series);
    series->attachAxis(x);
    series->attachAxis(y);
}

void addBand(QChart &chart, const Line &line, double height, QValueAxis *x, QValueAxis *y, const Theme &theme)
{
    auto *low = new QLineSeries(&chart);
    auto *high = new QLineSeries(&chart);
    low->replace(flipped(line.low, height));
    high->replace(flipped(line.high, height));
    auto *band = new QAreaSeries(high, low);
    QColor fill = line.style.color;
    fill.setAlphaF(theme.kind == ThemeKind::Light ? 0.13f : 0.16f);
    band->setBrush(fill);
    band->setPen(Qt::NoPen);
    attach(chart, band, x, y);
}

} // namespace

void paintLines(QPainter &painter, const QRectF &plot, const QVector<Line> &lines, const Theme &theme)
{
    if (plot.width() < 2 || plot.height() < 2 || lines.isEmpty())
        return;
    QGraphicsScene scene;
    auto *chart = new QChart;
    scene.addItem(chart);
    chart->setAnimationOptions(QChart::NoAnimation);
    chart->setBackgroundVisible(false);
    chart->legend()->hide();
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    chart->setMargins(QMargins());
    chart->resize(plot.size());
    chart->setPlotArea(QRectF(QPointF(), plot.size()));
    auto *x = new QValueAxis(chart);
    auto *y = new QValueAxis(chart);
    x->setRange(0, plot.width());
    y->setRange(0, plot.height());
    x->hide();
    y->hide();
    chart->addAxis(x, Qt::AlignBottom);
    chart->addAxis(y, Qt::AlignLeft);
    for (const Line &line : lines)
        if (line.low.size() > 1 && line.low.size() == line.high.size())
            addBand(*chart, line, plot.height(), x, y, theme);
    for (const Line &line : lines) {
        if (line.points.size() < 2)
            continue;
        auto *series = new QLineSeries(chart);
        series->replace(flipped(line.points, plot.height()));
        series->setPen(linePen(line));
        attach(*chart, series, x, y);
    }
    x->setRange(0, plot.width()); // attaching a series may have widened them
    y->setRange(0, plot.height());
    scene.render(&painter, plot, QRectF(QPointF(), plot.size()), Qt::IgnoreAspectRatio);
}

} // namespace winnow::charts
