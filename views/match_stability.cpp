#include "views/match_stability.h"

#include "views/format.h"
#include "views/layer_matrix.h"
#include "views/matrix_view.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

MatchStability::MatchStability(QWidget *parent)
    : PictureView(parent)
    , m_choice(new SegmentedControl({tr("Later rows"), tr("Span")}, this))
    , m_measure(new QToolButton(this))
{
    setAccessibleName(tr("Stability of the matches"));
    m_choice->setAccessibleName(tr("Stability against"));
    m_measure->setText(tr("Measure"));
    m_measure->setAccessibleName(tr("Measure spans"));
    m_measure->setToolTip(tr("Matches the heads on spans of 50 to 1,000 tokens"));
    m_choice->hide();
    m_measure->hide();
    connect(m_choice, &SegmentedControl::chosen, this, [this](int index) { setAgainst(index == 1 ? Against::Span : Against::LaterRows); });
    connect(m_measure, &QToolButton::clicked, this, &MatchStability::spansRequested);
}

QVector<QWidget *> MatchStability::headerControls() { return {m_choice, m_measure}; }

void MatchStability::setAgainst(Against against)
{
    m_against = against;
    m_choice->setCurrent(against == Against::Span ? 1 : 0);
    dataChanged();
    invalidateBase();
    Q_EMIT headerChanged();
}

bool MatchStability::dataChanged()
{
    m_series = {};
    const PairSeries *found = pair() ? pair()->findSeries(m_against == Against::Span ? QStringLiteral("span") : QStringLiteral("window")) : nullptr;
    if (found)
        m_series = *found;
    return true;
}

std::vector<MatchStability::Line> MatchStability::lines() const
{
    std::vector<Line> all{{tr("score"), &m_series.score, 2}, {m_against == Against::Span ? tr("same as longest") : tr("still best"), &m_series.hard, 1}, {tr("of best"), &m_series.soft, 0}};
    std::erase_if(all, [this](const Line &line) { return line.values->size() != m_series.x.size() || line.values->empty(); });
    return all;
}

PlotFrame MatchStability::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body);
    frame.x.lo = m_series.x.front();
    frame.x.hi = std::max(m_series.x.back(), m_series.x.front() + 1);
    frame.xTicks = m_series.x.size() <= 8 ? m_series.x : std::vector<double>();
    std::vector<double> values;
    for (const Line &line : lines())
        values.insert(values.end(), line.values->begin(), line.values->end());
    frame.y = ChartAxis::linear(values, true);
    frame.yTitle = tr("score, share of heads");
    frame.xTitle = m_against == Against::Span ? tr("tokens of the span") : tr("first of 64 later rows, tokens");
    return frame;
}

void MatchStability::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_series.x.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    for (const Line &line : lines()) {
        const QColor color = theme.parts[static_cast<size_t>(line.color)];
        QPolygonF points;
        for (size_t i = 0; i < line.values->size(); ++i)
            if (std::isfinite((*line.values)[i]))
                points << frame.at(m_series.x[i], (*line.values)[i]);
        painter.setPen(QPen(color, 1.75));
        painter.setBrush(Qt::NoBrush);
        painter.drawPolyline(points);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        for (const QPointF &point : points)
            painter.drawEllipse(point, 3, 3);
    }
}

QVector<LegendEntry> MatchStability::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    for (const Line &line : lines()) {
        LegendEntry entry;
        entry.sample = LegendEntry::Sample::Fills;
        entry.fills = {theme.parts[static_cast<size_t>(line.color)]};
        entry.text = line.name;
        entries << entry;
    }
    return entries;
}

QString MatchStability::pointText(size_t index) const
{
    QStringList parts;
    for (const Line &line : lines())
        parts << QStringLiteral("%1 %2").arg(line.name, similarityText((*line.values)[index]));
    return tr("%1: %2").arg(format::tokens(static_cast<qint64>(m_series.x[index])), parts.join(QStringLiteral(", ")));
}

void MatchStability::mouseMoveEvent(QMouseEvent *event)
{
    if (m_series.x.empty())
        return;
    const PlotFrame frame = frameIn(bodyRect());
    const double wanted = frame.xValueAt(event->position().x());
    const auto nearest = std::min_element(m_series.x.begin(), m_series.x.end(), [wanted](double a, double b) { return std::abs(a - wanted) < std::abs(b - wanted); });
    const bool inside = frame.plot.adjusted(-4, 0, 4, 0).contains(event->position());
    QToolTip::showText(event->globalPosition().toPoint(), inside ? pointText(static_cast<size_t>(nearest - m_series.x.begin())) : QString(), this);
}

QString MatchStability::note() const { return m_series.x.empty() ? QString() : metricWord(m_series.metric); }

QString MatchStability::caption() const
{
    if (!pair() || m_series.x.empty())
        return {};
    return m_against == Against::Span ? tr("Mean best score, and share of heads whose match is that of the longest span, for matches of %1 and %2 found on spans of different length.").arg(pair()->large.name, pair()->small.name)
                                      : tr("Matches of %1 and %2, found on %3 tokens, in later rows of the text: their mean score, the share that is still the best, and the score over the best one.").arg(pair()->large.name, pair()->small.name).arg(pair()->tokens);
}

QString MatchStability::emptyReason() const
{
    if (const QString missing = missingPairReason(pair()); !missing.isEmpty())
        return missing;
    if (!m_series.x.empty())
        return {};
    return m_against == Against::Span ? tr("Spans are not measured yet. Choose Measure to match the heads on 50 to 1,000 tokens.") : tr("No later rows. The text ends with the compared tokens: compare fewer, or take a longer text.");
}

QString MatchStability::csv() const
{
    QString out = m_against == Against::Span ? QStringLiteral("span tokens") : QStringLiteral("first row");
    for (const Line &line : lines())
        out += QLatin1Char(',') + line.name;
    out += QLatin1Char('\n');
    for (size_t i = 0; i < m_series.x.size(); ++i) {
        out += QString::number(m_series.x[i]);
        for (const Line &line : lines())
            out += QLatin1Char(',') + QString::number((*line.values)[i], 'g', 9);
        out += QLatin1Char('\n');
    }
    return out;
}

QString MatchStability::describe() const { return m_series.x.empty() ? emptyReason() : pointText(m_series.x.size() - 1); }

QJsonObject MatchStability::saveState() const { return {{QStringLiteral("against"), m_against == Against::Span ? QStringLiteral("span") : QStringLiteral("rows")}}; }

void MatchStability::restoreState(const QJsonObject &state) { setAgainst(state.value(QStringLiteral("against")).toString() == QLatin1String("span") ? Against::Span : Against::LaterRows); }

} // namespace winnow
