#pragma once

#include "core/eval/guided_row.h"
#include "core/eval/guided_sets.h"
#include "core/eval/resident_rows.h"
#include "core/eval/step_layer.h"
#include "core/model/attention.h"

#include <memory>
#include <vector>

namespace winnow {

/// One layer of a guided cell in a token loop: keys of critical and recent tokens and values of marginal ones besides are
/// resident; what left is held apart, as a host would hold it, and comes back from there.
class GuidedStep : public StepLayer {
public:
    GuidedStep(const Capture &capture, const EvaluationCell &cell, int64_t layer);

    LayerCache &cache() override { return m_cache; }
    void compress() override;
    void reserveSteps(int64_t steps) override;
    int64_t allocatedBytes() const override;
    at::Tensor attend(const StepRow &step, const at::Tensor &x) override;

private:
    struct Head { // of keys and values
        ResidentRows keys, values;
    };

    void moveRows(const Projections &parts);
    RowMass weighHead(int64_t head, const GuidedSet &set, const float *query, const float *small, float *weights);
    RowMass ownMass(int64_t kvHead, const GuidedSet &set, const float *query);
    void addOutput(int64_t kvHead, const GuidedSet &set, const float *weights, const RowFactors &factors, float *out);

    const Capture &m_capture;
    const ModelConfig &m_config;
    const GuidedPlan &m_guided;
    int64_t m_layer;
    int64_t m_setHeads;
    ScoreRule m_rule;
    LayerCache m_cache; // while the prompt is read
    std::unique_ptr<GuidedSets> m_sets;
    std::vector<Head> m_heads; // [Hkv]
    std::vector<float> m_scores, m_weights, m_marginal, m_query, m_row;
};

} // namespace winnow
