#include "views/column_sums.h"

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

std::vector<float> headRow(const std::vector<float> &sums, int head, int tokens)
{
    const size_t first = static_cast<size_t>(head) * static_cast<size_t>(tokens);
    if (head < 0 || tokens <= 0 || first + static_cast<size_t>(tokens) > sums.size())
        return {};
    return {sums.begin() + static_cast<long>(first), sums.begin() + static_cast<long>(first) + tokens};
}

} // namespace

ColumnSums::ColumnSums(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Column sums of the marked heads"));
}

bool ColumnSums::dataChanged()
{
    collect();
    return true;
}

bool ColumnSums::followSelection(const Selection &before)
{
    if (before.pair == selection().pair)
        return false;
    collect();
    return true;
}

void ColumnSums::collect()
{
    const PairMark &mark = selection().pair;
    if (mark.hasHeads())
        m_heads = mark;
    m_large.clear();
    m_small.clear();
    m_cut = false;
    const PairDataPtr shown = pair();
    if (!shown || !m_heads.hasHeads())
        return;
    m_large = headRow(shown->largeSums, m_heads.layer * shown->large.heads() + m_heads.head, shown->tokens);
    m_small = headRow(shown->smallSums, m_heads.smallLayer * shown->small.heads() + m_heads.smallHead, shown->tokens);
    std::vector<double> rest, first;
    for (const std::vector<float> *sums : {&m_large, &m_small})
        for (size_t i = 0; i < sums->size(); ++i)
            (i == 0 ? first : rest).push_back(static_cast<double>((*sums)[i]));
    m_axis = ChartAxis::linear(rest.empty() ? first : rest, true);
    m_cut = std::any_of(first.begin(), first.end(), [this](double v) { return v > m_axis.hi; });
}

PlotFrame ColumnSums::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body);
    const auto count = static_cast<int>(std::max(m_large.size(), m_small.size()));
    frame.x.lo = 0;
    frame.x.hi = std::max(1, count - 1);
    for (const int tick : indexTicks(0, std::max(1, count - 1), std::clamp(static_cast<int>(frame.plot.width() / scaled(64)), 1, 4)))
        frame.xTicks.push_back(tick);
    frame.y = m_axis;
    frame.xTitle = tr("key position, tokens");
    frame.yTitle = tr("column sum of attention");
    return frame;
}

void ColumnSums::paintLine(QPainter &painter, const PlotFrame &frame, const std::vector<float> &sums, const QColor &color) const
{
    if (sums.empty())
        return;
    QPolygonF line;
    for (size_t i = 0; i < sums.size(); ++i)
        line << frame.at(static_cast<double>(i), static_cast<double>(sums[i]));
    painter.save();
    painter.setClipRect(frame.plot.adjusted(0, -1, 1, 1));
    painter.setPen(QPen(color, 1.25));
    painter.drawPolyline(line);
    painter.restore();
    for (size_t i = 0; i < sums.size(); ++i)
        if (static_cast<double>(sums[i]) > m_axis.hi)
            paintEdgeTriangle(painter, QPointF(frame.xAt(static_cast<double>(i)), frame.plot.top() - 2), color);
}

void ColumnSums::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_large.empty() && m_small.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    paintLine(painter, frame, m_small, theme.parts[1]);
    paintLine(painter, frame, m_large, theme.parts[2]);
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    const double height = QFontMetricsF(font).height();
    int row = 0;
    for (const auto &[name, color] : {std::pair(pair()->large.shortName, theme.parts[2]), std::pair(pair()->small.shortName, theme.parts[1])}) {
        painter.setPen(color);
        painter.drawText(QRectF(frame.plot.left(), frame.plot.top() + 2 + row * height, frame.plot.width() - 2, height), Qt::AlignRight | Qt::AlignVCenter, name);
        ++row;
    }
}

void ColumnSums::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int key = selection().token;
    if (key < 0 || key >= static_cast<int>(std::max(m_large.size(), m_small.size())))
        return;
    const PlotFrame frame = frameIn(body);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(frame.xAt(key), frame.plot.top()), QPointF(frame.xAt(key), frame.plot.bottom()));
}

void ColumnSums::mark(int token)
{
    Selection next = selection();
    next.token = token;
    request(next, Gesture::Click);
}

void ColumnSums::mouseMoveEvent(QMouseEvent *event)
{
    const PlotFrame frame = frameIn(bodyRect());
    if (m_large.empty() || !frame.plot.contains(event->position()))
        return QToolTip::hideText();
    const auto at = static_cast<size_t>(std::lround(frame.xValueAt(event->position().x())));
    const auto value = [&](const std::vector<float> &sums) { return at < sums.size() ? format::shortNumber(static_cast<double>(sums[at])) : QStringLiteral("–"); };
    QToolTip::showText(event->globalPosition().toPoint(), tr("Position %1: %2 %3, %4 %5").arg(at).arg(pair()->large.shortName, value(m_large), pair()->small.shortName, value(m_small)), this);
}

void ColumnSums::mousePressEvent(QMouseEvent *event)
{
    const PlotFrame frame = frameIn(bodyRect());
    if (event->button() == Qt::LeftButton && !m_large.empty() && frame.plot.contains(event->position()))
        mark(static_cast<int>(std::lround(frame.xValueAt(event->position().x()))));
}

void ColumnSums::keyPressEvent(QKeyEvent *event)
{
    const int last = static_cast<int>(std::max(m_large.size(), m_small.size())) - 1, key = selection().token;
    if (last < 0)
        return PictureView::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left: return mark(std::max(0, key - 1));
    case Qt::Key_Right: return mark(std::min(last, key + 1));
    case Qt::Key_Home: return mark(0);
    case Qt::Key_End: return mark(last);
    case Qt::Key_Return:
    case Qt::Key_Enter: return mark(std::max(0, key));
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

QString ColumnSums::note() const
{
    if (!emptyReason().isEmpty())
        return {};
    return m_cut ? tr("first token cut at %1").arg(format::tick(m_axis.hi)) : tr("%1 and %2").arg(format::headAddress(m_heads.layer, m_heads.head), format::headAddress(m_heads.smallLayer, m_heads.smallHead));
}

QString ColumnSums::caption() const
{
    if (!pair())
        return {};
    QString text = tr("Attention that each position gets, summed over all query positions: head %1 of %2 and head %3 of %4.")
                       .arg(format::headAddress(m_heads.layer, m_heads.head), pair()->large.name, format::headAddress(m_heads.smallLayer, m_heads.smallHead), pair()->small.name);
    if (m_cut)
        text += tr(" The first token lies above the axis.");
    return text;
}

QString ColumnSums::emptyReason() const
{
    if (const QString missing = missingPairReason(pair()); !missing.isEmpty())
        return missing;
    return m_large.empty() && m_small.empty() ? tr("No heads marked. Click a pair of heads to see what each position gets.") : QString();
}

QString ColumnSums::csv() const
{
    QString out = QStringLiteral("position,large column sum,small column sum\n");
    for (size_t i = 0; i < std::max(m_large.size(), m_small.size()); ++i) {
        const auto value = [&](const std::vector<float> &sums) { return i < sums.size() ? QString::number(static_cast<double>(sums[i]), 'g', 9) : QString(); };
        out += QStringLiteral("%1,%2,%3\n").arg(i).arg(value(m_large), value(m_small));
    }
    return out;
}

QString ColumnSums::describe() const
{
    const int key = selection().token;
    if (!emptyReason().isEmpty() || key < 0 || key >= static_cast<int>(m_large.size()) || key >= static_cast<int>(m_small.size()))
        return tr("Nothing marked. Arrow keys move the position.");
    const auto at = static_cast<size_t>(key);
    return tr("Position %1: %2 %3, %4 %5").arg(key).arg(pair()->large.shortName, format::shortNumber(static_cast<double>(m_large[at])), pair()->small.shortName, format::shortNumber(static_cast<double>(m_small[at])));
}

} // namespace winnow
