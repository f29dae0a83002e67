#pragma once

#include "core/methods/scoring_method.h"
#include "core/methods/sort_order.h"

#include <memory>
#include <vector>

namespace winnow {

/// decodeRule interval (R7): grow, then after every c-th row recompute the scores on the current cache and cut each set
/// back to its count. Sinks and the newest window slots stay.
class IntervalPolicy : public DecodePolicy {
public:
    /// @param method Must outlive the policy.
    IntervalPolicy(const ScoringMethod &method, const Parameters &parameters, const KvPlan &plan, int64_t layer,
        std::unique_ptr<SlotScorer> scorer);

    bool needsRows() const override { return true; }
    int64_t queryRows() const override { return m_scorer->queryRows(); }
    bool wants(int64_t row) const override { return (row + 1) % m_interval == 0; }
    void after(const DecodeRow &row, std::vector<int32_t> &drop) override;
    float dropScore(size_t i) const override { return m_dropScores[i]; }

private:
    const ScoringMethod &m_method;
    Parameters m_parameters;
    GroupRule m_rule;
    int64_t m_interval;
    int64_t m_count;
    ProtectedSlots m_protected;
    std::unique_ptr<SlotScorer> m_scorer;
    SortOrder m_sort;
    std::vector<float> m_heads, m_scores, m_dropScores;
    std::vector<int32_t> m_order;
};

/// Marks the slots to drop so that `keep` of the slots [first, last) stay: the best by score, ties to the lower slot.
///
/// @param drop   Receives the dropped slots, ascending. @param scores Receives their scores.
/// @cost  One scan when a single slot leaves, else one sort.
void dropWorst(std::span<const float> score, int64_t first, int64_t last, int64_t keep, std::vector<int32_t> &drop,
    std::vector<float> &scores);

} // namespace winnow
