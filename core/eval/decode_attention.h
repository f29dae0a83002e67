#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/evaluate_saliency.h"
#include "core/model/kv_cache.h"
#include "core/model/rope.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace winnow {

/// One new token in one layer.
struct DecodeToken {
    int64_t row = 0; // 0-based continuation row
    int64_t position = 0;
    const float *q = nullptr; // [H, D] after RoPE
    const float *qBefore = nullptr; // [H, D] before RoPE, only for shifted positions
    at::Tensor k, v; // [1, Hkv, D] after RoPE
};

/// One layer of a real cache that holds what a plan left, decoding token by token (kv-evaluation.md 3.11).
///
/// Slots are stored once per KV head: sets of query heads as the union over their group with a list per head of the rows
/// it sees. The token appends, attends, and what the policy drops leaves the storage.
class DecodeLayer {
public:
    /// @param cache The layer with the whole prompt; it is cut here, its full storage is given back.
    DecodeLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, LayerCache cache);

    /// @param out [H, D]
    void step(const DecodeToken &token, const RopeTable &rope, float *out);

    const LayerCache &cache() const { return m_cache; }

private:
    struct Set {
        std::vector<int32_t> positions; // held, ascending
        std::vector<int32_t> rows; // of the cache's heads, one per position
    };

    int64_t kvHeadOf(int64_t set, int64_t headInSet) const { return (set * m_setHeads + headInSet) / m_config.groups(); }
    void cut(const KeptTokens &kept, int64_t layer);
    void attendSet(const DecodeToken &token, int64_t set, const RopeTable &rope, float *out);
    void scoreHead(const DecodeToken &token, int64_t set, int64_t headInSet, const RopeTable &rope, float *scores);
    void fillRows(const DecodeToken &token, int64_t set, DecodeRow &view);
    void drop(int64_t set, const std::vector<int32_t> &indices);
    void dropFromUnion(int64_t kvHead);

    const ModelConfig &m_config;
    HeadSets m_kind;
    int64_t m_setHeads = 0;
    int64_t m_layer = 0;
    bool m_shift = false;
    LayerCache m_cache;
    std::vector<Set> m_sets;
    std::unique_ptr<DecodePolicy> m_policy;
    std::vector<float> m_weights, m_shifted, m_queries, m_policyKeys, m_policyValues, m_policyQueries;
    std::vector<int32_t> m_drop;
};

} // namespace winnow
