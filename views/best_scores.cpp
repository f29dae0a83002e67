#include "views/best_scores.h"

#include "views/format.h"
#include "views/layer_matrix.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {

namespace {

constexpr int kBins = 40;

} // namespace

BestScores::BestScores(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Histogram of best scores"));
}

bool BestScores::dataChanged()
{
    m_bins.clear();
    m_byScore.clear();
    m_hasControl = false;
    const PairDataPtr shown = pair();
    if (!shown || !shown->table)
        return true;
    const PairTable &table = *shown->table;
    std::vector<double> all;
    for (size_t i = 0; i < table.score.size(); ++i)
        if (std::isfinite(table.score[i])) {
            all.push_back(static_cast<double>(table.score[i]));
            m_byScore.push_back(static_cast<int>(i));
        }
    std::stable_sort(m_byScore.begin(), m_byScore.end(), [&](int a, int b) { return table.score[static_cast<size_t>(a)] < table.score[static_cast<size_t>(b)]; });
    for (const float control : table.control)
        if (std::isfinite(control)) {
            all.push_back(static_cast<double>(control));
            m_hasControl = true;
        }
    for (const double chance : {table.chance, table.chanceBest})
        if (std::isfinite(chance))
            all.push_back(chance);
    if (m_byScore.empty())
        return true;
    const ChartAxis axis = ChartAxis::linear(all, false);
    const double top = axis.hi > 1 && *std::max_element(all.begin(), all.end()) <= 1 + 1e-6 ? 1 : axis.hi;
    const double width = (top - axis.lo) / kBins;
    for (int i = 0; i < kBins; ++i)
        m_bins.push_back({axis.lo + i * width, axis.lo + (i + 1) * width, 0, 0});
    const auto binOf = [&](float score) { return static_cast<size_t>(std::clamp(static_cast<int>((static_cast<double>(score) - axis.lo) / width), 0, kBins - 1)); };
    for (const int head : m_byScore)
        ++m_bins[binOf(table.score[static_cast<size_t>(head)])].matched;
    for (const float control : table.control)
        if (std::isfinite(control))
            ++m_bins[binOf(control)].control;
    return true;
}

PlotFrame BestScores::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body);
    frame.x.lo = m_bins.empty() ? 0 : m_bins.front().low;
    frame.x.hi = m_bins.empty() ? 1 : m_bins.back().high;
    std::vector<double> heights{1};
    for (const Bin &bin : m_bins)
        heights.push_back(std::max(bin.matched, bin.control));
    frame.y = ChartAxis::linear(heights, true);
    frame.yTitle = tr("heads, of %1").arg(m_byScore.size());
    frame.xTitle = pair() && pair()->table ? tr("best %1 of a head").arg(metricWord(pair()->table->metric)) : QString();
    return frame;
}

void BestScores::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_bins.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    for (const Bin &bin : m_bins) {
        if (bin.matched == 0)
            continue;
        const double left = frame.xAt(bin.low), top = frame.yAt(bin.matched);
        painter.drawRect(QRectF(left + 0.5, top, std::max(1.0, frame.xAt(bin.high) - left - 1), frame.plot.bottom() - top));
    }
    paintControl(painter, frame, theme);
    paintChance(painter, frame, theme);
    paintNames(painter, frame, theme);
}

void BestScores::paintControl(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    if (!m_hasControl)
        return;
    // From the first to the last bin that has any: the ground line beyond them says nothing.
    const auto filled = [](const Bin &bin) { return bin.control > 0; };
    const auto first = std::find_if(m_bins.begin(), m_bins.end(), filled);
    const auto last = std::find_if(m_bins.rbegin(), m_bins.rend(), filled).base();
    QPainterPath path(QPointF(frame.xAt(first->low), frame.plot.bottom()));
    for (auto bin = first; bin != last; ++bin) {
        path.lineTo(frame.xAt(bin->low), frame.yAt(bin->control));
        path.lineTo(frame.xAt(bin->high), frame.yAt(bin->control));
    }
    path.lineTo(frame.xAt(std::prev(last)->high), frame.plot.bottom());
    QPen pen(theme.t2, 1.5);
    pen.setDashPattern({2, 1.5});
    pen.setCapStyle(Qt::FlatCap);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
}

void BestScores::paintChance(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    const PairTable &table = *pair()->table;
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    double lowest = -1e9;
    for (const auto &[value, name] : {std::pair(table.chance, tr("chance")), std::pair(table.chanceBest, tr("best of chance"))}) {
        if (!std::isfinite(value) || !frame.x.contains(value))
            continue;
        const double x = frame.xAt(value);
        QPen pen(theme.t3, 1.5);
        pen.setDashPattern({1, 2});
        painter.setPen(pen);
        painter.drawLine(QPointF(x, frame.plot.top() + 4), QPointF(x, frame.plot.bottom()));
        painter.setPen(theme.t2);
        const double left = std::max(x + 4, lowest);
        painter.drawText(QPointF(left, frame.plot.top() + metrics.ascent() + 2), name);
        lowest = left + metrics.horizontalAdvance(name) + 8;
    }
}

void BestScores::paintNames(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    QFont font = typeFont(TypeRole::Axis);
    const auto peak = [&](int Bin::*count) {
        return std::max_element(m_bins.begin(), m_bins.end(), [count](const Bin &a, const Bin &b) { return a.*count < b.*count; });
    };
    const auto name = [&](int Bin::*count, const QString &text, const QColor &color) {
        painter.setFont(font);
        const auto bin = peak(count);
        const double width = QFontMetricsF(font).horizontalAdvance(text);
        const double left = std::clamp(frame.xAt((bin->low + bin->high) / 2) - width / 2, frame.plot.left() + 2, frame.plot.right() - width - 2);
        const double top = std::max(frame.plot.top() - 16, frame.yAt((*bin).*count) - 16);
        painter.setPen(color);
        painter.drawText(QRectF(left, top, width + 2, 14), Qt::AlignLeft | Qt::AlignVCenter, text);
    };
    if (m_hasControl)
        name(&Bin::control, tr("shuffled control"), theme.t2);
    font.setWeight(QFont::DemiBold);
    name(&Bin::matched, tr("matched"), theme.accentText);
}

void BestScores::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int head = markedHead();
    if (head < 0 || m_bins.empty())
        return;
    const PlotFrame frame = frameIn(body);
    const auto score = static_cast<double>(pair()->table->score[static_cast<size_t>(head)]);
    if (!std::isfinite(score))
        return;
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(frame.xAt(score), frame.plot.top() + 2), QPointF(frame.xAt(score), frame.plot.bottom() + 3));
}

int BestScores::markedHead() const
{
    const PairMark &mark = selection().pair;
    const PairDataPtr shown = pair();
    if (!shown || !shown->table || mark.layer < 0 || mark.head < 0 || mark.layer >= shown->large.layers() || mark.head >= shown->large.heads())
        return -1;
    return mark.layer * shown->large.heads() + mark.head;
}

int BestScores::binAt(const QPointF &point) const
{
    if (m_bins.empty())
        return -1;
    const PlotFrame frame = frameIn(bodyRect());
    if (!frame.plot.adjusted(0, 0, 0, 6).contains(point))
        return -1;
    return std::clamp(static_cast<int>((point.x() - frame.plot.left()) / frame.plot.width() * kBins), 0, kBins - 1);
}

void BestScores::mark(int head)
{
    Selection next = selection();
    next.pair = matchOf(*pair(), head);
    request(next, Gesture::Click);
}

void BestScores::mouseMoveEvent(QMouseEvent *event)
{
    const int bin = binAt(event->position());
    QString text;
    if (bin >= 0) {
        const Bin &at = m_bins[static_cast<size_t>(bin)];
        text = tr("%1 to %2: %3 heads").arg(similarityText(at.low), similarityText(at.high)).arg(at.matched);
        if (m_hasControl)
            text += tr(", %1 of the shuffled control").arg(at.control);
    }
    QToolTip::showText(event->globalPosition().toPoint(), text, this);
}

void BestScores::mousePressEvent(QMouseEvent *event)
{
    const int bin = binAt(event->position());
    if (event->button() != Qt::LeftButton || bin < 0)
        return;
    // The head nearest to the pointer; a click into the shuffled part marks the lowest one.
    const double wanted = frameIn(bodyRect()).xValueAt(event->position().x());
    const auto distance = [&](int head) { return std::abs(static_cast<double>(pair()->table->score[static_cast<size_t>(head)]) - wanted); };
    mark(*std::min_element(m_byScore.begin(), m_byScore.end(), [&](int a, int b) { return distance(a) < distance(b); }));
}

void BestScores::keyPressEvent(QKeyEvent *event)
{
    if (m_byScore.empty())
        return PictureView::keyPressEvent(event);
    const auto at = std::find(m_byScore.begin(), m_byScore.end(), markedHead());
    const auto index = static_cast<int>(at == m_byScore.end() ? 0 : at - m_byScore.begin()), last = static_cast<int>(m_byScore.size()) - 1;
    const auto markAt = [this](int place) { mark(m_byScore[static_cast<size_t>(place)]); };
    switch (event->key()) {
    case Qt::Key_Left: return markAt(std::max(0, index - 1));
    case Qt::Key_Right: return markAt(std::min(last, index + 1));
    case Qt::Key_Home: return markAt(0);
    case Qt::Key_End: return markAt(last);
    case Qt::Key_Return:
    case Qt::Key_Enter: return markAt(index);
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

QString BestScores::note() const
{
    if (m_byScore.empty())
        return {};
    const PairTable &table = *pair()->table;
    QString text = tr("median %1").arg(format::decimals(medianOf(table.score), 2));
    if (m_hasControl)
        text += tr(", shuffled control %1").arg(format::decimals(medianOf(table.control), 2));
    return text;
}

QString BestScores::caption() const
{
    if (!pair() || !pair()->table)
        return {};
    QString text = tr("Best %1 of each head of %2 with any head of %3 over %4 tokens").arg(metricWord(pair()->table->metric), pair()->large.name, pair()->small.name).arg(pair()->tokens);
    if (m_hasControl)
        text += tr("; dashed: the same when the small model's columns are shuffled");
    return text + QLatin1Char('.');
}

QString BestScores::emptyReason() const { return missingPairReason(pair()); }

QString BestScores::csv() const
{
    QString out = QStringLiteral("from,to,matched heads,shuffled control heads\n");
    for (const Bin &bin : m_bins)
        out += QStringLiteral("%1,%2,%3,%4\n").arg(QString::number(bin.low, 'g', 9), QString::number(bin.high, 'g', 9)).arg(bin.matched).arg(bin.control);
    return out;
}

QString BestScores::describe() const
{
    const int head = markedHead();
    if (head < 0)
        return m_byScore.empty() ? QString() : note();
    const auto at = std::find(m_byScore.begin(), m_byScore.end(), head);
    return tr("%1: %2, rank %3 of %4")
        .arg(format::headAddress(pair()->large.layerOf(head), pair()->large.headOf(head)), similarityText(static_cast<double>(pair()->table->score[static_cast<size_t>(head)])))
        .arg(m_byScore.end() - at)
        .arg(m_byScore.size());
}

} // namespace winnow
