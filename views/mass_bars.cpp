#include "views/mass_bars.h"

#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/ticks.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <QAction>
#include <QActionGroup>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr const char *kColumns[MassBars::kParts] = {"critical", "recent", "marginal", "lost", "keptRescaled", "marginalRescaled"};

/// [layers, heads, kParts] of the table of served heads; empty when the report has none with masses.
std::vector<double> massesIn(const Report &report, int layers, int heads)
{
    for (const TableArtifact &table : report.tables()) {
        if (table.id != "guidedHeads" || !table.rows.is_array())
            continue;
        const auto columnOf = [&](const char *name) { return std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin(); };
        const auto width = static_cast<long>(table.columns.size());
        std::vector<double> masses(static_cast<size_t>(layers * heads * MassBars::kParts), std::nan(""));
        for (const Json &row : table.rows) {
            if (!row.is_array() || static_cast<long>(row.size()) != width || columnOf("layer") == width || columnOf("head") == width)
                return {};
            const auto number = [&](const char *name) {
                const auto at = columnOf(name);
                return at < width && row[static_cast<size_t>(at)].is_number() ? row[static_cast<size_t>(at)].get<double>() : std::nan("");
            };
            const double layer = number("layer"), head = number("head");
            if (!(layer >= 0 && layer < layers && head >= 0 && head < heads) || columnOf(kColumns[0]) == width)
                return {};
            for (int part = 0; part < MassBars::kParts; ++part)
                masses[static_cast<size_t>((static_cast<int>(layer) * heads + static_cast<int>(head)) * MassBars::kParts + part)] = number(kColumns[part]);
        }
        return masses;
    }
    return {};
}

} // namespace

MassBars::MassBars(QWidget *parent)
    : PictureView(parent)
    , m_byLayer(new QAction(tr("Mean of Each Layer"), this))
    , m_byHead(new QAction(tr("Heads of the Marked Layer"), this))
{
    setAccessibleName(tr("Attention mass before and after rescaling"));
    auto *scopes = new QActionGroup(this);
    for (QAction *action : {m_byLayer, m_byHead}) {
        action->setCheckable(true);
        scopes->addAction(action);
        addAction(action);
    }
    m_byLayer->setChecked(true);
    connect(m_byLayer, &QAction::triggered, this, [this] { setScope(Scope::Layers); });
    connect(m_byHead, &QAction::triggered, this, [this] { setScope(Scope::Heads); });
}

bool MassBars::dataChanged()
{
    const ReportPtr &report = data().current.report;
    if (report == m_of)
        return false;
    m_of = report;
    m_mass.clear();
    if (!report)
        return true;
    m_layers = static_cast<int>(integerField(report->model(), "layers"));
    m_heads = static_cast<int>(integerField(report->model(), "heads"));
    m_kvHeads = std::max(1, static_cast<int>(integerField(report->model(), "kvHeads", 1)));
    if (m_layers > 0 && m_heads > 0)
        m_mass = massesIn(*report, m_layers, m_heads);
    m_layer = std::clamp(m_layer, 0, std::max(0, m_layers - 1));
    return true;
}

bool MassBars::followSelection(const Selection &)
{
    const int layer = selection().layer;
    if (layer < 0 || layer >= m_layers || layer == m_layer)
        return false;
    m_layer = layer;
    if (m_segments)
        m_segments->setLabels({tr("Layers"), tr("Layer %1").arg(m_layer)});
    return m_scope == Scope::Heads;
}

QVector<QWidget *> MassBars::headerControls()
{
    if (!m_segments) {
        m_segments = new SegmentedControl({tr("Layers"), tr("Layer %1").arg(m_layer)}, this);
        m_segments->setCurrent(static_cast<int>(m_scope));
        m_segments->setProperty("optional", true); // the header shows it when it has room; the menu has both
        connect(m_segments, &SegmentedControl::chosen, this, [this](int index) { setScope(static_cast<Scope>(index)); });
    }
    return {m_segments};
}

void MassBars::setScope(Scope scope)
{
    m_scope = scope;
    (scope == Scope::Layers ? m_byLayer : m_byHead)->setChecked(true);
    if (m_segments)
        m_segments->setCurrent(static_cast<int>(scope));
    invalidateBase();
    Q_EMIT headerChanged();
}

int MassBars::columns() const { return m_mass.empty() ? 0 : m_scope == Scope::Layers ? m_layers : m_heads; }

double MassBars::mass(int column, Part part) const
{
    const auto of = [&](int layer, int head) { return m_mass[static_cast<size_t>((layer * m_heads + head) * kParts + part)]; };
    if (m_scope == Scope::Heads)
        return of(m_layer, column);
    double sum = 0;
    for (int head = 0; head < m_heads; ++head)
        sum += of(column, head);
    return sum / m_heads;
}

PlotFrame MassBars::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body);
    frame.x.lo = -0.5;
    frame.x.hi = std::max(1, columns()) - 0.5;
    for (const int tick : indexTicks(0, std::max(1, columns()) - 1, std::clamp(static_cast<int>(frame.plot.width() / scaled(48)), 1, 7)))
        frame.xTicks.push_back(tick);
    double most = 1;
    for (int column = 0; column < columns(); ++column)
        for (const double total : {mass(column, Critical) + mass(column, Recent) + mass(column, Marginal), mass(column, KeptAfter) + mass(column, MarginalAfter)})
            most = std::max(most, std::isfinite(total) ? total : 0);
    frame.y.lo = 0;
    frame.y.hi = 1.05 * most; // the rows sum to 1: round ends would halve the bars
    frame.xTitle = m_scope == Scope::Layers ? tr("layer") : tr("head of layer %1").arg(m_layer);
    frame.yTitle = tr("attention of a step: left before, right after rescaling");
    return frame;
}

void MassBars::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_mass.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    const double width = step(frame), bar = std::clamp(width * 0.4, 1.0, 18.0), gap = width > 8 ? 1 : 0;
    for (int column = 0; column < columns(); ++column) {
        const double middle = frame.xAt(column);
        const auto stack = [&](double left, std::initializer_list<std::pair<Part, const ClassStyle *>> parts) {
            double from = 0;
            for (const auto &[part, style] : parts) {
                const double value = mass(column, part);
                if (!std::isfinite(value) || value <= 0)
                    continue;
                const QRectF box(QPointF(left, frame.yAt(from + value)), QPointF(left + bar - gap, frame.yAt(from)));
                painter.fillRect(box, style->fill);
                if (style->cue != ClassStyle::Cue::None && box.height() > 3) // a second cue beside the colour
                    painter.fillRect(QRectF(box.left(), box.top(), box.width(), 1.5), style->line);
                from += value;
            }
        };
        stack(middle - bar, {{Critical, &theme.kept}, {Recent, &theme.window}, {Marginal, &theme.marginal}});
        stack(middle + gap, {{KeptAfter, &theme.kept}, {MarginalAfter, &theme.marginal}});
        const double lost = mass(column, Lost);
        if (std::isfinite(lost)) {
            painter.setPen(QPen(theme.worse, 1.5));
            painter.drawLine(QPointF(middle - bar, frame.yAt(lost)), QPointF(middle + bar, frame.yAt(lost)));
        }
    }
    painter.setPen(QPen(theme.t3, 1, Qt::DashLine)); // what rows of attention sum to
    painter.drawLine(QPointF(frame.plot.left(), frame.yAt(1)), QPointF(frame.plot.right(), frame.yAt(1)));
}

int MassBars::markedColumn() const
{
    if (m_mass.empty() || selection().layer < 0)
        return -1;
    if (m_scope == Scope::Layers)
        return selection().layer < m_layers ? selection().layer : -1;
    return selection().layer == m_layer && selection().head >= 0 ? selection().head * (m_heads / m_kvHeads) : -1;
}

void MassBars::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int column = markedColumn();
    if (column < 0 || column >= columns())
        return;
    const PlotFrame frame = frameIn(body);
    const int wide = m_scope == Scope::Heads ? std::max(1, m_heads / m_kvHeads) : 1; // heads that share keys
    painter.setPen(QPen(theme.mark, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(QPointF(frame.xAt(column - 0.5), frame.plot.top()), QPointF(frame.xAt(column + wide - 0.5), frame.plot.bottom())));
}

int MassBars::columnAt(const QPointF &point) const
{
    if (m_mass.empty())
        return -1;
    const PlotFrame frame = frameIn(bodyRect());
    return frame.plot.contains(point) ? std::clamp(static_cast<int>(std::floor((point.x() - frame.plot.left()) / step(frame))), 0, columns() - 1) : -1;
}

void MassBars::mark(int column)
{
    Selection next = selection();
    if (m_scope == Scope::Layers) {
        next.layer = column;
    } else {
        next.layer = m_layer;
        next.head = column / std::max(1, m_heads / m_kvHeads);
    }
    request(next, Gesture::Click);
}

QString MassBars::columnText(int column) const
{
    const auto text = [&](Part part) { return format::decimals(mass(column, part), 3); };
    const QString name = m_scope == Scope::Layers ? tr("Layer %1").arg(column) : tr("Head %1").arg(format::headAddress(m_layer, column));
    return tr("%1: critical %2, recent %3, marginal %4; after rescaling kept %5, marginal %6; lost %7").arg(name, text(Critical), text(Recent), text(Marginal), text(KeptAfter), text(MarginalAfter), text(Lost));
}

void MassBars::mouseMoveEvent(QMouseEvent *event)
{
    const int column = columnAt(event->position());
    QToolTip::showText(event->globalPosition().toPoint(), column < 0 ? QString() : columnText(column), this);
}

void MassBars::mousePressEvent(QMouseEvent *event)
{
    const int column = columnAt(event->position());
    if (event->button() == Qt::LeftButton && column >= 0)
        mark(column);
}

void MassBars::keyPressEvent(QKeyEvent *event)
{
    if (m_mass.empty())
        return PictureView::keyPressEvent(event);
    const int column = markedColumn(), last = columns() - 1;
    const int stride = m_scope == Scope::Heads ? std::max(1, m_heads / m_kvHeads) : 1;
    switch (event->key()) {
    case Qt::Key_Left: return mark(std::max(0, column - stride));
    case Qt::Key_Right: return mark(column < 0 ? 0 : std::min(last, column + stride));
    case Qt::Key_Home: return mark(0);
    case Qt::Key_End: return mark(last);
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

QString MassBars::note() const
{
    if (m_mass.empty())
        return {};
    return m_scope == Scope::Layers ? tr("mean of heads and steps") : tr("heads of layer %1, mean over steps").arg(m_layer);
}

QVector<LegendEntry> MassBars::legend(const Theme &theme) const
{
    if (m_mass.empty())
        return {};
    QVector<LegendEntry> entries;
    for (const auto &[name, style] : {std::pair(tr("critical, kept"), theme.kept), std::pair(tr("recent"), theme.window), std::pair(tr("marginal"), theme.marginal)})
        entries.push_back({LegendEntry::Sample::Class, {}, style, {}, name, {}});
    entries.push_back({LegendEntry::Sample::Fills, {theme.worse}, {}, {}, tr("lost"), {}});
    return entries;
}

QString MassBars::caption() const
{
    return tr("Attention of %1 at %2, %3: critical and recent tokens by the large model, marginal ones by the small model’s rows, before and after rescaling; lost: what the full cache gives to tokens that left.").arg(data().current.title, data().current.budget, note());
}

QString MassBars::emptyReason() const
{
    if (!m_mass.empty())
        return {};
    return tr("No masses yet. Measure a run of SmallKV to see them before and after rescaling.");
}

QString MassBars::csv() const
{
    QString out = QStringLiteral("layer,head");
    for (const char *name : kColumns)
        out += QLatin1Char(',') + QLatin1String(name);
    out += QLatin1Char('\n');
    for (size_t i = 0; i + kParts <= m_mass.size(); i += kParts) {
        const auto flat = static_cast<int>(i / kParts);
        out += QStringLiteral("%1,%2").arg(flat / m_heads).arg(flat % m_heads);
        for (size_t part = 0; part < kParts; ++part)
            out += QLatin1Char(',') + (std::isfinite(m_mass[i + part]) ? QString::number(m_mass[i + part], 'g', 9) : QString());
        out += QLatin1Char('\n');
    }
    return out;
}

QString MassBars::describe() const
{
    const int column = markedColumn();
    return column >= 0 && column < columns() ? columnText(column) : tr("Nothing marked. Arrow keys move through the columns.");
}

QJsonObject MassBars::saveState() const { return {{QStringLiteral("scope"), static_cast<int>(m_scope)}}; }

void MassBars::restoreState(const QJsonObject &state) { setScope(state.value(QStringLiteral("scope")).toInt() == 1 ? Scope::Heads : Scope::Layers); }

} // namespace winnow
