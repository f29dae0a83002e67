#include "views/format.h"
#include "views/score_histogram.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

QString ScoreHistogram::note() const
{
    if (m_samples.empty())
        return {};
    const QString where = m_head < 0 ? tr("layer %1").arg(m_layer) : tr("head %1").arg(format::headAddress(m_layer, m_head));
    return m_belowRange > 0 ? tr("%1, %2 at or below 0 in the first bar").arg(where).arg(m_belowRange) : where;
}

QVector<LegendEntry> ScoreHistogram::legend(const Theme &theme) const
{
    if (m_samples.empty())
        return {};
    int kept = 0, evicted = 0;
    for (const Bin &bin : m_bins) {
        kept += bin.kept;
        evicted += bin.evicted;
    }
    const QColor keptColor = data().current.index >= 0 ? theme.run(data().current.index).color : theme.accent;
    const QColor evictedColor = theme.kind == ThemeKind::Light ? theme.border : theme.disabled;
    return {{LegendEntry::Sample::Fills, {keptColor}, {}, {}, tr("kept %1").arg(format::integer(kept)), {}},
        {LegendEntry::Sample::Fills, {evictedColor}, {}, {}, tr("evicted %1").arg(format::integer(evicted)), {}}};
}

QString ScoreHistogram::emptyReason() const
{
    if (!data().current.report)
        return tr("Nothing selected yet. Move the budget to see the scores it cuts.");
    if (!m_kept || !m_kept->hasScores())
        return tr("No scores here. This method does not rank tokens, or the run was stored without scores.");
    if (m_samples.empty())
        return tr("Layer %1 has no ranked scores. Mark another layer in the map.").arg(m_layer);
    return {};
}

QString ScoreHistogram::caption() const
{
    const QString where = m_head < 0 ? tr("all heads of layer %1").arg(m_layer) : tr("head %1").arg(format::headAddress(m_layer, m_head));
    return tr("Scores %1 ranks the tokens of %2 by, and the cut at %3; %4 protected tokens are not ranked.")
        .arg(data().current.title, where, data().current.budget)
        .arg(m_protected);
}

QString ScoreHistogram::csv() const
{
    QString out = QStringLiteral("layer,head,token,score,kept\n");
    for (const Sample &sample : m_samples)
        out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(m_layer).arg(sample.head).arg(sample.token).arg(static_cast<double>(sample.score), 0, 'g', 9).arg(sample.kept ? 1 : 0);
    return out;
}

QString ScoreHistogram::describe() const
{
    const int token = selection().token;
    const QString cutText = m_cut ? tr("The cut is at %1.").arg(format::shortNumber(*m_cut)) : tr("Nothing is cut.");
    if (!m_kept || token < 0 || token >= m_kept->tokens())
        return cutText;
    QStringList scores;
    for (int h = std::max(0, m_head); h <= (m_head < 0 ? m_kept->heads() - 1 : m_head); ++h)
        scores << tr("head %1: %2").arg(h).arg(format::shortNumber(static_cast<double>(m_kept->score(m_layer, h, token))));
    return tr("Token %1, layer %2, %3. %4").arg(token).arg(m_layer).arg(scores.join(QStringLiteral(", ")), cutText);
}

QJsonObject ScoreHistogram::saveState() const { return {{QStringLiteral("layer"), m_layer}, {QStringLiteral("head"), m_head}}; }

void ScoreHistogram::restoreState(const QJsonObject &state)
{
    m_layer = std::max(0, state.value(QStringLiteral("layer")).toInt(m_layer));
    m_head = state.value(QStringLiteral("head")).toInt(m_head);
    collect();
    invalidateBase();
    Q_EMIT headerChanged();
}

int ScoreHistogram::nearestToken(double score) const
{
    const auto it = std::lower_bound(m_samples.begin(), m_samples.end(), score, [](const Sample &s, double v) { return static_cast<double>(s.score) < v; });
    if (it == m_samples.end())
        return m_samples.empty() ? -1 : m_samples.back().token;
    return it->token;
}

void ScoreHistogram::mouseMoveEvent(QMouseEvent *event)
{
    if (m_samples.empty())
        return;
    const QRectF plot = plotRect(bodyRect());
    const double share = (event->position().x() - plot.left()) / plot.width();
    if (m_dragged) {
        m_dragged = scoreAtPosition(share);
        return update();
    }
    const double cutX = m_cut ? plot.left() + plot.width() * positionOf(*m_cut) : -1e9;
    setCursor(std::abs(event->position().x() - cutX) <= 5 ? Qt::SplitHCursor : Qt::ArrowCursor);
    if (!plot.contains(event->position()))
        return;
    Selection next = selection();
    next.token = nearestToken(scoreAtPosition(share));
    if (next.token != selection().token)
        request(next, Gesture::Hover);
}

void ScoreHistogram::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_samples.empty())
        return;
    const QRectF plot = plotRect(bodyRect());
    if (m_cut && std::abs(event->position().x() - (plot.left() + plot.width() * positionOf(*m_cut))) <= 7) {
        m_dragged = m_cut;
        return update();
    }
    if (plot.contains(event->position())) {
        Selection next = selection();
        next.layer = m_layer;
        next.token = nearestToken(scoreAtPosition((event->position().x() - plot.left()) / plot.width()));
        request(next, Gesture::Click);
    }
}

void ScoreHistogram::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || !m_dragged)
        return;
    const double fraction = fractionAt(*m_dragged);
    const bool moved = !m_cut || *m_dragged != *m_cut;
    m_dragged.reset();
    update();
    if (moved && fraction > 0)
        Q_EMIT budgetRequested(fraction);
}

void ScoreHistogram::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        requestClear();
}

// The next token up or down the ranking of the shown heads.
int ScoreHistogram::ranked(int direction) const
{
    const auto it = std::find_if(m_samples.begin(), m_samples.end(), [&](const Sample &s) { return s.token == selection().token; });
    if (it == m_samples.end())
        return m_samples.back().token;
    const auto index = std::clamp<long>((it - m_samples.begin()) + direction, 0, static_cast<long>(m_samples.size()) - 1);
    return m_samples[static_cast<size_t>(index)].token;
}

void ScoreHistogram::keyPressEvent(QKeyEvent *event)
{
    if (m_samples.empty())
        return PictureView::keyPressEvent(event);
    Selection next = selection();
    switch (event->key()) {
    case Qt::Key_Left: next.token = ranked(-1); break;
    case Qt::Key_Right: next.token = ranked(1); break;
    case Qt::Key_Return:
    case Qt::Key_Enter: break;
    case Qt::Key_Escape:
        if (m_dragged) {
            m_dragged.reset();
            return update();
        }
        return requestClear();
    case Qt::Key_Minus: return Q_EMIT budgetRequested(std::max(0.01, fractionAt(m_cut.value_or(m_low)) - 0.01));
    case Qt::Key_Plus: return Q_EMIT budgetRequested(std::min(1.0, fractionAt(m_cut.value_or(m_low)) + 0.01));
    default: return PictureView::keyPressEvent(event);
    }
    next.layer = m_layer;
    request(next, Gesture::Click);
}

} // namespace winnow
