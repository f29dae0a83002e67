#include "core/methods/interval_policy.h"

#include <algorithm>

namespace winnow {

IntervalPolicy::IntervalPolicy(const ScoringMethod &method, const Parameters &parameters, const KvPlan &plan,
    int64_t layer, std::unique_ptr<SlotScorer> scorer)
    : m_method(method)
    , m_parameters(parameters)
    , m_rule(plan.groupRule)
    , m_interval(plan.interval)
    , m_count(plan.inactive ? plan.budget : plan.layerCounts[static_cast<size_t>(layer)])
    , m_protected(method.protectedSlots(parameters, std::min(plan.budget, plan.kept.tokens)))
    , m_scorer(std::move(scorer))
{
}

void IntervalPolicy::after(const DecodeRow &row, std::vector<int32_t> &drop)
{
    drop.clear();
    m_dropScores.clear();
    if (!wants(row.row) || row.slots <= m_count)
        return;
    const int64_t n = row.slots;
    const int64_t window = std::min(m_protected.window, m_count);
    const int64_t sinks = std::min(m_protected.sinks, m_count - window);
    const int64_t rows = m_scorer->score(row, m_heads);
    m_scores.resize(static_cast<size_t>(n));
    reduceHeads(m_rule, {m_heads.data(), n, rows, 1}, n, m_scores.data());
    const bool scoresWindow = m_method.scoresWindow();
    m_method.refine(m_parameters, m_scores.data(), scoresWindow ? n - window : n);
    dropWorst(m_scores, sinks, n - window, m_count - sinks - window, drop, m_dropScores);
}

void dropWorst(std::span<const float> score, int64_t first, int64_t last, int64_t keep, std::vector<int32_t> &drop,
    std::vector<float> &scores)
{
    const int64_t leave = last - first - keep;
    if (leave == 1) {
        int64_t worst = first;
        for (int64_t i = first + 1; i < last; ++i) {
            if (score[static_cast<size_t>(i)] <= score[static_cast<size_t>(worst)])
                worst = i;
        }
        drop.push_back(static_cast<int32_t>(worst));
    } else if (leave > 1) {
        std::vector<int32_t> order(static_cast<size_t>(last - first));
        SortOrder().descending(score.data() + first, last - first, order.data());
        for (int64_t i = keep; i < last - first; ++i)
            drop.push_back(static_cast<int32_t>(first) + order[static_cast<size_t>(i)]);
        std::sort(drop.begin(), drop.end());
    }
    for (const int32_t i : drop)
        scores.push_back(score[static_cast<size_t>(i)]);
}

} // namespace winnow
