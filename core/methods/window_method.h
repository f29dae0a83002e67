#pragma once

#include "core/methods/pooling.h"
#include "core/methods/scoring_method.h"

namespace winnow {

/// Scores by the attention of the last w queries, pooled over neighbours; keeps the window itself. Subclasses differ in
/// how they spread the budget over layers. Parameters: window, kernel, pool, groupRule, decodeRule, interval.
/// @source kv-eviction-baselines.md 3.5; arXiv:2404.14469, section 4.
class WindowMethod : public ScoringMethod {
public:
    CaptureNeeds needs(const Parameters &parameters) const override;
    /// Mean attention of the last `window` rows. @return [H, N]
    Result<at::Tensor> score(
        const Capture &capture, const Parameters &parameters, int64_t layer, int64_t window) const override;
    void refine(const Parameters &parameters, float *row, int64_t n) const override;
    ProtectedSlots protectedSlots(const Parameters &parameters, int64_t count) const override;
    bool scoresWindow() const override { return true; }
    std::unique_ptr<SlotScorer> slotScorer(
        const Capture &capture, const Parameters &parameters, const KvPlan &plan, int64_t layer) const override;
};

/// Mean attention of the last rows of a DecodeRow over the slots of the moment: causal softmax per row.
///
/// @param tokens Context tokens N: row t stands at position N + t.
/// @param x      [G_s, n] receives one row per query head of the set.
/// @cost  2 * queryRows * n * D per head.
void windowAttention(const DecodeRow &row, int64_t tokens, std::vector<float> &x);

} // namespace winnow
