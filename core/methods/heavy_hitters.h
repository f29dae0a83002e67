#pragma once

#include "core/methods/method.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// Sizes and rules of a heavy-hitter state.
struct HeavyHitterRule {
    int64_t recent = 0; // newest slots that stay whatever their score
    int64_t interval = 1; // rows between two cuts; 1 = after every row
    bool perVisibleRow = false; // scores are divided by the rows that saw a token
};

/// The running column sums of one layer: append the row, attend, add the row, drop all but the recent and the heavy.
/// @source kv-eviction-baselines.md 3.3; arXiv:2306.14048, algorithm 1.
class HeavyHitterPolicy : public DecodePolicy {
public:
    /// @param layer column sums of the context. @param plan its sets and its budget, which is what a set holds.
    HeavyHitterPolicy(const LayerCapture &layer, const ModelConfig &config, const KvPlan &plan, const HeavyHitterRule &rule,
        int64_t layerIndex);

    void after(const DecodeRow &row, std::vector<int32_t> &drop) override;
    float dropScore(size_t i) const override { return m_dropScores[i]; }

private:
    void addRow(const DecodeRow &row);
    void scoreSlots(const DecodeRow &row);

    GroupRule m_rule;
    int64_t m_tokens;
    int64_t m_count;
    HeavyHitterRule m_sizes;
    std::vector<std::vector<std::vector<float>>> m_sets; // [sets][heads of the set][slots]
    std::vector<float> m_heads, m_scores, m_dropScores;
};

} // namespace winnow
