#include "views/prompt_quality.h"

#include "views/charts/line_layer.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QAction>
#include <QActionGroup>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {

namespace {

constexpr double kReach = 14; // pixels from a point that still mean it
constexpr std::array kNames{"deltaNll", "kl", "answerSurvival", "numberSurvival", "keptInformation"};

QString measureTitle(PromptQuality::Y y)
{
    switch (y) {
    case PromptQuality::Y::DeltaNll: return PromptQuality::tr("ΔNLL of the answer, nats/token");
    case PromptQuality::Y::Kl: return PromptQuality::tr("KL against the full prompt, nats");
    case PromptQuality::Y::AnswerSurvival: return PromptQuality::tr("answers that survive, share");
    case PromptQuality::Y::NumberSurvival: return PromptQuality::tr("numbers that survive, share");
    case PromptQuality::Y::KeptInformation: return PromptQuality::tr("information kept, share");
    }
    return {};
}

QFont letterFont()
{
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(QFont::Bold);
    return font;
}

} // namespace

PromptQuality::PromptQuality(QWidget *parent)
    : PictureView(parent)
    , m_group(new QActionGroup(this))
{
    setAccessibleName(tr("Quality against achieved rate"));
    for (size_t i = 0; i < kNames.size(); ++i) {
        auto *action = new QAction(measureTitle(static_cast<Y>(i)), m_group);
        action->setCheckable(true);
        action->setChecked(i == 0);
        connect(action, &QAction::triggered, this, [this, i] { setY(static_cast<Y>(i)); });
        addAction(action);
    }
}

std::vector<PromptQuality::Line> PromptQuality::linesOf(Y y) const
{
    std::vector<Line> lines;
    const auto at = [](const std::vector<double> &values, size_t i) { return i < values.size() ? values[i] : std::nan(""); };
    for (size_t c = 0; c < data().curves.size(); ++c) {
        const Curve &curve = data().curves[c];
        if (curve.xName != "achievedRate" || curve.yName != kNames[static_cast<size_t>(y)])
            continue;
        Line line;
        line.name = QString::fromStdString(curve.title);
        for (size_t r = 0; r < data().runs.size(); ++r)
            if (runLetter(data().runs[r].index).toStdString() == curve.method) {
                line.run = static_cast<int>(r);
                line.letter = data().runs[r].index;
            }
        for (size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
            Point p{curve.x[i] * 100, curve.y[i], at(curve.low, i), at(curve.high, i), false, i < curve.forecast.size() && curve.forecast[i] != 0, c < data().unmatched.size() && i < data().unmatched[c].size() && data().unmatched[c][i] != 0, {}};
            p.band = std::isfinite(p.low) && std::isfinite(p.high) && !p.forecast;
            p.budget = i < curve.budgets.size() ? format::budget(QString::fromStdString(curve.budgets[i])) : QString();
            if (std::isfinite(p.x) && std::isfinite(p.y))
                line.points.push_back(p);
        }
        std::stable_sort(line.points.begin(), line.points.end(), [](const Point &a, const Point &b) { return a.x < b.x; });
        if (!line.points.empty() && line.letter >= 0)
            lines.push_back(std::move(line));
    }
    return lines;
}

PromptQuality::Y PromptQuality::shownY() const
{
    const auto measured = [this](Y y) {
        return std::any_of(data().curves.begin(), data().curves.end(), [&](const Curve &curve) { return curve.xName == "achievedRate" && curve.yName == kNames[static_cast<size_t>(y)] && !curve.x.empty(); });
    };
    if (measured(m_y))
        return m_y;
    for (size_t i = 0; i < kNames.size(); ++i)
        if (measured(static_cast<Y>(i)))
            return static_cast<Y>(i);
    return m_y;
}

bool PromptQuality::dataChanged()
{
    m_lines = linesOf(shownY());
    m_hover = {};
    return true;
}

void PromptQuality::setY(Y y)
{
    m_y = y;
    m_group->actions()[static_cast<int>(y)]->setChecked(true);
    m_lines = linesOf(shownY());
    m_hover = {};
    invalidateBase();
    Q_EMIT headerChanged();
}

PlotFrame PromptQuality::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, 24);
    std::vector<double> ys{0};
    double lowest = 100;
    for (const Line &line : m_lines)
        for (const Point &p : line.points) {
            lowest = std::min(lowest, p.x);
            ys.push_back(p.y);
            if (p.band)
                ys.push_back(p.high);
        }
    frame.x.lo = std::max(0.0, std::min(80.0, std::floor((lowest - 2) / 10) * 10));
    frame.x.hi = 100;
    frame.y = ChartAxis::linear(ys, true);
    frame.xUnit = QStringLiteral(" %");
    const double step = frame.plot.width() < scaled(170) ? 40 : 20;
    for (double tick = 100; tick >= frame.x.lo - 1e-9; tick -= step)
        frame.xTicks.insert(frame.xTicks.begin(), tick);
    frame.yTitle = measureTitle(shownY());
    frame.xTitle = tr("achieved rate, share of tokens kept");
    return frame;
}

void PromptQuality::paintPoints(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    for (const Line &line : m_lines)
        for (const Point &p : line.points) {
            const QPointF at = frame.at(p.x, p.y);
            if (p.unmatched)
                paintHatching(painter, QRectF(at.x() - 9, at.y() - 9, 18, 18), theme.run(line.letter).color);
            paintMarker(painter, at, theme.run(line.letter), p.forecast || theme.run(line.letter).hollow, theme.surface, 8);
        }
}

double PromptQuality::labelCost(const PlotFrame &frame, const QRectF &box, const std::vector<QRectF> &taken) const
{
    double cost = frame.plot.adjusted(2, -12, 14, -2).contains(box) ? 0 : 200;
    for (const QRectF &other : taken)
        cost += other.adjusted(-4, -1, 4, 1).intersects(box) ? 150 : 0;
    for (const Line &line : m_lines)
        for (size_t k = 0; k < line.points.size(); ++k) {
            const QPointF here = frame.at(line.points[k].x, line.points[k].y);
            cost += box.adjusted(-6, -5, 6, 5).contains(here) ? 40 : 0;
            if (k == 0)
                continue;
            const QPointF before = frame.at(line.points[k - 1].x, line.points[k - 1].y);
            for (int i = 0; i <= 16; ++i)
                cost += box.contains(before + (here - before) * (i / 16.0)) ? 3 : 0;
        }
    return cost;
}

void PromptQuality::paintLabels(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    if (m_lines.size() > 4)
        return; // the header's legend names them
    std::vector<QRectF> taken;
    const double height = QFontMetricsF(typeFont(TypeRole::Axis)).height();
    for (const Line &line : m_lines) {
        const double letter = QFontMetricsF(letterFont()).horizontalAdvance(runLetter(line.letter)) + 6;
        const double width = letter + QFontMetricsF(typeFont(TypeRole::Axis)).horizontalAdvance(line.name);
        double best = 1e300;
        QRectF box;
        for (const Point &p : line.points) {
            const QPointF at = frame.at(p.x, p.y);
            for (const QPointF &corner : {QPointF(at.x() + 10, at.y() - height - 3), QPointF(at.x() - width - 10, at.y() + 2), QPointF(at.x() + 10, at.y() + 4), QPointF(at.x() - width - 10, at.y() - height - 2), QPointF(at.x() - width / 2, at.y() - height - 8)}) {
                const QRectF candidate(corner, QSizeF(width, height));
                if (const double cost = labelCost(frame, candidate, taken); cost < best) {
                    best = cost;
                    box = candidate;
                }
            }
        }
        taken.push_back(box);
        painter.setFont(letterFont());
        painter.setPen(theme.run(line.letter).color);
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, runLetter(line.letter));
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t1);
        painter.drawText(box.adjusted(letter, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, line.name);
    }
}

void PromptQuality::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_lines.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    QVector<charts::Line> layers;
    const auto local = [&](double x, double y) { return frame.at(x, y) - frame.plot.topLeft(); };
    for (const Line &line : m_lines) {
        charts::Line measured{theme.run(line.letter), {}, {}, {}, false};
        for (size_t i = 0; i < line.points.size(); ++i) {
            const Point &p = line.points[i];
            if (i > 0 && (p.forecast || line.points[i - 1].forecast))
                layers << charts::Line{theme.run(line.letter), {local(line.points[i - 1].x, line.points[i - 1].y), local(p.x, p.y)}, {}, {}, true};
            if (p.forecast)
                continue;
            measured.points << local(p.x, p.y);
            if (p.band) {
                measured.low << local(p.x, p.low);
                measured.high << local(p.x, p.high);
            }
        }
        if (measured.low.size() != measured.points.size()) {
            measured.low.clear();
            measured.high.clear();
        }
        layers << measured;
    }
    charts::paintLines(painter, frame.plot, layers, theme);
    paintPoints(painter, frame, theme);
    paintLabels(painter, frame, theme);
}

PromptQuality::Hit PromptQuality::markedPoint() const
{
    if (m_hover.line >= 0)
        return m_hover;
    const int run = markedRun();
    if (run < 0 || run >= static_cast<int>(data().runs.size()))
        return {};
    const QString budget = data().runs[static_cast<size_t>(run)].budget;
    for (size_t l = 0; l < m_lines.size(); ++l)
        for (size_t i = 0; i < m_lines[l].points.size() && m_lines[l].run == run; ++i)
            if (m_lines[l].points[i].budget == budget)
                return {static_cast<int>(l), static_cast<int>(i)};
    return {};
}

void PromptQuality::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Hit hit = markedPoint();
    if (hit.line < 0 || m_lines.empty())
        return;
    const PlotFrame frame = frameIn(body);
    const Point &p = m_lines[static_cast<size_t>(hit.line)].points[static_cast<size_t>(hit.point)];
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawEllipse(frame.at(p.x, p.y), 8, 8);
}

PromptQuality::Hit PromptQuality::pointAt(const QPointF &position) const
{
    const PlotFrame frame = frameIn(bodyRect());
    Hit best;
    double nearest = kReach * kReach;
    for (size_t l = 0; l < m_lines.size(); ++l)
        for (size_t i = 0; i < m_lines[l].points.size(); ++i) {
            const QPointF d = frame.at(m_lines[l].points[i].x, m_lines[l].points[i].y) - position;
            if (const double distance = QPointF::dotProduct(d, d); distance < nearest) {
                nearest = distance;
                best = {static_cast<int>(l), static_cast<int>(i)};
            }
        }
    return best;
}

QPointF PromptQuality::pointPosition(const Hit &hit) const
{
    const Point &p = m_lines.at(static_cast<size_t>(hit.line)).points.at(static_cast<size_t>(hit.point));
    return frameIn(bodyRect()).at(p.x, p.y);
}

QString PromptQuality::yText(double y) const
{
    switch (shownY()) {
    case Y::DeltaNll: return format::signedDecimals(y, 4);
    case Y::Kl: return format::decimals(y, 3);
    default: return format::percent(y, 1);
    }
}

QString PromptQuality::sentence(const Hit &hit) const
{
    const Line &line = m_lines[static_cast<size_t>(hit.line)];
    const Point &p = line.points[static_cast<size_t>(hit.point)];
    QString text = tr("%1 %2, asked %3, kept %4: %5").arg(runLetter(line.letter), line.name, p.budget, format::percent(p.x / 100, 1), yText(p.y));
    if (p.unmatched)
        text += tr(", no rate of the method gives the asked length");
    if (p.forecast)
        text += tr(", forecast");
    else if (p.band)
        text += tr(", %1 to %2 over the seeds").arg(yText(p.low), yText(p.high));
    return text;
}

QVector<LegendEntry> PromptQuality::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    if (m_lines.size() > 4)
        for (const Line &line : m_lines)
            entries.push_back({LegendEntry::Sample::Run, {}, {}, theme.run(line.letter), QStringLiteral("%1 %2").arg(runLetter(line.letter), line.name), {}});
    return entries;
}

QString PromptQuality::emptyReason() const { return m_lines.empty() ? tr("Nothing is measured yet. Run (Ctrl+R) measures this setting, Sweep… measures several rates and methods.") : QString(); }

QString PromptQuality::caption() const { return tr("%1 against the achieved rate. Filled markers are measured, hollow ones forecast, hatched ones have another length than was asked; bands span the seeds of random deletion.").arg(measureTitle(shownY())); }

QString PromptQuality::csv() const
{
    QString out = QStringLiteral("run,method,asked,achieved rate,%1,low,high,forecast,matched\n").arg(QLatin1String(kNames[static_cast<size_t>(shownY())]));
    for (const Line &line : m_lines)
        for (const Point &p : line.points)
            out += QStringLiteral("%1,\"%2\",%3,%4,%5,%6,%7,%8,%9\n")
                       .arg(runLetter(line.letter), line.name, p.budget, QString::number(p.x / 100, 'g', 9), QString::number(p.y, 'g', 9), p.band ? QString::number(p.low, 'g', 9) : QString(),
                           p.band ? QString::number(p.high, 'g', 9) : QString(), p.forecast ? QStringLiteral("yes") : QStringLiteral("no"), p.unmatched ? QStringLiteral("no") : QStringLiteral("yes"));
    return out;
}

QString PromptQuality::describe() const
{
    const Hit hit = markedPoint();
    return hit.line < 0 || m_lines.empty() ? tr("%1 lines. Arrow keys move from point to point.").arg(m_lines.size()) : sentence(hit);
}

QJsonObject PromptQuality::saveState() const { return {{QStringLiteral("y"), QLatin1String(kNames[static_cast<size_t>(m_y)])}}; }

void PromptQuality::restoreState(const QJsonObject &state)
{
    const QString name = state.value(QStringLiteral("y")).toString();
    for (size_t i = 0; i < kNames.size(); ++i)
        if (name == QLatin1String(kNames[i]))
            setY(static_cast<Y>(i));
}

} // namespace winnow
