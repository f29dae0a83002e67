#include "views/saliency_timeline.h"

#include "views/charts/line_layer.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QComboBox>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr const char *kNames[] = {"saliencyJaccard", "lostMass", "revivals"};

} // namespace

SaliencyTimeline::SaliencyTimeline(QWidget *parent)
    : PictureView(parent)
    , m_choice(new QComboBox(this))
{
    setAccessibleName(tr("Saliency step by step"));
    m_choice->addItems({tr("Jaccard"), tr("Lost mass"), tr("Revivals")});
    m_choice->setProperty("size", "header");
    m_choice->setAccessibleName(tr("Quantity"));
    m_choice->hide();
    connect(m_choice, &QComboBox::activated, this, [this](int index) { setQuantity(static_cast<Quantity>(index)); });
}

QVector<QWidget *> SaliencyTimeline::headerControls() { return {m_choice}; }

void SaliencyTimeline::setQuantity(Quantity quantity)
{
    m_quantity = quantity;
    m_choice->setCurrentIndex(static_cast<int>(quantity));
    invalidateBase();
    Q_EMIT headerChanged();
}

SaliencyTimeline::Run SaliencyTimeline::read(int letter, const QString &title, const ReportPtr &report)
{
    Run run{letter, title, report, {}, {}};
    for (const TokenScores &scores : report->tokenScores()) {
        if (scores.id != "continuation")
            continue;
        const auto tokens = static_cast<size_t>(scores.tokens);
        for (size_t i = 0; i < scores.names.size() && (i + 1) * tokens <= scores.values.size(); ++i) {
            std::vector<float> values(scores.values.begin() + static_cast<long>(i * tokens), scores.values.begin() + static_cast<long>((i + 1) * tokens));
            for (size_t quantity = 0; quantity < 3; ++quantity)
                if (scores.names[i] == kNames[quantity])
                    run.values[quantity] = values;
            if (scores.names[i] == "kl")
                run.kl = std::move(values);
        }
    }
    return run;
}

bool SaliencyTimeline::dataChanged()
{
    std::vector<Run> runs;
    for (const auto &[position, entry] : shownRuns(data())) {
        if (!entry->report)
            continue;
        const auto known = std::find_if(m_known.begin(), m_known.end(), [&entry = entry](const Run &run) { return run.report == entry->report && run.letter == entry->index; });
        Run run = known == m_known.end() ? read(entry->index, entry->title, entry->report) : *known;
        const bool any = std::any_of(std::begin(run.values), std::end(run.values), [](const auto &values) { return !values.empty(); });
        if (any || !run.kl.empty())
            runs.push_back(std::move(run));
    }
    const bool same = runs.size() == m_runs.size() && std::equal(runs.begin(), runs.end(), m_runs.begin(), [](const Run &a, const Run &b) { return a.report == b.report && a.letter == b.letter; });
    const bool sameShown = m_shown == data().current.index;
    m_shown = data().current.index;
    m_known = runs;
    m_runs = std::move(runs);
    return !same || !sameShown;
}

int SaliencyTimeline::steps() const
{
    size_t most = 0;
    for (const Run &run : m_runs)
        most = std::max({most, valuesOf(run).size(), run.kl.size()});
    return static_cast<int>(most);
}

const SaliencyTimeline::Run *SaliencyTimeline::klRun() const
{
    const auto shown = std::find_if(m_runs.begin(), m_runs.end(), [this](const Run &run) { return run.letter == m_shown && !run.kl.empty(); });
    if (shown != m_runs.end())
        return &*shown;
    const auto any = std::find_if(m_runs.begin(), m_runs.end(), [](const Run &run) { return !run.kl.empty(); });
    return any == m_runs.end() ? nullptr : &*any;
}

QString SaliencyTimeline::quantityName() const
{
    switch (m_quantity) {
    case Quantity::Jaccard: return tr("Jaccard with the full run’s tokens");
    case Quantity::LostMass: return tr("attention lost");
    case Quantity::Revivals: return tr("share of critical tokens that came back");
    }
    return {};
}

ChartAxis SaliencyTimeline::klAxis() const
{
    const Run *run = klRun();
    return ChartAxis::linear(run ? std::vector<double>(run->kl.begin(), run->kl.end()) : std::vector<double>(), true);
}

PlotFrame SaliencyTimeline::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, klRun() ? scaled(44) : 16);
    frame.x.lo = 0;
    frame.x.hi = std::max(1, steps() - 1);
    std::vector<double> values;
    for (const Run &run : m_runs)
        for (const float value : valuesOf(run))
            values.push_back(static_cast<double>(value));
    frame.y = ChartAxis::linear(values, true);
    frame.xTitle = tr("decode step");
    frame.yTitle = quantityName();
    return frame;
}

void SaliencyTimeline::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (steps() == 0)
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    QVector<charts::Line> lines;
    const auto add = [&](const std::vector<float> &values, const RunStyle &style, const ChartAxis &axis, bool dotted) {
        charts::Line line;
        line.style = style;
        line.dotted = dotted;
        for (size_t i = 0; i < values.size(); ++i)
            if (std::isfinite(values[i]))
                line.points << QPointF(frame.plot.width() * frame.x.share(static_cast<double>(i)), frame.plot.height() * (1 - axis.share(static_cast<double>(values[i]))));
        if (!line.points.isEmpty())
            lines << line;
    };
    for (const Run &run : m_runs) {
        RunStyle style = run.letter < 0 ? RunStyle{} : theme.run(run.letter);
        if (run.letter < 0)
            style.color = theme.t2;
        add(valuesOf(run), style, frame.y, false);
    }
    const Run *divergence = klRun();
    if (divergence) {
        RunStyle style;
        style.color = theme.t3;
        const ChartAxis axis = klAxis();
        add(divergence->kl, style, axis, true);
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t3);
        for (const double tick : axis.ticks(3))
            if (axis.contains(tick))
                painter.drawText(QRectF(frame.plot.right() + 6, frame.plot.bottom() - frame.plot.height() * axis.share(tick) - 8, scaled(40), 16), Qt::AlignLeft | Qt::AlignVCenter, format::tick(tick));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(body.left(), body.top() + 2, body.width() - 14, 14), Qt::AlignRight | Qt::AlignVCenter,
            divergence->letter < 0 ? tr("KL, nats (dotted)") : tr("KL of %1, nats (dotted)").arg(runLetter(divergence->letter)));
    }
    charts::paintLines(painter, frame.plot, lines, theme);
}

void SaliencyTimeline::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int step = selection().step;
    if (step < 0 || step >= steps())
        return;
    const PlotFrame frame = frameIn(body);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(frame.xAt(step), frame.plot.top()), QPointF(frame.xAt(step), frame.plot.bottom()));
}

int SaliencyTimeline::stepAt(const QPointF &point) const
{
    if (steps() == 0)
        return -1;
    const PlotFrame frame = frameIn(bodyRect());
    return frame.plot.adjusted(-4, -4, 4, 4).contains(point) ? static_cast<int>(std::lround(frame.xValueAt(point.x()))) : -1;
}

void SaliencyTimeline::go(int step)
{
    Selection next = selection();
    next.step = std::clamp(step, -1, steps() - 1);
    Q_EMIT selectionRequested(next);
}

QString SaliencyTimeline::stepText(int step) const
{
    QStringList parts;
    for (const Run &run : m_runs) {
        const std::vector<float> &values = valuesOf(run);
        if (step >= 0 && static_cast<size_t>(step) < values.size())
            parts << QStringLiteral("%1 %2").arg(run.letter < 0 ? tr("now") : runLetter(run.letter), format::decimals(static_cast<double>(values[static_cast<size_t>(step)]), 3));
    }
    const Run *divergence = klRun();
    if (divergence && step >= 0 && static_cast<size_t>(step) < divergence->kl.size())
        parts << tr("KL %1").arg(format::decimals(static_cast<double>(divergence->kl[static_cast<size_t>(step)]), 3));
    return tr("Step %1: %2").arg(step + 1).arg(parts.join(QStringLiteral(", ")));
}

void SaliencyTimeline::mouseMoveEvent(QMouseEvent *event)
{
    const int step = stepAt(event->position());
    QToolTip::showText(event->globalPosition().toPoint(), step < 0 ? QString() : stepText(step), this);
}

void SaliencyTimeline::mousePressEvent(QMouseEvent *event)
{
    const int step = stepAt(event->position());
    if (event->button() == Qt::LeftButton && step >= 0)
        go(step);
}

void SaliencyTimeline::keyPressEvent(QKeyEvent *event)
{
    if (steps() == 0)
        return PictureView::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left: return go(selection().step - 1);
    case Qt::Key_Right: return go(selection().step + 1);
    case Qt::Key_Home: return go(0);
    case Qt::Key_End: return go(steps() - 1);
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

QVector<LegendEntry> SaliencyTimeline::legend(const Theme &theme) const
{
    QVector<LegendEntry> entries;
    for (const Run &run : m_runs) {
        if (valuesOf(run).empty() || run.letter < 0)
            continue;
        LegendEntry entry;
        entry.sample = LegendEntry::Sample::Run;
        entry.run = theme.run(run.letter);
        entry.text = QStringLiteral("%1 %2").arg(runLetter(run.letter), run.title);
        entries << entry;
    }
    return entries;
}

QString SaliencyTimeline::note() const { return steps() == 0 ? QString() : tr("%1 steps").arg(format::integer(steps())); }

QString SaliencyTimeline::caption() const
{
    return tr("Step by step while decoding: %1 of each run, mean over layers and heads; dotted, on the right axis: KL against the full cache.").arg(quantityName());
}

QString SaliencyTimeline::emptyReason() const
{
    const bool any = std::any_of(m_runs.begin(), m_runs.end(), [this](const Run &run) { return !valuesOf(run).empty(); });
    if (any)
        return {};
    return m_quantity == Quantity::Revivals ? tr("No token comes back. Measure a run of a method whose classes change at every step, as SmallKV’s do.") : tr("Nothing measured yet. Measure a pinned run to see it step by step.");
}

QString SaliencyTimeline::csv() const
{
    QString out = QStringLiteral("step,run,%1,kl nats\n").arg(QLatin1String(kNames[static_cast<size_t>(m_quantity)]));
    for (const Run &run : m_runs) {
        const std::vector<float> &values = valuesOf(run);
        for (size_t i = 0; i < std::max(values.size(), run.kl.size()); ++i) {
            const auto number = [i](const std::vector<float> &from) { return i < from.size() && std::isfinite(from[i]) ? QString::number(static_cast<double>(from[i]), 'g', 9) : QString(); };
            out += QStringLiteral("%1,%2,%3,%4\n").arg(i).arg(run.letter < 0 ? QStringLiteral("preview") : runLetter(run.letter), number(values), number(run.kl));
        }
    }
    return out;
}

QString SaliencyTimeline::describe() const { return selection().step >= 0 && selection().step < steps() ? stepText(selection().step) : tr("Arrow keys move the decode step."); }

QJsonObject SaliencyTimeline::saveState() const { return {{QStringLiteral("quantity"), static_cast<int>(m_quantity)}}; }

void SaliencyTimeline::restoreState(const QJsonObject &state) { setQuantity(static_cast<Quantity>(std::clamp(state.value(QStringLiteral("quantity")).toInt(static_cast<int>(m_quantity)), 0, 2))); }

} // namespace winnow
