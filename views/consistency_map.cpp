#include "views/consistency_map.h"

#include "views/format.h"
#include "views/grid_view.h"
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

ConsistencyMap::ConsistencyMap(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Consistency of the matches"));
}

bool ConsistencyMap::dataChanged()
{
    m_series = {};
    m_heads.clear();
    const PairDataPtr shown = pair();
    const PairSeries *found = shown && shown->table ? shown->findSeries(QStringLiteral("window")) : nullptr;
    const int heads = shown ? shown->large.heads() : 0, all = shown ? shown->large.layers() * heads : 0;
    if (!found || all == 0 || found->agrees.size() != found->x.size() * static_cast<size_t>(all))
        return true;
    m_series = *found;
    for (int head = 0; head < all; ++head)
        if (shown->mapped.empty() || std::binary_search(shown->mapped.begin(), shown->mapped.end(), static_cast<int64_t>(shown->large.layerOf(head))))
            m_heads.push_back(head);
    return true;
}

bool ConsistencyMap::agrees(int head, int window) const
{
    const auto all = static_cast<size_t>(pair()->large.layers() * pair()->large.heads());
    return m_series.agrees[static_cast<size_t>(window) * all + static_cast<size_t>(head)] != 0;
}

QRectF ConsistencyMap::plotIn(const QRectF &body) const
{
    const double left = body.left() + scaled(46), top = body.top() + scaled(22);
    return {left, top, std::max(10.0, body.right() - 16 - left), std::max(10.0, body.bottom() - scaled(40) - top)};
}

void ConsistencyMap::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_heads.empty() || windows() == 0)
        return;
    const QRectF plot = plotIn(body);
    QImage image(windows(), static_cast<int>(m_heads.size()), QImage::Format_RGB32);
    const QColor holds = theme.accentSoft, leaves = theme.worse;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < windows(); ++x)
            image.setPixelColor(x, y, agrees(m_heads[static_cast<size_t>(y)], x) ? holds : leaves);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(plot, image);
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, body.top(), body.width() - 28, scaled(18)), Qt::AlignLeft | Qt::AlignVCenter, tr("%1 head").arg(pair()->large.shortName));
    painter.setPen(theme.t3);
    const double height = plot.height() / static_cast<double>(m_heads.size()), width = plot.width() / windows();
    for (const int row : indexTicks(0, static_cast<int>(m_heads.size()) - 1, std::clamp(static_cast<int>(plot.height() / scaled(40)), 1, 4))) {
        const int head = m_heads[static_cast<size_t>(row)];
        const double y = plot.top() + (row + 0.5) * height;
        painter.drawText(QRectF(body.left(), y - 8, plot.left() - 6 - body.left(), 16), Qt::AlignRight | Qt::AlignVCenter, format::headAddress(pair()->large.layerOf(head), pair()->large.headOf(head)));
    }
    for (const int window : indexTicks(0, windows() - 1, std::clamp(static_cast<int>(plot.width() / scaled(60)), 1, 5))) {
        const double x = plot.left() + (window + 0.5) * width;
        painter.drawText(QRectF(x - 30, plot.bottom() + 4, 60, metrics.height()), Qt::AlignHCenter | Qt::AlignTop, format::tick(m_series.x[static_cast<size_t>(window)]));
    }
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, plot.bottom() + 6 + metrics.height(), plot.right() - body.left() - 14, metrics.height()), Qt::AlignRight | Qt::AlignVCenter, tr("first of 64 later rows, tokens"));
}

int ConsistencyMap::markedRow() const
{
    const PairMark &mark = selection().pair;
    if (!pair() || mark.layer < 0 || mark.head < 0)
        return -1;
    const auto at = std::find(m_heads.begin(), m_heads.end(), mark.layer * pair()->large.heads() + mark.head);
    return at == m_heads.end() ? -1 : static_cast<int>(at - m_heads.begin());
}

void ConsistencyMap::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int row = markedRow();
    if (row < 0)
        return;
    const QRectF plot = plotIn(body);
    const double height = plot.height() / static_cast<double>(m_heads.size());
    paintHaloRect(painter, QRectF(plot.left() - 1, plot.top() + row * height - 1, plot.width() + 2, std::max(3.0, height + 2)), theme);
}

int ConsistencyMap::rowAt(const QPointF &point) const
{
    const QRectF plot = plotIn(bodyRect());
    if (m_heads.empty() || !plot.contains(point))
        return -1;
    return std::clamp(static_cast<int>((point.y() - plot.top()) / plot.height() * static_cast<double>(m_heads.size())), 0, static_cast<int>(m_heads.size()) - 1);
}

QString ConsistencyMap::rowText(int row) const
{
    const int head = m_heads[static_cast<size_t>(row)];
    int held = 0;
    for (int window = 0; window < windows(); ++window)
        held += agrees(head, window) ? 1 : 0;
    const PairMark match = matchOf(*pair(), head);
    return tr("%1 matches %2: still the best in %3 of %4 windows").arg(format::headAddress(match.layer, match.head), format::headAddress(match.smallLayer, match.smallHead)).arg(held).arg(windows());
}

void ConsistencyMap::mark(int row)
{
    if (row < 0 || row >= static_cast<int>(m_heads.size()))
        return;
    Selection next = selection();
    next.pair = matchOf(*pair(), m_heads[static_cast<size_t>(row)]);
    request(next, Gesture::Click);
}

void ConsistencyMap::mouseMoveEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    QToolTip::showText(event->globalPosition().toPoint(), row < 0 ? QString() : rowText(row), this);
}

void ConsistencyMap::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        mark(rowAt(event->position()));
}

void ConsistencyMap::keyPressEvent(QKeyEvent *event)
{
    const int row = markedRow(), last = static_cast<int>(m_heads.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Up: return mark(std::max(0, row - 1));
    case Qt::Key_Down: return mark(std::min(last, row + 1));
    case Qt::Key_Home: return mark(0);
    case Qt::Key_End: return mark(last);
    case Qt::Key_Return:
    case Qt::Key_Enter: return mark(std::max(0, row));
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

QVector<LegendEntry> ConsistencyMap::legend(const Theme &theme) const
{
    if (m_heads.empty())
        return {};
    LegendEntry holds, leaves;
    holds.sample = leaves.sample = LegendEntry::Sample::Fills;
    holds.fills = {theme.accentSoft};
    holds.text = tr("match is still the best");
    leaves.fills = {theme.worse};
    leaves.text = tr("another head is better");
    return {holds, leaves};
}

QString ConsistencyMap::note() const
{
    if (m_heads.empty() || m_series.hard.empty())
        return {};
    double sum = 0;
    for (const double share : m_series.hard)
        sum += share;
    return tr("%1 heads, %2 hold").arg(m_heads.size()).arg(format::percent(sum / static_cast<double>(m_series.hard.size())));
}

QString ConsistencyMap::caption() const
{
    if (m_heads.empty())
        return {};
    return tr("Heads of %1 against windows of 64 rows behind the %2 tokens their matches were found on; coloured where the best head of %3 is another one.").arg(pair()->large.name).arg(pair()->tokens).arg(pair()->small.name);
}

QString ConsistencyMap::emptyReason() const
{
    if (const QString missing = missingPairReason(pair()); !missing.isEmpty())
        return missing;
    return m_heads.empty() ? tr("No later rows by head. The text ends with the compared tokens, or the report was made without them: compare again.") : QString();
}

QString ConsistencyMap::csv() const
{
    QString out = QStringLiteral("large layer,large head,first row,match is best\n");
    for (const int head : m_heads)
        for (int window = 0; window < windows(); ++window)
            out += QStringLiteral("%1,%2,%3,%4\n").arg(pair()->large.layerOf(head)).arg(pair()->large.headOf(head)).arg(m_series.x[static_cast<size_t>(window)]).arg(agrees(head, window) ? 1 : 0);
    return out;
}

QString ConsistencyMap::describe() const
{
    const int row = markedRow();
    return row < 0 ? note() : rowText(row);
}

} // namespace winnow
