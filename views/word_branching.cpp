#include "views/word_branching.h"

#include "views/format.h"
#include "views/painted_table.h"
#include "views/type.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

WordBranchingView::WordBranchingView(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Branching entropy"));
}

bool WordBranchingView::followSelection(const Selection &) { return true; }

int WordBranchingView::first() const
{
    const auto &points = lattice()->points;
    const int point = lattice()->branchFirst;
    return point < 0 ? 0 : static_cast<int>(std::lower_bound(points.begin(), points.end(), point) - points.begin());
}

std::vector<int> WordBranchingView::rises() const
{
    std::vector<int> found;
    if (lattice())
        for (size_t i = 1; i < lattice()->entropyRight.size(); ++i)
            if (lattice()->entropyRight[i] > lattice()->entropyRight[i - 1])
                found.push_back(static_cast<int>(i) + 1);
    return found;
}

void WordBranchingView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!lattice() || lattice()->entropyRight.empty())
        return;
    const auto &right = lattice()->entropyRight;
    const auto &left = lattice()->entropyLeft;
    const auto count = static_cast<double>(std::max(right.size(), left.size()));
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, 20);
    double most = 0.1;
    for (const auto *values : {&right, &left})
        for (const double value : *values)
            most = std::isnan(value) ? most : std::max(most, value);
    frame.x.hi = count;
    frame.y.lo = left.empty() ? 0 : -most * 1.1;
    frame.y.hi = most * 1.1;
    frame.yTitle = left.empty() ? tr("entropy to the right, nats") : tr("entropy, nats: right above, left below");
    frame.xTicks = {frame.x.hi + 1}; // the characters stand there instead
    frame.paintAxes(painter, body, theme);
    const double step = frame.plot.width() / count, zero = frame.yAt(0);
    painter.setPen(QPen(theme.axis, 1));
    painter.drawLine(QPointF(frame.plot.left(), std::round(zero) + 0.5), QPointF(frame.plot.right(), std::round(zero) + 0.5));
    const auto bars = [&](const std::vector<double> &values, const QColor &color, double sign) {
        for (size_t i = 0; i < values.size(); ++i) {
            const double x = frame.plot.left() + step * static_cast<double>(i), y = frame.yAt(sign * values[i]);
            if (!std::isnan(values[i]))
                painter.fillRect(QRectF(x + step * 0.2, std::min(y, zero), step * 0.6, std::abs(y - zero)), color);
        }
    };
    bars(right, theme.parts[2], 1);
    bars(left, theme.parts[1], -1);
    painter.setFont(typeFont(TypeRole::Axis));
    for (const int rise : rises()) { // a border of the statistics
        const double x = frame.plot.left() + step * rise;
        QPen pen(theme.t2, 1.25);
        pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawLine(QPointF(x, frame.plot.top()), QPointF(x, zero));
    }
    painter.setFont(typeFont(TypeRole::WideToken));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t1);
    const int from = first();
    for (int i = 0; i < static_cast<int>(count) && from + i < lattice()->characters.size(); ++i) {
        const QString character = clusterAt(lattice()->characters, from + i);
        painter.drawText(QPointF(frame.plot.left() + step * (i + 0.5) - metrics.horizontalAdvance(character) / 2, frame.plot.bottom() + scaled(20)), character);
    }
}

void WordBranchingView::paintMarks(QPainter &, const QRectF &, const Theme &) const { }

QVector<LegendEntry> WordBranchingView::legend(const Theme &theme) const
{
    if (!lattice() || lattice()->entropyRight.empty())
        return {};
    LegendEntry right, left, rise;
    right.sample = left.sample = LegendEntry::Sample::Bar;
    rise.sample = LegendEntry::Sample::DashedBar;
    right.fills = {theme.parts[2]};
    right.text = tr("right");
    left.fills = {theme.parts[1]};
    left.text = tr("left");
    rise.fills = {theme.t2};
    rise.text = tr("rise");
    return {right, left, rise};
}

QString WordBranchingView::note() const
{
    return lattice() && !lattice()->entropyRight.empty() ? tr("prefix from character %1").arg(first() + 1) : QString();
}

QString WordBranchingView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    if (!lattice())
        return tr("No prefix marked. Click a word above: its first character starts the prefix.");
    return lattice()->entropyRight.empty() ? tr("This method counts no neighbours. Choose nVBE or accessor variety.") : QString();
}

QString WordBranchingView::caption() const
{
    return lattice() ? tr("Branching entropy of the prefix that starts at character %1 of line %2, to the right after each character and to the left; a rise marks a border.").arg(first() + 1).arg(lattice()->line + 1) : QString();
}

QString WordBranchingView::csv() const
{
    QString out = QStringLiteral("characters,prefix,entropy right nats,entropy left nats\n");
    if (!lattice())
        return out;
    const auto number = [](const std::vector<double> &values, size_t i) { return i < values.size() && std::isfinite(values[i]) ? QString::number(values[i], 'g', 9) : QString(); };
    for (size_t i = 0; i < std::max(lattice()->entropyRight.size(), lattice()->entropyLeft.size()); ++i)
        out += QStringLiteral("%1,%2,%3,%4\n").arg(i + 1).arg(csvText(lattice()->characters.mid(first(), static_cast<qsizetype>(i) + 1).join(QString())), number(lattice()->entropyRight, i), number(lattice()->entropyLeft, i));
    return out;
}

QString WordBranchingView::describe() const
{
    QStringList said;
    for (const int rise : rises())
        said << QString::number(rise);
    return said.isEmpty() ? note() : tr("entropy rises after character %1 of the prefix").arg(said.join(QStringLiteral(", ")));
}

} // namespace winnow
