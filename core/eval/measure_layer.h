#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/evaluate_saliency.h"
#include "core/eval/step_layer.h"
#include "core/model/attention.h"
#include "core/model/forward.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace winnow {

/// One layer of a measured run: the real cache of one cell, compressed, and the policy that goes on compressing it.
/// Stored are the slots any head set of a KV head holds; sets narrower than a KV head keep the columns they may see. Latent
/// attention stores the latents that any set holds, one row for all heads, and attends in the absorbed form.
class MeasuredLayer : public StepLayer {
public:
    MeasuredLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer);

    LayerCache &cache() override { return m_cache; }
    void compress() override;
    void reserveSteps(int64_t steps) override;
    int64_t allocatedBytes() const override { return m_cache.allocatedBytes(); }
    /// Appends the new token and attends to what is held.
    at::Tensor attend(const StepRow &step, const at::Tensor &x) override;

private:
    /// @param before Queries before RoPE [1, H, D], only read for shifted positions (else undefined).
    /// @param parts  Queries and keys after RoPE, values.
    at::Tensor attendStep(int64_t row, const at::Tensor &before, const Projections &parts);
    struct Set {
        std::vector<int32_t> held; // positions, ascending
    };

    int64_t firstHead(int64_t set) const { return set * m_setHeads; }
    int64_t kvHeadOf(int64_t head) const { return head / m_config.groups(); }
    /// Head of the cache that serves a query head, and the query heads that one serves.
    int64_t storedHeadOf(int64_t head) const { return m_cache.isLatent() ? 0 : kvHeadOf(head); }
    int64_t headsOfStored() const { return m_cache.isLatent() ? m_config.heads : m_config.groups(); }
    /// Channels that weights add up: of values, or of latents.
    int64_t addedWidth() const { return m_cache.isLatent() ? m_config.mla.latent : m_config.valueWidth(); }
    Projections project(const StepRow &step, const at::Tensor &x, at::Tensor &before) const;
    /// Of the newest row: queries of all heads as its scores read them [H, width of the stored keys].
    at::Tensor scoredQueries(const at::Tensor &q) const;
    void columnsOf(const Set &set, int64_t storedHead, std::vector<int32_t> &columns) const;
    DecodeRow viewOf(int64_t row, int64_t set) const;
    void dropHeld(int64_t set, const std::vector<int32_t> &drop);
    void releaseSlots();
    size_t firstSeen(const Set &set) const;
    void scoreHead(int64_t head, const Set &set, const std::vector<int32_t> &columns, const at::Tensor &keys, const at::Tensor &before);
    /// out [H, addedWidth]. Returns whether slots left the set.
    bool attendSet(int64_t row, int64_t set, const at::Tensor &before, float *out);
    /// The same with at:: operators, where the cache is not on the CPU.
    bool attendSetOperators(int64_t row, int64_t set, const at::Tensor &before, at::Tensor &out);
    at::Tensor scoreUnit(const Set &set, int64_t head, int64_t heads, const at::Tensor &keys, const at::Tensor &before) const;
    /// Stored keys of a head as f32 [n, D], and what weights add up [n, addedWidth], contiguous.
    std::pair<at::Tensor, at::Tensor> storedRows(int64_t storedHead) const;
    bool dropAfter(int64_t row, int64_t set);
    void fillRows(int64_t set, DecodeRow &view);

    const Capture &m_capture;
    const ModelConfig &m_config;
    const KvPlan &m_plan;
    int64_t m_layer;
    HeadSets m_kind;
    int64_t m_setHeads; // query heads of a set
    ScoreRule m_rule;
    LayerCache m_cache;
    std::unique_ptr<DecodePolicy> m_policy;
    std::vector<Set> m_sets;
    at::Tensor m_queries; // [H, width] f32 of the newest row, as scoredQueries
    std::vector<float> m_scores; // of all stored slots of one head
    std::vector<float> m_weights; // [heads of a set, held]
    std::vector<float> m_spread; // weights over stored slots
    std::vector<float> m_pastQueries; // [rows, H, D] for policies that read queries
    std::vector<float> m_rowKeys, m_rowValues, m_rowQueries;
};

} // namespace winnow
