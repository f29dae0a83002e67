#include "views/attention_maps.h"

#include "views/format.h"
#include "views/grid_view.h"
#include "views/layer_matrix.h"
#include "views/matrix_view.h"
#include "views/pair_maps.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kPad = 14, kGap = 16, kTitle = 20, kFoot = 26, kUsual = 0.995; // share of cells within the range of the difference

} // namespace

float attentionShade(float weight)
{
    if (std::isnan(weight))
        return weight;
    if (weight <= 0)
        return 0;
    const double share = std::log(static_cast<double>(weight) / AttentionMaps::kLowest) / std::log(AttentionMaps::kHighest / AttentionMaps::kLowest);
    return static_cast<float>(std::clamp(share, 0.0, 1.0));
}

AttentionMaps::AttentionMaps(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Attention maps of the marked heads"));
}

bool AttentionMaps::dataChanged()
{
    const std::shared_ptr<const PairMaps> now = pair() ? pair()->maps : nullptr;
    if (now == m_of)
        return false; // another metric shows the same maps
    m_of = now;
    m_large.clear();
    m_small.clear();
    m_difference.clear();
    if (!now)
        return true;
    std::vector<float> sizes;
    for (size_t i = 0; i < now->large.size(); ++i) {
        m_large.push_back(attentionShade(now->large[i]));
        m_small.push_back(attentionShade(now->small[i]));
        m_difference.push_back(now->large[i] - now->small[i]);
        if (!std::isnan(m_difference.back()))
            sizes.push_back(std::abs(m_difference.back()));
    }
    m_range = 0.01;
    if (!sizes.empty()) {
        const auto usual = sizes.begin() + static_cast<long>(static_cast<double>(sizes.size() - 1) * kUsual);
        std::nth_element(sizes.begin(), usual, sizes.end());
        m_range = std::max(0.01, std::ceil(static_cast<double>(*usual) * 100) / 100);
    }
    return true;
}

AttentionMaps::Plan AttentionMaps::planFor(const QRectF &body) const
{
    Plan plan;
    const double width = (body.width() - 2 * kPad - 2 * kGap) / 3, height = body.height() - scaled(kTitle) - scaled(kFoot);
    const double side = std::max(10.0, std::floor(std::min(width, height)));
    // Where the height is short the maps keep their share of the width: the titles need it.
    const double step = std::min(width, std::max(side, scaled(150))) + kGap;
    for (int i = 0; i < 3; ++i)
        plan.plot[i] = QRectF(body.left() + kPad + i * step, body.top() + scaled(kTitle), side, side);
    plan.foot = plan.plot[0].bottom() + 4;
    return plan;
}

double AttentionMaps::figureHeight(double width) const { return maps() ? figureHeadHeight() + (width - 2 * kPad - 2 * kGap) / 3 + scaled(kTitle) + scaled(kFoot) + 4 : 0; }

void AttentionMaps::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const PairMaps *shown = maps();
    if (!shown || shown->tokens == 0)
        return;
    const Plan plan = planFor(body);
    const bool vector = painter.paintEngine()->type() != QPaintEngine::Raster;
    const double ratio = vector ? 2 : painter.device()->devicePixelRatioF();
    const int n = shown->tokens;
    const HeatWindow whole{0, n, 0, n};
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    for (int i = 0; i < 3; ++i) {
        const QSize pixels(std::max(1, qRound(plan.plot[i].width() * ratio)), std::max(1, qRound(plan.plot[i].height() * ratio)));
        const HeatData heat{i == 0 ? m_large : i == 1 ? m_small : m_difference, n, n, 0, i < 2 ? 1.0F : static_cast<float>(m_range)};
        // Signs would be lost in a maximum: the difference shows the mean of the cells under a pixel.
        painter.drawImage(plan.plot[i], heatImage(heat, whole, pixels, i < 2 ? Pooling::Max : Pooling::Mean, i < 2 ? HeatColors::Cividis : HeatColors::Diverging, theme));
    }
    paintTitles(painter, plan, theme);
    paintRanges(painter, plan, body, theme);
}

void AttentionMaps::paintTitles(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    const PairMark &heads = maps()->heads;
    const QString large = pair()->large.shortName, small = pair()->small.shortName;
    const QString bold[] = {QStringLiteral("%1 %2").arg(large, format::headAddress(heads.layer, heads.head)), QStringLiteral("%1 %2").arg(small, format::headAddress(heads.smallLayer, heads.smallHead)), tr("Difference")};
    QFont strong = typeFont(TypeRole::Label);
    strong.setWeight(QFont::DemiBold);
    for (int i = 0; i < 3; ++i) {
        const double room = i < 2 ? plan.plot[i + 1].left() - plan.plot[i].left() - 6 : 1e6;
        const QRectF row(plan.plot[i].left(), plan.plot[i].top() - scaled(kTitle), std::min(room, std::max(plan.plot[i].width(), scaled(160))), scaled(kTitle) - 2);
        painter.setFont(strong);
        painter.setPen(theme.t1);
        painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(strong).elidedText(bold[i], Qt::ElideMiddle, row.width()));
        if (i < 2)
            continue;
        const double used = QFontMetricsF(strong).horizontalAdvance(bold[i]) + 5;
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(theme.t3);
        painter.drawText(row.adjusted(used, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("%1 − %2").arg(large, small));
    }
}

void AttentionMaps::paintRanges(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    const double height = scaled(20);
    if (plan.foot + height > body.bottom() + 2)
        return;
    const double left = plan.plot[0].left();
    paintRangeBar(painter, QRectF(left, plan.foot, scaled(236), height), format::logTick(kLowest, kLowest), tr("%1 weight, log").arg(format::tick(kHighest)), HeatColors::Cividis, theme);
    painter.setFont(typeFont(TypeRole::Axis));
    const double box = left + scaled(244);
    if (box + scaled(60) < plan.plot[2].left()) {
        painter.fillRect(QRectF(box, plan.foot + height / 2 - 4, 12, 8), theme.masked);
        painter.setPen(theme.t2);
        painter.drawText(QRectF(box + 18, plan.foot, scaled(60), height), Qt::AlignLeft | Qt::AlignVCenter, tr("masked"));
    }
    const QString range = format::signedDecimals(m_range, 2);
    paintRangeBar(painter, QRectF(plan.plot[2].left(), plan.foot, std::max(scaled(150), plan.plot[2].width()), height), format::signedDecimals(-m_range, 2), range, HeatColors::Diverging, theme);
}

void AttentionMaps::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const PairMaps *shown = maps();
    const int key = selection().token;
    if (!shown || key < 0 || key >= shown->tokens)
        return;
    const Plan plan = planFor(body);
    for (const QRectF &plot : plan.plot) {
        const double x = plot.left() + plot.width() * (key + 0.5) / shown->tokens;
        painter.setPen(QPen(QColor(255, 255, 255, 217), 3.5));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
        painter.setPen(QPen(theme.mark, 1.5));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    }
}

int AttentionMaps::keyAt(const QPointF &point) const
{
    const PairMaps *shown = maps();
    if (!shown)
        return -1;
    const Plan plan = planFor(bodyRect());
    for (const QRectF &plot : plan.plot)
        if (plot.contains(point))
            return std::clamp(static_cast<int>((point.x() - plot.left()) / plot.width() * shown->tokens), 0, shown->tokens - 1);
    return -1;
}

void AttentionMaps::mark(int key, Gesture gesture)
{
    Selection next = selection();
    next.token = key;
    request(next, gesture);
}

void AttentionMaps::mouseMoveEvent(QMouseEvent *event)
{
    const int key = keyAt(event->position());
    if (key < 0)
        return QToolTip::hideText();
    const PairMaps &shown = *maps();
    const Plan plan = planFor(bodyRect());
    const int row = std::clamp(static_cast<int>((event->position().y() - plan.plot[0].top()) / plan.plot[0].height() * shown.tokens), 0, shown.tokens - 1);
    const size_t at = static_cast<size_t>(row) * static_cast<size_t>(shown.tokens) + static_cast<size_t>(key);
    const QString text = key > row ? tr("Position %1 cannot see position %2").arg(row).arg(key)
                                   : tr("Position %1 looks at %2: %3 %4, %5 %6")
                                         .arg(row)
                                         .arg(key)
                                         .arg(pair()->large.shortName, format::shortNumber(static_cast<double>(shown.large[at])), pair()->small.shortName, format::shortNumber(static_cast<double>(shown.small[at])));
    QToolTip::showText(event->globalPosition().toPoint(), text, this);
}

void AttentionMaps::mousePressEvent(QMouseEvent *event)
{
    const int key = keyAt(event->position());
    if (event->button() == Qt::LeftButton && key >= 0)
        mark(key, Gesture::Click);
}

void AttentionMaps::leaveEvent(QEvent *event) { PictureView::leaveEvent(event); }

void AttentionMaps::keyPressEvent(QKeyEvent *event)
{
    const PairMaps *shown = maps();
    if (!shown)
        return PictureView::keyPressEvent(event);
    const int key = selection().token, last = shown->tokens - 1;
    switch (event->key()) {
    case Qt::Key_Left: return mark(std::max(0, key - 1), Gesture::Click);
    case Qt::Key_Right: return mark(std::min(last, key + 1), Gesture::Click);
    case Qt::Key_Home: return mark(0, Gesture::Click);
    case Qt::Key_End: return mark(last, Gesture::Click);
    case Qt::Key_Return:
    case Qt::Key_Enter: return mark(std::max(0, key), Gesture::Click);
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

QString AttentionMaps::note() const
{
    const PairMaps *shown = maps();
    if (!shown)
        return {};
    QString text = tr("%1 tokens").arg(format::integer(shown->tokens));
    const auto add = [&](const PairTable *table, const QString &words) {
        if (table)
            text += QStringLiteral(", ") + words.arg(similarityText(static_cast<double>(table->value(shown->heads.layer * pair()->large.heads() + shown->heads.head, shown->heads.smallLayer * pair()->small.heads() + shown->heads.smallHead))));
    };
    add(pair()->find(QStringLiteral("cosine"), 0), tr("cosine %1"));
    add(pair()->find(QStringLiteral("cosine_nosink"), 1), tr("without first token %1"));
    return text;
}

QString AttentionMaps::caption() const
{
    const PairMaps *shown = maps();
    if (!shown)
        return {};
    return tr("Attention weights of head %1 of %2 and head %3 of %4, query positions down, key positions across, log scale from 1e−4 to 0.5; right: their difference.")
        .arg(format::headAddress(shown->heads.layer, shown->heads.head), pair()->large.name, format::headAddress(shown->heads.smallLayer, shown->heads.smallHead), pair()->small.name);
}

QString AttentionMaps::emptyReason() const
{
    if (const QString missing = missingPairReason(pair()); !missing.isEmpty())
        return missing;
    return maps() ? QString() : tr("No maps here. Click a pair of heads with both models loaded; a session keeps the maps of the last pair, up to %1 tokens.").arg(kStoredMapTokens);
}

QString AttentionMaps::csv() const
{
    QString out = QStringLiteral("query position,key position,large weight,small weight,difference\n");
    const PairMaps *shown = maps();
    if (!shown)
        return out;
    for (int row = 0; row < shown->tokens; ++row)
        for (int key = 0; key <= row; ++key) {
            const size_t at = static_cast<size_t>(row) * static_cast<size_t>(shown->tokens) + static_cast<size_t>(key);
            const auto number = [](float v) { return QString::number(static_cast<double>(v), 'g', 7); };
            out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(row).arg(key).arg(number(shown->large[at]), number(shown->small[at]), number(shown->large[at] - shown->small[at]));
        }
    return out;
}

QString AttentionMaps::describe() const
{
    const PairMaps *shown = maps();
    if (!shown)
        return emptyReason();
    const QString heads = tr("%1 with %2").arg(format::headAddress(shown->heads.layer, shown->heads.head), format::headAddress(shown->heads.smallLayer, shown->heads.smallHead));
    const int key = selection().token;
    if (key < 0 || key >= shown->tokens)
        return tr("%1. Arrow keys move the key position.").arg(heads);
    double large = 0, small = 0;
    for (int row = key; row < shown->tokens; ++row) {
        const size_t at = static_cast<size_t>(row) * static_cast<size_t>(shown->tokens) + static_cast<size_t>(key);
        large += static_cast<double>(shown->large[at]);
        small += static_cast<double>(shown->small[at]);
    }
    return tr("%1, key position %2: column sum %3 and %4").arg(heads).arg(key).arg(format::shortNumber(large), format::shortNumber(small));
}

} // namespace winnow
