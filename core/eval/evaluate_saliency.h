#pragma once

#include "core/base/report.h"
#include "core/methods/sort_order.h"
#include "core/model/config.h"

#include <array>
#include <cstdint>
#include <vector>

namespace winnow {

/// What the sets of a plan stand for.
enum class HeadSets : uint8_t { KvHead, QueryHead, Layer };
inline constexpr int kHeadSetKinds = 3;

/// @param kept headKind and heads say it; a model with one KV head or with H = Hkv reads as KvHead.
HeadSets headSetsOf(const KeptTokens &kept, const ModelConfig &config);
int64_t setCount(HeadSets kind, const ModelConfig &config);

/// Ranks of every token after each row of a block: 0 = most attended, ties: lower position.
struct SaliencyBlock {
    int64_t positions = 0;
    std::array<std::vector<int32_t>, kHeadSetKinds> ranks; // [count, sets, positions], empty when not asked for

    /// J(held, the best equally many). @param held [n] positions. @cost O(n).
    double jaccard(HeadSets kind, int64_t row, int64_t set, int64_t sets, const std::vector<int32_t> &held) const;
};

/// Tokens ranked by the attention the full run has paid them in the continuation rows up to now, mean over a set's query
/// heads: what a set of the same size would have held at best (saliency Jaccard, kv-evaluation.md 6).
class SaliencyRanks {
public:
    /// @param kinds Which sets will be asked for. @param positions N + T.
    SaliencyRanks(const ModelConfig &config, std::array<bool, kHeadSetKinds> kinds, int64_t positions);

    void startLayer();
    /// @param weights [H, count, columns] of the full run, the first row of the block sees columns - count + 1 tokens.
    void rankBlock(const float *weights, int64_t count, int64_t columns, SaliencyBlock &block);

private:
    void rankRow(const float *sums, int64_t visible, int32_t *ranks);

    int64_t m_heads = 0, m_positions = 0;
    std::array<bool, kHeadSetKinds> m_wanted;
    std::array<int64_t, kHeadSetKinds> m_sets;
    std::array<std::vector<float>, kHeadSetKinds> m_sums; // [sets, positions]
    SortOrder m_sort;
    std::vector<int32_t> m_order;
};

} // namespace winnow
