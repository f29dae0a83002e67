#include "views/prompt_attention.h"

#include "views/attention_maps.h"
#include "views/format.h"
#include "views/grid_view.h"
#include "views/heat_image.h"
#include "views/type.h"

#include <QAction>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QSpinBox>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kLeft = 34, kRight = 14, kSums = 34, kGap = 4, kFoot = 22;

} // namespace

PromptAttention::PromptAttention(QWidget *parent)
    : PictureView(parent)
    , m_maskAction(new QAction(tr("Mask token 0"), this))
{
    setAccessibleName(tr("Attention map of the prompt"));
    m_maskAction->setCheckable(true);
    m_maskAction->setChecked(m_masked);
    connect(m_maskAction, &QAction::toggled, this, &PromptAttention::setMasksFirst);
    addAction(m_maskAction);
}

QVector<QWidget *> PromptAttention::headerControls()
{
    if (!m_layerBox) {
        const auto make = [this](const QString &prefix, const QString &mean, const QString &name) {
            auto *box = new QSpinBox(this);
            box->setPrefix(prefix);
            box->setMinimum(PromptMap::kMean);
            box->setSpecialValueText(mean);
            box->setToolTip(tr("One by its number; the lowest value is the mean over all"));
            box->setFont(typeFont(TypeRole::Label));
            box->setFixedHeight(22);
            box->setKeyboardTracking(false);
            box->setAccessibleName(name);
            box->setMinimumWidth(box->sizeHint().width() + qRound(scaled(14))); // the style sheet's padding, which the hint leaves out
            box->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed); // never squeezed: the header gives it a row
            return box;
        };
        m_layerBox = make(tr("layer "), tr("mean of layers"), tr("Layer"));
        m_headBox = make(tr("head "), tr("mean of heads"), tr("Head"));
        connect(m_layerBox, &QSpinBox::valueChanged, this, [this](int layer) {
            setHead(layer, m_head);
            Q_EMIT mapRequested(m_layer, m_head);
        });
        connect(m_headBox, &QSpinBox::valueChanged, this, [this](int head) {
            setHead(m_layer, head);
            Q_EMIT mapRequested(m_layer, m_head);
        });
        refreshControls();
    }
    return {m_layerBox, m_headBox};
}

void PromptAttention::refreshControls()
{
    if (!m_layerBox || !m_headBox)
        return;
    const QSignalBlocker quiet(m_layerBox), silent(m_headBox);
    m_layerBox->setMaximum(m_of ? m_of->layers - 1 : std::max(PromptMap::kMean, m_layer));
    m_headBox->setMaximum(m_of ? m_of->heads - 1 : std::max(PromptMap::kMean, m_head));
    m_layerBox->setValue(m_layer);
    m_headBox->setValue(m_head);
}

void PromptAttention::setHead(int layer, int head)
{
    layer = std::max(PromptMap::kMean, layer);
    head = std::max(PromptMap::kMean, head);
    if (layer == m_layer && head == m_head)
        return;
    m_layer = layer;
    m_head = head;
    refreshControls();
}

void PromptAttention::setMasksFirst(bool masked)
{
    m_maskAction->setChecked(masked);
    if (masked == m_masked)
        return;
    m_masked = masked;
    refreshShades();
    invalidateBase();
    Q_EMIT headerChanged();
}

bool PromptAttention::dataChanged()
{
    const std::shared_ptr<const PromptMap> now = data().promptMap;
    if (now == m_of)
        return false;
    m_of = now;
    if (m_of) {
        m_layer = std::min(m_layer, m_of->layers - 1);
        m_head = std::min(m_head, m_of->heads - 1);
    }
    refreshControls();
    refreshShades();
    return true;
}

void PromptAttention::refreshShades()
{
    m_shades.clear();
    m_sums.clear();
    if (!m_of)
        return;
    const auto n = static_cast<size_t>(m_of->tokens);
    m_shades.resize(n * n);
    m_sums.assign(n, 0);
    for (size_t row = 0; row < n; ++row)
        for (size_t column = 0; column < n; ++column) {
            const float value = m_masked && column == 0 ? std::numeric_limits<float>::quiet_NaN() : m_of->values[row * n + column];
            m_shades[row * n + column] = attentionShade(value);
            m_sums[column] += std::isnan(value) ? 0 : value;
        }
}

PromptAttention::Plan PromptAttention::planFor(const QRectF &body) const
{
    Plan plan;
    const double width = body.width() - scaled(kLeft) - kRight, height = body.height() - scaled(kSums) - kGap - scaled(kFoot);
    const double side = std::max(10.0, std::floor(std::min(width, height)));
    plan.map = QRectF(body.left() + scaled(kLeft), body.top() + scaled(kSums) + kGap, side, side);
    plan.sums = QRectF(plan.map.left(), body.top() + 2, side, scaled(kSums) - 2);
    return plan;
}

void PromptAttention::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_of || m_of->tokens == 0)
        return;
    const Plan plan = planFor(body);
    const int n = m_of->tokens;
    const bool vector = painter.paintEngine()->type() != QPaintEngine::Raster;
    const double ratio = vector ? 2 : painter.device()->devicePixelRatioF();
    const QSize pixels(std::max(1, qRound(plan.map.width() * ratio)), std::max(1, qRound(plan.map.height() * ratio)));
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(plan.map, heatImage({m_shades, n, n, 0, 1}, {0, n, 0, n}, pixels, Pooling::Max, HeatColors::Cividis, theme));
    const float most = *std::max_element(m_sums.begin(), m_sums.end());
    for (int i = 0; i < n; ++i) {
        const double step = plan.sums.width() / n, height = most > 0 ? plan.sums.height() * static_cast<double>(m_sums[static_cast<size_t>(i)] / most) : 0;
        const bool cut = data().current.prompt && data().current.prompt->cutBy(i, data().current.prompt->shownStage(selection().step));
        painter.fillRect(QRectF(plan.sums.left() + i * step, plan.sums.bottom() - height, std::max(0.8, step > 2.5 ? step - 1 : step), height), cut ? theme.border : theme.accent);
    }
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t3);
    painter.drawText(QRectF(body.left(), plan.map.top() - 2, scaled(kLeft) - 5, scaled(14)), Qt::AlignRight | Qt::AlignTop, QStringLiteral("0"));
    painter.drawText(QRectF(body.left(), plan.map.bottom() - scaled(13), scaled(kLeft) - 5, scaled(14)), Qt::AlignRight | Qt::AlignBottom, QString::number(n - 1));
    painter.drawText(QRectF(body.left(), plan.sums.top(), scaled(kLeft) - 5, plan.sums.height()), Qt::AlignRight | Qt::AlignVCenter, tr("sum"));
    const double beside = plan.map.right() + 16;
    const bool roomBeside = body.right() - beside > scaled(190);
    const QRectF bar = roomBeside ? QRectF(beside, plan.map.top(), scaled(190), scaled(20)) : QRectF(plan.map.left(), plan.map.bottom() + 2, std::min(scaled(200), body.right() - kRight - plan.map.left()), scaled(20));
    paintRangeBar(painter, bar, format::logTick(AttentionMaps::kLowest, AttentionMaps::kLowest), tr("%1 weight, log").arg(format::tick(AttentionMaps::kHighest)), HeatColors::Cividis, theme);
    if (roomBeside) {
        painter.setFont(typeFont(TypeRole::Hint));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(beside, bar.bottom() + 6, body.right() - kRight - beside, plan.map.bottom() - bar.bottom()), Qt::AlignLeft | Qt::TextWordWrap, tr("Rows are the tokens that look, columns those that are looked at. The bars above are the sums of the columns; grey: cut."));
    }
}

void PromptAttention::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens)
        return;
    const Plan plan = planFor(body);
    const double x = plan.map.left() + plan.map.width() * (token + 0.5) / m_of->tokens;
    painter.setPen(QPen(QColor(255, 255, 255, 217), 3.5));
    painter.drawLine(QPointF(x, plan.map.top()), QPointF(x, plan.map.bottom()));
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(x, plan.sums.top()), QPointF(x, plan.map.bottom()));
}

int PromptAttention::tokenAt(const QPointF &point) const
{
    if (!m_of)
        return -1;
    const Plan plan = planFor(bodyRect());
    if (!plan.map.united(plan.sums).contains(point))
        return -1;
    return std::clamp(static_cast<int>((point.x() - plan.map.left()) / plan.map.width() * m_of->tokens), 0, m_of->tokens - 1);
}

void PromptAttention::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

void PromptAttention::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (token != selection().token)
        moveTo(token, Gesture::Hover);
}

void PromptAttention::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position());
    token >= 0 ? moveTo(token, Gesture::Click) : requestClear();
}

void PromptAttention::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptAttention::keyPressEvent(QKeyEvent *event)
{
    const int count = m_of ? m_of->tokens : 0;
    int next = selection().token;
    switch (event->key()) {
    case Qt::Key_Left: --next; break;
    case Qt::Key_Right: ++next; break;
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    if (count > 0)
        moveTo(std::clamp(next, 0, count - 1), Gesture::Click);
}

QString PromptAttention::note() const { return m_of && m_masked ? tr("token 0 masked") : QString(); }

QString PromptAttention::emptyReason() const
{
    if (m_of)
        return {};
    const PromptDataPtr prompt = data().current.prompt;
    if (!prompt)
        return tr("No map yet. Open a text, and a model that reads it.");
    if (prompt->tokens() > kMostTokens)
        return tr("Too long for a map. It has a cell for every pair of tokens and is drawn up to %1 tokens; this prompt has %2. The sums of its columns stand in the strip Attention.")
            .arg(format::integer(kMostTokens), format::integer(prompt->tokens()));
    return tr("The map is on its way. The scoring model reads the prompt once for it.");
}

QString PromptAttention::caption() const
{
    if (!m_of)
        return {};
    const bool layers = m_of->layer < 0, heads = m_of->head < 0; // the mean of
    const QString which = layers && heads ? tr("mean of all heads of all layers")
        : layers                          ? tr("mean of head %1 over all layers").arg(m_of->head)
        : heads                           ? tr("mean of the heads of layer %1").arg(m_of->layer)
                                          : tr("head %1").arg(format::headAddress(m_of->layer, m_of->head));
    return tr("Attention over the prompt, %1, log scale from %2 to %3.").arg(which).arg(AttentionMaps::kLowest).arg(AttentionMaps::kHighest) + (m_masked ? tr(" Token 0 is masked.") : QString());
}

QString PromptAttention::csv() const
{
    QString out = QStringLiteral("token,column sum\n");
    for (size_t i = 0; i < m_sums.size(); ++i)
        out += QStringLiteral("%1,%2\n").arg(i).arg(static_cast<double>(m_sums[i]), 0, 'g', 9);
    return out;
}

QString PromptAttention::describe() const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens)
        return tr("Nothing marked. Left and right move from token to token.");
    const PromptDataPtr prompt = data().current.prompt;
    return tr("Token %1%2, column sum %3").arg(token).arg(prompt ? QStringLiteral(", “%1”").arg(prompt->text->label(token)) : QString(), format::shortNumber(static_cast<double>(m_sums[static_cast<size_t>(token)])));
}

QJsonObject PromptAttention::saveState() const { return {{QStringLiteral("layer"), m_layer}, {QStringLiteral("head"), m_head}, {QStringLiteral("maskFirst"), m_masked}}; }

void PromptAttention::restoreState(const QJsonObject &state)
{
    setHead(state.value(QStringLiteral("layer")).toInt(m_layer), state.value(QStringLiteral("head")).toInt(m_head));
    setMasksFirst(state.value(QStringLiteral("maskFirst")).toBool(m_masked));
}

} // namespace winnow
