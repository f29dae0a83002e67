#include "views/pair_memory.h"

#include "views/format.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {

namespace {

constexpr double kBarRow = 26, kFactRow = 19, kPad = 14, kLeastChart = 96, kBeside = 480;
constexpr double kStretch = 3; // a part this much larger than all the others leaves the bar

struct Unit {
    double bytes;
    const char *name;
};

Unit unitOf(double most)
{
    constexpr std::array<Unit, 3> kUnits{{{1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024.0, "KiB"}}};
    for (const Unit &unit : kUnits)
        if (most >= unit.bytes)
            return unit;
    return kUnits.back();
}

QString flopText(double flop)
{
    return flop >= 1e9 ? QStringLiteral("%1 GFLOP").arg(format::decimals(flop / 1e9, 3)) : QStringLiteral("%1 MFLOP").arg(format::shortNumber(flop / 1e6));
}

} // namespace

PairMemory::PairMemory(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Memory of both models"));
}

bool PairMemory::dataChanged()
{
    m_costs = pairCosts(data().current);
    if (!m_costs && data().pair)
        m_costs = pairCosts(*data().pair);
    return true;
}

std::vector<PairMemory::Part> PairMemory::parts(bool full) const
{
    if (!m_costs)
        return {};
    if (full)
        return {{tr("keys"), m_costs->full / 2, 0}, {tr("values"), m_costs->full / 2, 1}};
    std::vector<Part> all;
    if (m_costs->keys >= 0) {
        const double rest = m_costs->stored - m_costs->keys - m_costs->values; // positions, masks
        all = {{tr("keys"), m_costs->keys, 0}, {tr("values"), m_costs->values + std::max(0.0, rest), 1}};
    } else {
        all = {{tr("keys and values"), m_costs->stored, 0}};
    }
    all.push_back({tr("small model’s cache"), m_costs->smallCache, 2});
    all.push_back({tr("small model’s weights"), m_costs->smallWeights, 3});
    if (m_costs->host > 0)
        all.push_back({tr("held on the host"), m_costs->host, -1});
    return all;
}

std::vector<PairMemory::Fact> PairMemory::facts() const
{
    std::vector<Fact> rows;
    if (m_costs->hasFlop()) {
        rows.emplace_back(tr("Work skipped, computed"), flopText(m_costs->skippedFlop));
        rows.emplace_back(tr("Work added"), flopText(m_costs->addedFlop));
        rows.emplace_back(tr("Net work"), (m_costs->netFlop() < 0 ? QStringLiteral("+") : QStringLiteral("−")) + flopText(std::abs(m_costs->netFlop())));
    }
    const QString ms = tr("%1 ms, full cache %2 ms");
    const auto shown = [](double value) { return value >= 0 ? format::decimals(value, 1) : QStringLiteral("–"); };
    rows.emplace_back(tr("Time of a token"), m_costs->ms >= 0 ? ms.arg(shown(m_costs->ms), shown(m_costs->fullMs)) : tr("not measured"));
    return rows;
}

PairMemory::Areas PairMemory::areasIn(const QRectF &body) const
{
    const double bars = scaled(2 * kBarRow + 6), rows = scaled(kFactRow) * static_cast<double>(parts(false).size() + facts().size());
    const bool beside = body.width() >= scaled(kBeside);
    const double left = beside ? std::max(scaled(250), body.width() * 0.42) : body.width();
    Areas areas;
    areas.bars = QRectF(body.left() + kPad, body.top() + 4, left - 2 * kPad, bars);
    areas.facts = QRectF(areas.bars.left(), areas.bars.bottom() + 4, areas.bars.width(), rows);
    areas.chart = beside ? QRectF(body.left() + left, body.top(), body.width() - left, body.height())
                         : QRectF(body.left(), areas.facts.bottom() + 8, body.width(), body.bottom() - areas.facts.bottom() - 8);
    if (areas.chart.height() < scaled(kLeastChart)) { // no room for the chart: its sentence stands above the facts
        areas.chart = QRectF(body.left(), areas.bars.bottom(), body.width(), scaled(kFactRow));
        areas.facts.moveTop(areas.chart.bottom());
    }
    // Where the height is short the rows move together.
    areas.facts.setBottom(std::max(areas.facts.top() + rows * 0.75, std::min(areas.facts.bottom(), body.bottom() - 2)));
    return areas;
}

double PairMemory::figureHeight(double width) const
{
    if (!m_costs)
        return 0;
    const Areas areas = areasIn(QRectF(0, 0, width, 4000));
    return figureHeadHeight() + (width >= scaled(kBeside) ? std::max(areas.facts.bottom(), scaled(240)) : areas.facts.bottom() + scaled(230)) + 12;
}

void PairMemory::paintBars(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    const QString names[] = {tr("Full cache"), m_costs->computed ? tr("This plan") : tr("This run")};
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF metrics(painter.font());
    const double left = area.left() + std::max(metrics.horizontalAdvance(names[0]), metrics.horizontalAdvance(names[1])) + 10;
    double total = 0;
    for (const Part &part : parts(false))
        total += part.bytes > kStretch * m_costs->full ? 0.2 * m_costs->full : part.bytes;
    const double scale = std::max(m_costs->full, total);
    const double perByte = std::max(10.0, area.right() - left) / std::max(1.0, scale);
    for (int row = 0; row < 2; ++row) {
        const double top = area.top() + row * scaled(kBarRow);
        const QRectF line(left, top + scaled(5), area.right() - left, scaled(kBarRow) - scaled(10));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(area.left(), top, left - area.left(), scaled(kBarRow)), Qt::AlignLeft | Qt::AlignVCenter, names[row]);
        double x = line.left();
        for (const Part &part : parts(row == 0)) {
            const double width = part.bytes * perByte;
            const QRectF box(x, line.top(), std::min(width, line.right() - x), line.height());
            if (part.color < 0) {
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(theme.t3, 1, Qt::DotLine));
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
            } else {
                painter.fillRect(box, theme.parts[static_cast<size_t>(part.color)]);
            }
            if (x + width > line.right() + 1) { // it leaves the bar: a triangle at the edge
                painter.setPen(Qt::NoPen);
                painter.setBrush(theme.t1);
                const QPointF tip(line.right() - 2, line.center().y());
                painter.drawPolygon(QPolygonF({tip, tip + QPointF(-6, -4), tip + QPointF(-6, 4)}));
                break;
            }
            x += width;
        }
    }
}

void PairMemory::paintFacts(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    double top = area.top();
    const double height = area.height() / static_cast<double>(parts(false).size() + facts().size());
    const auto row = [&](const QString &name, const QString &value, double indent) {
        painter.setFont(typeFont(TypeRole::Label));
        const double width = tabularWidth(painter.font(), value);
        const QRectF names(area.left() + indent, top, std::max(20.0, area.width() - indent - width - 10), height);
        painter.setPen(theme.t2);
        painter.drawText(names, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(name, Qt::ElideRight, names.width()));
        painter.setPen(theme.t1);
        drawTabular(painter, QRectF(area.left(), top, area.width(), height), Qt::AlignRight, value);
        top += height;
    };
    for (const Part &part : parts(false)) {
        const QRectF box(area.left(), top + height / 2 - 5, 10, 10);
        if (part.color >= 0) {
            painter.fillRect(box, theme.parts[static_cast<size_t>(part.color)]);
        } else {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme.t3, 1, Qt::DotLine));
            painter.drawRect(box);
        }
        const QString share = m_costs->full > 0 && part.bytes < 10 * m_costs->full ? QStringLiteral(" · %1").arg(format::percent(part.bytes / m_costs->full, 1)) : QString();
        row(part.name, format::bytes(part.bytes) + share, 16);
    }
    for (const auto &[name, value] : facts())
        row(name, value, 0);
}

double PairMemory::chartEnd() const
{
    const double pays = m_costs->breakEven();
    return std::max(std::isfinite(pays) ? 2 * pays : 0.0, 4 * m_costs->tokens);
}

PlotFrame PairMemory::frameIn(const QRectF &chart) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(chart, 16, scaled(16));
    frame.x.lo = 0;
    frame.x.hi = std::max(1.0, chartEnd());
    const double most = std::max(m_costs->bytesAt(frame.x.hi), m_costs->fullAt(frame.x.hi));
    const Unit unit = unitOf(most);
    frame.y = ChartAxis::linear({0, most / unit.bytes}, true);
    frame.yTitle = tr("cache and small model’s weights, %1").arg(QLatin1String(unit.name));
    frame.xTitle = tr("context at the same budget, tokens");
    return frame;
}

QString PairMemory::breakEvenText() const
{
    if (!m_costs)
        return {};
    const double pays = m_costs->breakEven();
    if (!std::isfinite(pays))
        return tr("No break-even: more is added than saved.");
    return m_costs->smallWeights > 0 ? tr("pays off from %1").arg(format::tokens(std::llround(pays))) : tr("saves at any context");
}

void PairMemory::paintGrowth(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    const double pays = m_costs->breakEven();
    if (area.height() < scaled(kLeastChart)) {
        painter.setPen(std::isfinite(pays) ? theme.t2 : theme.err);
        painter.drawText(area.adjusted(kPad, 0, -kPad, 0), Qt::AlignLeft | Qt::AlignTop, metrics.elidedText(breakEvenText(), Qt::ElideRight, area.width() - 2 * kPad));
        return;
    }
    const PlotFrame frame = frameIn(area);
    frame.paintAxes(painter, area, theme);
    const double unit = unitOf(std::max(m_costs->bytesAt(frame.x.hi), m_costs->fullAt(frame.x.hi))).bytes;
    painter.setPen(QPen(theme.t2, 1.75, Qt::DashLine));
    painter.drawLine(frame.at(0, 0), frame.at(frame.x.hi, m_costs->fullAt(frame.x.hi) / unit));
    painter.setPen(QPen(theme.accent, 1.75));
    painter.drawLine(frame.at(0, m_costs->smallWeights / unit), frame.at(frame.x.hi, m_costs->bytesAt(frame.x.hi) / unit));
    // Names above the plot, left to right.
    double x = frame.plot.left();
    const double nameY = frame.plot.top() - scaled(16);
    for (const auto &[name, color, style] : {std::tuple(tr("with small model"), theme.accent, Qt::SolidLine), std::tuple(tr("full cache"), theme.t2, Qt::DashLine)}) {
        painter.setPen(QPen(color, 1.75, style));
        painter.drawLine(QPointF(x, nameY + metrics.height() / 2), QPointF(x + 16, nameY + metrics.height() / 2));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(x + 21, nameY, 200, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, name);
        x += 21 + metrics.horizontalAdvance(name) + 14;
    }
    painter.setBrush(theme.accent);
    painter.setPen(Qt::NoPen);
    painter.drawEllipse(frame.at(m_costs->tokens, m_costs->bytesAt(m_costs->tokens) / unit), 3.5, 3.5);
    const QString text = breakEvenText();
    if (!std::isfinite(pays)) {
        const QString fitting = metrics.elidedText(text, Qt::ElideRight, frame.plot.width() - 12);
        const QRectF box(frame.plot.left() + 6, frame.plot.top() + 2, metrics.horizontalAdvance(fitting) + 6, metrics.height() + 2);
        painter.fillRect(box, theme.surface);
        painter.setPen(theme.err);
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, fitting);
        return;
    }
    const QPointF at = frame.at(pays, m_costs->fullAt(pays) / unit);
    painter.setPen(QPen(theme.t3, 1, Qt::DotLine));
    painter.drawLine(at, QPointF(at.x(), frame.plot.bottom()));
    painter.setPen(QPen(theme.t1, 1.5));
    painter.setBrush(theme.surface);
    painter.drawEllipse(at, 4.5, 4.5);
    painter.setPen(theme.t1);
    const double width = metrics.horizontalAdvance(text) + 2;
    const double left = std::clamp(at.x() + 9, frame.plot.left(), std::max(frame.plot.left(), frame.plot.right() - width));
    painter.drawText(QRectF(left, std::min(at.y() + 6, frame.plot.bottom() - metrics.height()), width, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, text);
}

void PairMemory::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_costs)
        return;
    const Areas areas = areasIn(body);
    paintBars(painter, areas.bars, theme);
    paintFacts(painter, areas.facts, theme);
    paintGrowth(painter, areas.chart, theme);
}

void PairMemory::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_costs)
        return;
    const Areas areas = areasIn(bodyRect());
    const PlotFrame frame = frameIn(areas.chart);
    QString text;
    if (areas.chart.height() >= scaled(kLeastChart) && frame.plot.contains(event->position())) {
        const double context = frame.xValueAt(event->position().x());
        text = tr("At %1: full cache %2, with the small model %3").arg(format::tokens(std::llround(context)), format::bytes(m_costs->fullAt(context)), format::bytes(m_costs->bytesAt(context)));
    }
    QToolTip::showText(event->globalPosition().toPoint(), text, this);
}

void PairMemory::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return requestClear();
    PictureView::keyPressEvent(event);
}

QString PairMemory::note() const
{
    if (!m_costs)
        return {};
    const QString at = tr("%1 at %2").arg(m_costs->title, format::tokens(std::llround(m_costs->tokens)));
    return m_costs->computed ? tr("%1, computed").arg(at) : at;
}

QString PairMemory::caption() const
{
    if (!m_costs)
        return {};
    const QString from = m_costs->computed ? tr("computed from the sizes of the models") : tr("from the run’s report; growth computed at the same share");
    return tr("Bytes of %1 with %2 beside it, %3, against its full cache, and how both grow with the context (%4).")
        .arg(m_costs->largeName.isEmpty() ? tr("the large model") : m_costs->largeName, m_costs->smallName.isEmpty() ? tr("a small model") : m_costs->smallName, note(), from);
}

QString PairMemory::emptyReason() const
{
    return m_costs ? QString() : tr("No small model in this run. Choose SmallKV or IAM with a small model, or compare two models on the Similarity page.");
}

QString PairMemory::csv() const
{
    QString out = QStringLiteral("quantity,value,unit\n");
    const auto row = [&](const char *name, double value, const char *unit) { out += QStringLiteral("%1,%2,%3\n").arg(QLatin1String(name), std::isfinite(value) ? QString::number(value, 'g', 12) : QString(), QLatin1String(unit)); };
    if (!m_costs)
        return out;
    row("context", m_costs->tokens, "tokens");
    row("full cache", m_costs->full, "bytes");
    row("stored", m_costs->stored, "bytes");
    if (m_costs->keys >= 0) {
        row("keys", m_costs->keys, "bytes");
        row("values", m_costs->values, "bytes");
    }
    row("small model cache", m_costs->smallCache, "bytes");
    row("small model weights", m_costs->smallWeights, "bytes");
    row("host", m_costs->host, "bytes");
    row("break-even", m_costs->breakEven(), "tokens");
    if (m_costs->hasFlop()) {
        row("skipped", m_costs->skippedFlop, "FLOP/token");
        row("added", m_costs->addedFlop, "FLOP/token");
        row("net saved", m_costs->netFlop(), "FLOP/token");
    }
    if (m_costs->ms >= 0) {
        row("measured", m_costs->ms, "ms/token");
        row("measured full cache", m_costs->fullMs < 0 ? std::nan("") : m_costs->fullMs, "ms/token");
    }
    return out;
}

QString PairMemory::describe() const
{
    if (!m_costs)
        return emptyReason();
    QStringList words{note(), tr("full cache %1").arg(format::bytes(m_costs->full))};
    for (const Part &part : parts(false))
        words << QStringLiteral("%1 %2").arg(part.name, format::bytes(part.bytes));
    for (const auto &[name, value] : facts())
        words << QStringLiteral("%1: %2").arg(name, value);
    return words.join(QStringLiteral(", ")) + QStringLiteral(". ") + breakEvenText();
}

} // namespace winnow
