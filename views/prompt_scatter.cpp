#include "views/prompt_scatter.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace winnow {

namespace {

constexpr double kReach = 9;

double median(std::vector<float> values)
{
    std::erase_if(values, [](float value) { return std::isnan(value); });
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return static_cast<double>(*middle);
}

} // namespace

PromptScatter::PromptScatter(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Information against attention of every token"));
}

bool PromptScatter::dataChanged()
{
    m_of = data().current.prompt;
    refreshPoints();
    return true;
}

bool PromptScatter::followSelection(const Selection &before)
{
    if (before.step == selection().step)
        return false;
    refreshPoints();
    return true;
}

void PromptScatter::refreshPoints()
{
    m_information.clear();
    m_attention.clear();
    m_byInformation.clear();
    m_quadrants = {};
    if (!m_of || m_of->scores.empty() || m_of->scores.front().information.empty() || m_of->scores.front().attention.empty())
        return;
    m_information = m_of->scores.front().information;
    m_attention = m_of->scores.front().attention;
    m_middleInformation = median(m_information);
    m_middleAttention = median(m_attention);
    m_correlation = correlation(m_information, m_attention);
    std::vector<int> scored;
    for (int i = 0; i < m_of->tokens(); ++i)
        if (!std::isnan(m_information[static_cast<size_t>(i)]) && !std::isnan(m_attention[static_cast<size_t>(i)]))
            scored.push_back(i);
    int kept = 0;
    for (const int token : scored) {
        const bool right = static_cast<double>(m_information[static_cast<size_t>(token)]) > m_middleInformation;
        const bool above = static_cast<double>(m_attention[static_cast<size_t>(token)]) > m_middleAttention;
        ++m_quadrants[(above ? 2U : 0U) + (right ? 1U : 0U)];
        kept += m_of->cutBy(token, m_of->shownStage(selection().step)) ? 0 : 1;
    }
    // What information alone keeps of the same number: the highest, ties to the lower index.
    std::stable_sort(scored.begin(), scored.end(), [this](int a, int b) { return m_information[static_cast<size_t>(a)] > m_information[static_cast<size_t>(b)]; });
    m_byInformation.assign(m_information.size(), false);
    for (int i = 0; i < kept; ++i)
        m_byInformation[static_cast<size_t>(scored[static_cast<size_t>(i)])] = true;
}

PromptScatter::Kind PromptScatter::kindOf(int token) const
{
    if (!m_of || m_of->cutBy(token, m_of->shownStage(selection().step)))
        return Kind::Cut;
    return static_cast<size_t>(token) < m_byInformation.size() && !m_byInformation[static_cast<size_t>(token)] ? Kind::Rescued : Kind::Kept;
}

PlotFrame PromptScatter::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body);
    std::vector<double> xs, ys;
    for (size_t i = 0; i < m_information.size(); ++i)
        if (!std::isnan(m_information[i]) && !std::isnan(m_attention[i])) {
            xs.push_back(static_cast<double>(m_information[i]));
            ys.push_back(static_cast<double>(m_attention[i]));
        }
    frame.x = ChartAxis::linear(xs, true);
    frame.y = ChartAxis::logarithmic(ys); // a few tokens take most of the attention
    frame.yTitle = tr("attention, sum, log scale");
    frame.xTitle = tr("information, nats");
    return frame;
}

void PromptScatter::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_information.empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    QPen dotted(theme.t3, 1);
    dotted.setDashPattern({1.5, 2.5});
    painter.setPen(dotted);
    const QPointF middle = frame.at(m_middleInformation, m_middleAttention);
    painter.drawLine(QPointF(middle.x(), frame.plot.top()), QPointF(middle.x(), frame.plot.bottom()));
    painter.drawLine(QPointF(frame.plot.left(), middle.y()), QPointF(frame.plot.right(), middle.y()));
    for (const Kind pass : {Kind::Cut, Kind::Kept, Kind::Rescued})
        for (int i = 0; i < m_of->tokens(); ++i) {
            const auto at = static_cast<size_t>(i);
            if (kindOf(i) != pass || std::isnan(m_information[at]) || std::isnan(m_attention[at]))
                continue;
            painter.setPen(pass == Kind::Rescued ? QPen(theme.merged.line, 1.5) : QPen(Qt::NoPen));
            painter.setBrush(pass == Kind::Cut ? theme.border : theme.accent);
            painter.drawEllipse(frame.at(static_cast<double>(m_information[at]), std::max(frame.y.lo, static_cast<double>(m_attention[at]))), pass == Kind::Rescued ? 3.2 : 2.2, pass == Kind::Rescued ? 3.2 : 2.2);
        }
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    const QRectF plot = frame.plot.adjusted(4, 1, -2, -2);
    QColor halo = theme.surface;
    halo.setAlphaF(0.85F);
    const std::array corners{Qt::AlignLeft | Qt::AlignBottom, Qt::AlignRight | Qt::AlignBottom, Qt::AlignLeft | Qt::AlignTop, Qt::AlignRight | Qt::AlignTop};
    for (size_t i = 0; i < corners.size(); ++i) { // on ground of their own: the points crowd at the edges
        const QString count = QString::number(m_quadrants[i]);
        painter.fillRect(painter.boundingRect(plot, static_cast<int>(corners[i]), count).adjusted(-2, 0, 2, 0), halo);
        painter.drawText(plot, static_cast<int>(corners[i]), count);
    }
}

QPointF PromptScatter::pointOf(int token) const
{
    const auto at = static_cast<size_t>(token);
    if (token < 0 || at >= m_information.size() || std::isnan(m_information[at]) || std::isnan(m_attention[at]))
        return {};
    const PlotFrame frame = frameIn(bodyRect());
    return frame.at(static_cast<double>(m_information[at]), std::max(frame.y.lo, static_cast<double>(m_attention[at])));
}

void PromptScatter::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const auto at = static_cast<size_t>(selection().token);
    if (selection().token < 0 || at >= m_information.size() || std::isnan(m_information[at]) || std::isnan(m_attention[at]))
        return;
    const PlotFrame frame = frameIn(body);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawEllipse(frame.at(static_cast<double>(m_information[at]), std::max(frame.y.lo, static_cast<double>(m_attention[at]))), 6, 6);
}

int PromptScatter::tokenAt(const QPointF &point) const
{
    const PlotFrame frame = frameIn(bodyRect());
    int best = -1;
    double nearest = kReach * kReach;
    for (size_t i = 0; i < m_information.size(); ++i) {
        if (std::isnan(m_information[i]) || std::isnan(m_attention[i]))
            continue;
        const QPointF d = frame.at(static_cast<double>(m_information[i]), std::max(frame.y.lo, static_cast<double>(m_attention[i]))) - point;
        if (const double distance = QPointF::dotProduct(d, d); distance < nearest) {
            nearest = distance;
            best = static_cast<int>(i);
        }
    }
    return best;
}

void PromptScatter::moveTo(int token, Gesture gesture)
{
    Selection next = selection();
    next.token = token;
    request(next, gesture);
}

void PromptScatter::mouseMoveEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position());
    if (token != selection().token)
        moveTo(token, Gesture::Hover);
}

void PromptScatter::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const int token = tokenAt(event->position());
    token >= 0 ? moveTo(token, Gesture::Click) : requestClear();
}

void PromptScatter::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        moveTo(-1, Gesture::Hover);
}

void PromptScatter::keyPressEvent(QKeyEvent *event)
{
    const int count = static_cast<int>(m_information.size());
    int step = 0;
    switch (event->key()) {
    case Qt::Key_Left: step = -1; break;
    case Qt::Key_Right: step = 1; break;
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    for (int next = selection().token + step; next >= 0 && next < count; next += step)
        if (!std::isnan(m_information[static_cast<size_t>(next)]))
            return moveTo(next, Gesture::Click);
}

QString PromptScatter::note() const { return m_information.empty() || !std::isfinite(m_correlation) ? QString() : tr("r %1").arg(format::signedDecimals(m_correlation, 3)); }

QVector<LegendEntry> PromptScatter::legend(const Theme &theme) const
{
    if (m_information.empty())
        return {};
    int rescued = 0;
    for (int i = 0; i < m_of->tokens(); ++i)
        rescued += kindOf(i) == Kind::Rescued && !std::isnan(m_information[static_cast<size_t>(i)]) ? 1 : 0;
    return {LegendEntry{LegendEntry::Sample::Fills, {theme.accent}, {}, {}, tr("kept"), {}}, LegendEntry{LegendEntry::Sample::Fills, {theme.border}, {}, {}, tr("cut"), {}},
        LegendEntry{LegendEntry::Sample::Fills, {theme.merged.line}, {}, {}, (width() < scaled(340) ? tr("%1 only by attention") : tr("%1 kept, dropped by information alone")).arg(rescued), {}}};
}

QString PromptScatter::emptyReason() const { return m_information.empty() ? tr("No pair of scores. DAC and its presets measure information and attention.") : QString(); }

QString PromptScatter::caption() const { return tr("Information and received attention of the tokens at the first stage, %1 at %2; dotted lines are the medians, numbers count the quadrants.").arg(data().current.title, data().current.budget); }

QString PromptScatter::csv() const
{
    QString out = QStringLiteral("token,information nats,attention sum,kept,dropped by information alone\n");
    const auto number = [](float value) { return std::isnan(value) ? QString() : QString::number(static_cast<double>(value), 'g', 9); };
    for (size_t i = 0; i < m_information.size(); ++i) {
        const Kind kind = kindOf(static_cast<int>(i));
        out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(i).arg(number(m_information[i]), number(m_attention[i])).arg(kind == Kind::Cut ? 0 : 1).arg(m_byInformation[i] ? 0 : 1);
    }
    return out;
}

QString PromptScatter::describe() const
{
    const int token = selection().token;
    if (token < 0 || static_cast<size_t>(token) >= m_information.size())
        return tr("Nothing marked. Left and right move from token to token.");
    const Kind kind = kindOf(token);
    return tr("Token %1, “%2”: %3 nats, attention %4, %5").arg(token).arg(m_of->text->label(token), format::shortNumber(static_cast<double>(m_information[static_cast<size_t>(token)])), format::shortNumber(static_cast<double>(m_attention[static_cast<size_t>(token)])),
        kind == Kind::Cut ? tr("cut") : kind == Kind::Rescued ? tr("kept, dropped by information alone") : tr("kept"));
}

} // namespace winnow
