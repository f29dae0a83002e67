#include "views/score_histogram.h"

#include "views/format.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr int kBins = 40;

} // namespace

ScoreHistogram::ScoreHistogram(QWidget *parent)
    : PictureView(parent)
    , m_bins(kBins)
{
    setAccessibleName(tr("Histogram of scores with the cut"));
}

bool ScoreHistogram::dataChanged()
{
    m_kept = m_grids.gridOf(data().current.report);
    m_grids.dropUnused();
    m_dragged.reset();
    collect();
    return true;
}

bool ScoreHistogram::followSelection(const Selection &)
{
    const Selection &now = selection();
    if (!now.pinned || !m_kept)
        return false;
    const int layer = now.layer >= 0 ? std::min(now.layer, m_kept->layers() - 1) : m_layer;
    const int head = now.head < m_kept->heads() ? now.head : -1;
    if (layer == m_layer && head == m_head)
        return false;
    m_layer = layer;
    m_head = head;
    collect();
    return true;
}

void ScoreHistogram::collect()
{
    m_samples.clear();
    m_bins.assign(kBins, {});
    m_protected = m_belowRange = 0;
    m_cut.reset();
    if (!m_kept || !m_kept->hasScores())
        return;
    m_layer = std::clamp(m_layer, 0, m_kept->layers() - 1);
    if (m_head >= m_kept->heads())
        m_head = -1;
    for (int h = std::max(0, m_head); h <= (m_head < 0 ? m_kept->heads() - 1 : m_head); ++h)
        for (int t = 0; t < m_kept->tokens(); ++t) {
            const TokenClass kind = m_kept->classAt(m_layer, h, t, -1);
            const float score = m_kept->score(m_layer, h, t);
            // Sinks and the window stay whatever their score is: they are not part of the ranking.
            if (kind == TokenClass::Window || kind == TokenClass::Sink || !std::isfinite(score))
                ++m_protected;
            else
                m_samples.push_back({score, h, t, kind == TokenClass::Kept});
        }
    std::sort(m_samples.begin(), m_samples.end(), [](const Sample &a, const Sample &b) { return a.score < b.score; });
    if (m_samples.empty())
        return;
    const auto firstPositive = std::find_if(m_samples.begin(), m_samples.end(), [](const Sample &s) { return s.score > 0; });
    const auto positive = static_cast<size_t>(m_samples.end() - firstPositive);
    m_log = positive > 0 && positive * 20 >= m_samples.size() * 19 && m_samples.back().score > 3 * firstPositive->score;
    m_low = static_cast<double>(m_log ? firstPositive->score : m_samples.front().score);
    m_high = static_cast<double>(m_samples.back().score);
    if (m_high <= m_low)
        m_high = m_low + std::max(1e-6, std::abs(m_low) * 0.1);
    size_t keptCount = 0;
    for (const Sample &sample : m_samples) {
        const int bin = std::clamp(static_cast<int>(positionOf(static_cast<double>(sample.score)) * kBins), 0, kBins - 1);
        ++(sample.kept ? m_bins[static_cast<size_t>(bin)].kept : m_bins[static_cast<size_t>(bin)].evicted);
        keptCount += sample.kept ? 1 : 0;
        m_belowRange += m_log && sample.score <= 0 ? 1 : 0;
    }
    if (keptCount > 0 && keptCount < m_samples.size())
        m_cut = static_cast<double>(m_samples[m_samples.size() - keptCount].score);
}

double ScoreHistogram::positionOf(double score) const
{
    if (m_log)
        return score <= m_low ? 0 : std::log(score / m_low) / std::log(m_high / m_low);
    return (score - m_low) / (m_high - m_low);
}

double ScoreHistogram::scoreAtPosition(double share) const
{
    share = std::clamp(share, 0.0, 1.0);
    return m_log ? m_low * std::pow(m_high / m_low, share) : m_low + share * (m_high - m_low);
}

double ScoreHistogram::fractionAt(double score) const
{
    const auto above = std::count_if(m_samples.begin(), m_samples.end(), [&](const Sample &s) { return static_cast<double>(s.score) >= score; });
    const auto total = static_cast<double>(m_samples.size()) + m_protected;
    return total > 0 ? (static_cast<double>(above) + m_protected) / total : 0;
}

int ScoreHistogram::tallest() const
{
    int top = 1;
    for (const Bin &bin : m_bins)
        top = std::max(top, bin.kept + bin.evicted);
    return top;
}

QRectF ScoreHistogram::plotRect(const QRectF &body) const
{
    const double left = body.left() + scaled(38);
    return QRectF(left, body.top() + scaled(30), std::max(10.0, body.right() - 16 - left), std::max(10.0, body.height() - scaled(30) - scaled(40)));
}

void ScoreHistogram::paintAxes(QPainter &painter, const QRectF &plot, const QRectF &body, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, body.top() + 4, plot.width(), metrics.height()), Qt::AlignLeft, m_head < 0 ? tr("tokens of all heads") : tr("tokens"));
    const int top = tallest();
    for (const double tick : niceTicks(0, top, 3)) {
        const double y = plot.bottom() - plot.height() * tick / top;
        painter.setPen(QPen(tick == 0 ? theme.axis : theme.grid, 1));
        painter.drawLine(QPointF(plot.left(), std::round(y) + 0.5), QPointF(plot.right(), std::round(y) + 0.5));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(body.left(), y - 8, plot.left() - 8 - body.left(), 16), Qt::AlignRight | Qt::AlignVCenter, format::tick(tick));
    }
    const int count = std::clamp(static_cast<int>(plot.width() / scaled(70)), 2, 5);
    for (const double tick : m_log ? logTicks(m_low, m_high, count) : niceTicks(m_low, m_high, count)) {
        const double x = plot.left() + plot.width() * positionOf(tick);
        painter.setPen(QPen(theme.axis, 1));
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(x - 40, plot.bottom() + 5, 80, metrics.height()), Qt::AlignHCenter, m_log ? format::logTick(tick, m_low) : format::tick(tick));
    }
    painter.setPen(theme.t2);
    const QString title = m_log ? tr("score, log scale") : tr("score");
    painter.drawText(QRectF(plot.left(), plot.bottom() + 6 + metrics.height(), plot.width(), metrics.height()), Qt::AlignRight, title);
}

void ScoreHistogram::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_samples.empty())
        return;
    const QRectF plot = plotRect(body);
    paintAxes(painter, plot, body, theme);
    const QColor keptColor = data().current.index >= 0 ? theme.run(data().current.index).color : theme.accent;
    const QColor evictedColor = theme.kind == ThemeKind::Light ? theme.border : theme.disabled;
    const double width = plot.width() / kBins;
    const double unit = plot.height() / tallest();
    painter.setPen(Qt::NoPen);
    for (int i = 0; i < kBins; ++i) {
        const Bin &bin = m_bins[static_cast<size_t>(i)];
        const double x = plot.left() + i * width;
        const double gap = width > 3 ? 1 : 0;
        if (bin.evicted > 0)
            painter.fillRect(QRectF(x, plot.bottom() - bin.evicted * unit, width - gap, bin.evicted * unit), evictedColor);
        if (bin.kept > 0)
            painter.fillRect(QRectF(x, plot.bottom() - (bin.evicted + bin.kept) * unit, width - gap, bin.kept * unit), keptColor);
    }
}

void ScoreHistogram::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_samples.empty())
        return;
    const QRectF plot = plotRect(body);
    const auto xOf = [&](double score) { return plot.left() + plot.width() * std::clamp(positionOf(score), 0.0, 1.0); };
    const int token = selection().token;
    if (token >= 0 && token < m_kept->tokens()) {
        for (int h = std::max(0, m_head); h <= (m_head < 0 ? m_kept->heads() - 1 : m_head); ++h) {
            const auto score = static_cast<double>(m_kept->score(m_layer, h, token));
            if (!std::isfinite(score))
                continue;
            painter.setPen(QPen(theme.mark, 1.5));
            painter.drawLine(QPointF(xOf(score), plot.bottom()), QPointF(xOf(score), plot.bottom() - plot.height() * 0.3));
        }
    }
    const std::optional<double> shown = m_dragged ? m_dragged : m_cut;
    if (!shown)
        return;
    const double x = std::round(xOf(*shown)) + 0.5;
    painter.setPen(QPen(theme.t1, 1));
    painter.drawLine(QPointF(x, plot.top() - 8), QPointF(x, plot.bottom()));
    painter.setBrush(theme.t1);
    painter.setPen(Qt::NoPen);
    painter.drawRoundedRect(QRectF(x - 4, plot.top() - 14, 8, 8), 2, 2);
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t1);
    QString text = tr("cut %1").arg(format::shortNumber(*shown));
    if (m_dragged)
        text += tr(", keeps %1").arg(format::percent(fractionAt(*shown), 1));
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(text);
    const bool right = x + 10 + width < body.right();
    painter.drawText(QRectF(right ? x + 9 : x - 9 - width, plot.top() - 19, width + 2, 18), Qt::AlignLeft | Qt::AlignVCenter, text);
}

} // namespace winnow
