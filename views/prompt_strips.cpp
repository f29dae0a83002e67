#include "views/prompt_strips.h"

#include "views/format.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QAction>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kNames = 86, kRight = 16, kTop = 2, kAxis = 22;
constexpr double kUsual = 0.98; // share of the bars that end inside their strip: a sink must not flatten the others

double topOf(std::vector<float> values)
{
    std::erase_if(values, [](float value) { return std::isnan(value); });
    if (values.empty())
        return 1;
    const auto at = values.begin() + static_cast<long>(static_cast<double>(values.size() - 1) * kUsual);
    std::nth_element(values.begin(), at, values.end());
    return std::max(1e-9, static_cast<double>(*at));
}

} // namespace

PromptStrips::PromptStrips(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Information, attention and fused score of every token"));
    auto *shown = new QAction(tr("Scores of the shown stage"), this);
    shown->setObjectName(QStringLiteral("shownStage"));
    shown->setCheckable(true);
    connect(shown, &QAction::toggled, this, [this](bool on) { setScores(on ? Scores::Shown : Scores::First); });
    addAction(shown);
}

int PromptStrips::stage() const { return m_of ? m_of->shownStage(selection().step) : 0; }

void PromptStrips::setScores(Scores scores)
{
    if (scores == m_scores)
        return;
    m_scores = scores;
    for (QAction *action : actions())
        if (action->objectName() == QLatin1String("shownStage"))
            action->setChecked(scores == Scores::Shown);
    refreshStrips();
    invalidateBase();
    Q_EMIT headerChanged();
}

bool PromptStrips::dataChanged()
{
    m_of = data().current.prompt;
    refreshStrips();
    return true;
}

bool PromptStrips::followSelection(const Selection &before)
{
    if (before.step == selection().step)
        return false;
    refreshStrips();
    return true;
}

void PromptStrips::refreshStrips()
{
    m_strips.clear();
    m_correlation = std::nan("");
    if (!m_of || m_of->scores.empty())
        return;
    const PromptScores *scores = m_scores == Scores::Shown ? m_of->scoresOf(stage()) : &m_of->scores.front();
    if (!scores)
        return;
    const bool change = m_scores == Scores::Shown && stage() > 1;
    const auto add = [&](const QString &name, const QString &unit, std::vector<float> values, std::vector<float> before) {
        if (values.size() != static_cast<size_t>(m_of->tokens()))
            return;
        const double top = std::max(topOf(values), before.empty() ? 0 : topOf(before));
        m_strips.push_back({name, unit, std::move(values), std::move(before), top});
    };
    add(tr("Information"), tr("nats"), scores->information, change ? m_of->scores.front().information : std::vector<float>());
    add(tr("Attention"), tr("sum"), scores->attention, {});
    if (!scores->fused.empty() && !scores->information.empty() && !scores->attention.empty())
        add(tr("Fused"), tr("share"), fusedShares(scores->fused), {});
    else
        add(tr("Value"), {}, scores->fused, {});
    m_correlation = correlation(scores->information, scores->attention);
}

QString PromptStrips::note() const
{
    if (!m_of || m_strips.empty())
        return {};
    QStringList parts;
    if (stage() > 0)
        parts << (m_of->stageCount > 1 ? tr("grey: cut by stage %1").arg(stage()) : tr("grey: cut"));
    if (m_scores == Scores::Shown && stage() > 1)
        parts << tr("orange: information gained since stage 1, pale: lost");
    if (std::isfinite(m_correlation))
        parts << tr("correlation of information and attention %1").arg(format::signedDecimals(m_correlation, 2));
    return parts.join(QStringLiteral("   "));
}

PromptStrips::Plan PromptStrips::planFor(const QRectF &body) const
{
    Plan plan;
    plan.plot = QRectF(body.left() + scaled(kNames), body.top() + kTop, std::max(20.0, body.width() - scaled(kNames) - kRight), std::max(20.0, body.height() - kTop - scaled(kAxis)));
    const double count = std::max<double>(1, static_cast<double>(m_strips.size()));
    plan.gap = plan.plot.height() > 90 ? 5 : 3;
    plan.height = (plan.plot.height() - plan.gap * (count - 1)) / count;
    return plan;
}

QRectF PromptStrips::barAt(const QRectF &rect, int token, double share) const
{
    const double step = rect.width() / std::max(1, m_of->tokens());
    const double width = step > 2.5 ? step - 1 : step;
    const double height = std::clamp(share, 0.0, 1.0) * rect.height();
    return {rect.left() + token * step, rect.bottom() - height, std::max(width, 0.8), height};
}

void PromptStrips::paintChange(QPainter &painter, const QRectF &rect, const Strip &strip, int token, const Theme &theme) const
{
    const auto at = static_cast<size_t>(token);
    if (at >= strip.before.size() || std::isnan(strip.before[at]) || std::isnan(strip.values[at]))
        return;
    const double now = std::min(1.0, static_cast<double>(strip.values[at]) / strip.top), then = std::min(1.0, static_cast<double>(strip.before[at]) / strip.top);
    QRectF bar = barAt(rect, token, std::max(now, then));
    bar.setBottom(rect.bottom() - std::min(now, then) * rect.height());
    QColor lost = theme.better;
    lost.setAlphaF(0.45F);
    painter.fillRect(bar, now > then ? theme.worse : lost);
}

void PromptStrips::paintStrip(QPainter &painter, const QRectF &rect, const Strip &strip, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF name(painter.font());
    const double left = rect.left() - scaled(kNames) + 14;
    const bool two = rect.height() >= scaled(26);
    painter.setPen(theme.t2);
    painter.drawText(QPointF(left, rect.top() + (two ? name.ascent() : (rect.height() + name.ascent()) / 2)), strip.name);
    if (two) {
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t3);
        painter.drawText(QPointF(left, rect.top() + name.height() + QFontMetricsF(painter.font()).ascent() - 2), strip.unit);
    }
    painter.fillRect(QRectF(rect.left(), std::round(rect.bottom()), rect.width(), 1), theme.hair);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, rect.width() / std::max(1, m_of->tokens()) < 3);
    for (int token = 0; token < m_of->tokens(); ++token) {
        const float value = strip.values[static_cast<size_t>(token)];
        if (std::isnan(value))
            continue;
        painter.fillRect(barAt(rect, token, static_cast<double>(value) / strip.top), m_of->cutBy(token, stage()) ? theme.border : theme.accent);
        if (!strip.before.empty() && !m_of->cutBy(token, stage()))
            paintChange(painter, rect, strip, token, theme);
    }
    painter.restore();
}

void PromptStrips::paintAxis(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const double y = plan.plot.bottom() + 4;
    const int last = m_of->tokens() - 1;
    const double step = plan.plot.width() / std::max(1, m_of->tokens());
    painter.setPen(theme.t3);
    for (const int tick : indexTicks(0, last, std::clamp(static_cast<int>(plan.plot.width() / scaled(120)), 1, 8))) {
        const double x = plan.plot.left() + (tick + 0.5) * step;
        const QString text = format::integer(tick);
        const double width = QFontMetricsF(painter.font()).horizontalAdvance(text);
        painter.drawText(QRectF(std::min(x - width / 2, plan.plot.right() - width + 2), y, width + 2, scaled(16)), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void PromptStrips::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!m_of || m_strips.empty())
        return;
    const Plan plan = planFor(body);
    for (size_t i = 0; i < m_strips.size(); ++i)
        paintStrip(painter, plan.strip(i), m_strips[i], theme);
    paintAxis(painter, plan, theme);
}

void PromptStrips::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    if (!m_of || m_strips.empty() || token < 0 || token >= m_of->tokens())
        return;
    const Plan plan = planFor(body);
    const double x = plan.plot.left() + (token + 0.5) * plan.plot.width() / m_of->tokens();
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawLine(QPointF(x, plan.plot.top() - 1), QPointF(x, plan.plot.bottom() + 1));
}

int PromptStrips::tokenAt(double x) const
{
    if (!m_of || m_strips.empty())
        return -1;
    const Plan plan = planFor(bodyRect());
    const int token = static_cast<int>(std::floor((x - plan.plot.left()) / plan.plot.width() * m_of->tokens()));
    return token < 0 || token >= m_of->tokens() ? -1 : token;
}

double PromptStrips::tokenX(int token) const
{
    const Plan plan = planFor(bodyRect());
    return plan.plot.left() + (token + 0.5) * plan.plot.width() / std::max(1, m_of ? m_of->tokens() : 1);
}

void PromptStrips::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

void PromptStrips::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position().x());
    if (token != selection().token)
        moveTo(token, Gesture::Hover);
}

void PromptStrips::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position().x());
    token >= 0 ? moveTo(token, Gesture::Click) : requestClear();
}

void PromptStrips::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptStrips::keyPressEvent(QKeyEvent *event)
{
    const int count = m_of ? m_of->tokens() : 0;
    if (count == 0)
        return PictureView::keyPressEvent(event);
    int next = std::min(selection().token, count - 1);
    switch (event->key()) {
    case Qt::Key_Left: --next; break;
    case Qt::Key_Right: ++next; break;
    case Qt::Key_Home: next = 0; break;
    case Qt::Key_End: next = count - 1; break;
    case Qt::Key_Escape: return requestClear();
    case Qt::Key_Return:
    case Qt::Key_Enter: return moveTo(next, Gesture::Click);
    default: return PictureView::keyPressEvent(event);
    }
    moveTo(std::clamp(next, 0, count - 1), Gesture::Click);
}

QString PromptStrips::emptyReason() const
{
    if (!m_of)
        return tr("No scores yet. Open a text, and a model that reads it.");
    return m_strips.empty() ? tr("This method scores no tokens. DAC and its presets do, so do LLMLingua and Selective-Context.") : QString();
}

QString PromptStrips::caption() const
{
    const QString which = m_scores == Scores::First || stage() <= 1 ? tr("of the first stage") : tr("stage %1 selects on").arg(stage());
    return tr("Scores %1, by original position; %2 at %3. Bars end at the 98th percentile of their strip.").arg(which, data().current.title, data().current.budget);
}

QString PromptStrips::csv() const
{
    QString out = QStringLiteral("token,stage of removal");
    for (const Strip &strip : m_strips)
        out += QStringLiteral(",%1 %2").arg(strip.name, strip.unit);
    out += QLatin1Char('\n');
    for (int i = 0; m_of && i < m_of->tokens(); ++i) {
        out += QStringLiteral("%1,%2").arg(i).arg(m_of->stageOf[static_cast<size_t>(i)]);
        for (const Strip &strip : m_strips) {
            const float value = strip.values[static_cast<size_t>(i)];
            out += QLatin1Char(',') + (std::isnan(value) ? QString() : QString::number(static_cast<double>(value), 'g', 9));
        }
        out += QLatin1Char('\n');
    }
    return out;
}

QString PromptStrips::describe() const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens())
        return tr("Nothing marked. Left and right move from token to token.");
    QStringList parts{tr("token %1, “%2”").arg(token).arg(m_of->text->label(token))};
    for (const Strip &strip : m_strips)
        parts << tr("%1 %2").arg(strip.name, format::shortNumber(static_cast<double>(strip.values[static_cast<size_t>(token)])));
    return parts.join(QStringLiteral(", "));
}

QJsonObject PromptStrips::saveState() const { return {{QStringLiteral("shownStage"), m_scores == Scores::Shown}}; }

void PromptStrips::restoreState(const QJsonObject &state)
{
    setScores(state.value(QStringLiteral("shownStage")).toBool(m_scores == Scores::Shown) ? Scores::Shown : Scores::First);
}

} // namespace winnow
