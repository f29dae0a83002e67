#include "core/methods/score_table.h"

#include <algorithm>
#include <limits>

namespace winnow {
namespace {

    /// Protected in the plan, or a sink that a tiny budget had to drop.
    std::vector<bool> protectedFlags(const std::vector<uint8_t> &classes, const ScoreTable &table)
    {
        std::vector<bool> flags(classes.size());
        for (size_t i = 0; i < classes.size(); ++i) {
            const auto position = static_cast<int64_t>(i) % table.tokens;
            flags[i] = classes[i] == uint8_t(TokenClass::Sink) || classes[i] == uint8_t(TokenClass::Window)
                || position < table.sinks;
        }
        return flags;
    }

} // namespace

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

std::vector<float> ScoreRanking::scores(const KvPlan &plan) const
{
    ScoreTablePtr table = m_base->window == 0 ? m_base : find(plan.window);
    const std::vector<uint8_t> &classes = plan.kept.classes;
    if (!table || classes.size() != table->score.size())
        return {};
    std::vector<float> result = table->score;
    const std::vector<bool> isProtected = protectedFlags(classes, *table);
    const auto perLayer = static_cast<size_t>(table->sets * table->tokens);
    for (size_t begin = 0; begin < result.size(); begin += perLayer) {
        float top = -std::numeric_limits<float>::infinity();
        for (size_t i = begin; i < begin + perLayer; ++i) {
            if (!isProtected[i])
                top = std::max(top, result[i]);
        }
        const float raised = top == -std::numeric_limits<float>::infinity() ? 1.0F : top + 1.0F;
        for (size_t i = begin; i < begin + perLayer; ++i) {
            if (isProtected[i])
                result[i] = raised;
        }
    }
    return result;
}

} // namespace winnow
