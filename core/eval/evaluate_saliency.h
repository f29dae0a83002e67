#pragma once

#include "core/base/report.h"
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

/// Tokens ranked by the attention the full run has paid them in the continuation rows up to now, mean over a set's query
/// heads: what a set of the same size would have held at best (saliency Jaccard, kv-evaluation.md 6).
class SaliencyRanks {
public:
    /// @param kinds Which sets will be asked for. @param positions N + T.
    SaliencyRanks(const ModelConfig &config, std::array<bool, kHeadSetKinds> kinds, int64_t positions);

    void startLayer();
    /// @param weights [H, count, columns] of the full run, the first row of the block sees columns - count + 1 tokens.
    void addBlock(const float *weights, int64_t count, int64_t columns);
    /// Rank of each position (0 = most attended; ties: lower position) after row `row` of the block.
    const int32_t *ranks(HeadSets kind, int64_t row, int64_t set) const;
    /// J(held, the best equally many). @param held [n] positions. @cost O(n).
    double jaccard(HeadSets kind, int64_t row, int64_t set, const int32_t *held, int64_t n) const;

private:
    struct Kind {
        bool wanted = false;
        int64_t sets = 0;
        std::vector<float> sums; // [sets, positions]
        std::vector<int32_t> ranks; // [count, sets, positions]
    };
    void rankRow(Kind &kind, int64_t row, int64_t visible);

    int64_t m_heads = 0, m_positions = 0;
    std::array<Kind, kHeadSetKinds> m_kinds;
    std::vector<uint64_t> m_order;
};

} // namespace winnow
