#pragma once

#include "core/eval/guided_sets.h"

#include <memory>
#include <vector>

namespace winnow {

/// Sets of a prompt that was too short to match heads on: every token is kept while the column sums of both models are added up,
/// and when the text has as many tokens as a match needs, this layer's heads are matched and ranked by (smallkv.md 3, step 2).
class LateSets : public GuidedSets {
public:
    LateSets(const GuidedSetting &setting, const Capture &large, const Capture &small);

    void advance(int64_t row, const SmallRows &small, int64_t smallRow) override;
    void attended(int64_t row, int64_t set, const float *weights) override;
    int32_t servingHead(int64_t head) const override { return m_inner ? m_serving[static_cast<size_t>(head)] : -1; }

private:
    void match();

    GuidedSetting m_setting;
    const GuidedPlan &m_guided;
    int64_t m_smallLayers, m_smallHeads;
    std::vector<std::vector<float>> m_large; // [H][slots] column sums of this layer
    std::vector<std::vector<float>> m_small; // [Ls * Hs][slots]
    std::vector<int32_t> m_serving; // [H] once matched
    std::unique_ptr<GuidedSets> m_inner; // once matched
};

} // namespace winnow
