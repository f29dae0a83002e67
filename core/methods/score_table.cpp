#include "core/methods/score_table.h"

#include <limits>

namespace winnow {
ScoreRanking::ScoreRanking(ScoreTablePtr table)
    : m_base(std::move(table))
{
}

ScoreTablePtr ScoreRanking::find(int64_t window) const
{
    if (m_base->window == window)
        return m_base;
    const std::scoped_lock lock(m_mutex);
    for (const ScoreTablePtr &table : m_shrunk) {
        if (table->window == window)
            return table;
    }
    return nullptr;
}

void ScoreRanking::remember(ScoreTablePtr table) const
{
    const std::scoped_lock lock(m_mutex);
    if (m_shrunk.size() == kShrunkTables)
        m_shrunk.erase(m_shrunk.begin());
    m_shrunk.push_back(std::move(table));
}

void exportScores(const ScoreTable &table, KeptTokens &kept)
{
    // Window and Sink are the two classes with bit 1 set (Evicted 0, Kept 1, Window 2, Sink 3; no others occur here).
    const auto isProtected = [](uint8_t tokenClass) { return (tokenClass & 2U) != 0; };
    kept.score = table.score;
    for (int64_t l = 0; l < table.layers; ++l) {
        float top = -std::numeric_limits<float>::infinity();
        for (int64_t s = 0; s < table.sets; ++s) {
            const float *score = kept.score.data() + table.at(l, s);
            const uint8_t *classes = kept.classes.data() + table.at(l, s);
            for (int64_t v = table.sinks; v < table.tokens; ++v)
                top = !isProtected(classes[v]) && score[v] > top ? score[v] : top;
        }
        const float raised = top == -std::numeric_limits<float>::infinity() ? 1.0F : top + 1.0F;
        for (int64_t s = 0; s < table.sets; ++s) {
            float *score = kept.score.data() + table.at(l, s);
            const uint8_t *classes = kept.classes.data() + table.at(l, s);
            for (int64_t v = 0; v < table.tokens; ++v)
                score[v] = isProtected(classes[v]) || v < table.sinks ? raised : score[v];
        }
    }
}

} // namespace winnow
