#pragma once

#include "core/eval/evaluate_layer.h"
#include "core/eval/step_layer.h"
#include "core/methods/mapped_plan.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace winnow {

/// The tokens that the head sets (KV heads, or the layer as one) of one mapped layer hold, and the weights that rows of the small model give them
/// (iam.md 3 steps 4 and 5). Shared by the layer-major pass and the token loop.
class MappedSets {
public:
    MappedSets(const Capture &capture, const EvaluationCell &cell, int64_t layer);

    /// Adds the row's own token to a set and weighs what it holds. Rows are fed in ascending order, each to every set.
    /// @param position of the row, absolute. @param index of the row among those of `small`.
    void weigh(int64_t set, int64_t position, int64_t index, const SmallRows &small);
    /// After `weigh` and the use of its result: lets go what the policy says. @param row t. @return dropped slots, ascending.
    const std::vector<int32_t> &drop(int64_t set, int64_t row);

    int64_t sets() const { return static_cast<int64_t>(m_held.size()); }
    int64_t heads() const { return m_config.heads / sets(); } // query heads of a set
    int64_t kvHeads() const { return m_config.kvHeads / sets(); } // KV heads of a set
    const std::vector<int32_t> &held(int64_t set) const { return m_held[static_cast<size_t>(set)]; }
    /// [heads, held] weights of the last weigh(): they sum to 1 where tokens are missing, else to what the small model gave.
    const float *weights() const { return m_weights.data(); }
    /// Largest |sum of a row of weights - 1| of the last weigh().
    double rowSumError() const { return m_rowSumError; }
    float dropScore(size_t i) const { return m_policy->dropScore(i); }
    const DecodePolicy *policy() const { return m_policy.get(); }

private:
    const ModelConfig &m_config;
    const MappedPlan &m_mapped;
    int64_t m_layer = 0;
    std::unique_ptr<DecodePolicy> m_policy;
    std::vector<std::vector<int32_t>> m_held; // [sets] positions, ascending
    std::vector<float> m_raw, m_weights; // [heads, held]
    std::vector<int32_t> m_dropped;
    double m_rowSumError = 0;
};

/// A mapped layer of one cell in the layer-major pass: values of the context and of the new rows, no keys.
class MappedLayer : public LayerExecution {
public:
    MappedLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options);

    void attend(const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record) override;
    int64_t slots() const override;

private:
    void weighRow(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, float *weights, CellRecord &record);
    void gatherValues(const BlockRows &rows, int64_t kvHead, std::vector<float> &values) const;

    const Capture &m_capture;
    const EvaluationOptions &m_options;
    int64_t m_layer = 0;
    HeadSets m_kind;
    MappedSets m_sets;
};

/// A mapped layer of one cell in the token loop: queries and keys are not projected, the cache holds values alone.
class MappedStep : public StepLayer {
public:
    MappedStep(const Capture &capture, const EvaluationCell &cell, int64_t layer);

    LayerCache &cache() override { return m_cache; }
    void compress() override;
    void reserveSteps(int64_t steps) override;
    int64_t allocatedBytes() const override { return m_cache.allocatedBytes(); }
    at::Tensor attend(const StepRow &step, const at::Tensor &x) override;

private:
    const Capture &m_capture;
    const KvPlan &m_plan;
    int64_t m_layer = 0;
    LayerCache m_cache;
    MappedSets m_sets;
};

/// Takes the keys out of a uniform cache: what is left are values under keys of no channels.
void dropKeys(LayerCache &cache);

} // namespace winnow
