#include "core/eval/evaluate_saliency.h"

#include <algorithm>
#include <bit>

namespace winnow {

HeadSets headSetsOf(const KeptTokens &kept, const ModelConfig &config)
{
    if (kept.heads == config.kvHeads)
        return HeadSets::KvHead;
    return kept.heads == 1 ? HeadSets::Layer : HeadSets::QueryHead;
}

int64_t setCount(HeadSets kind, const ModelConfig &config)
{
    switch (kind) {
    case HeadSets::KvHead:
        return config.kvHeads;
    case HeadSets::QueryHead:
        return config.heads;
    case HeadSets::Layer:
        break;
    }
    return 1;
}

SaliencyRanks::SaliencyRanks(const ModelConfig &config, std::array<bool, kHeadSetKinds> kinds, int64_t positions)
    : m_heads(config.heads)
    , m_positions(positions)
{
    for (size_t k = 0; k < m_kinds.size(); ++k) {
        m_kinds[k].wanted = kinds[k];
        m_kinds[k].sets = setCount(static_cast<HeadSets>(k), config);
    }
}

void SaliencyRanks::startLayer()
{
    for (Kind &kind : m_kinds) {
        if (kind.wanted)
            kind.sums.assign(static_cast<size_t>(kind.sets * m_positions), 0.0F);
    }
}

void SaliencyRanks::addBlock(const float *weights, int64_t count, int64_t columns)
{
    for (Kind &kind : m_kinds) {
        if (!kind.wanted)
            continue;
        kind.ranks.resize(static_cast<size_t>(count * kind.sets * m_positions));
        const int64_t group = m_heads / kind.sets;
        for (int64_t row = 0; row < count; ++row) {
            const int64_t visible = columns - count + row + 1;
            for (int64_t head = 0; head < m_heads; ++head) {
                const float *from = weights + (head * count + row) * columns;
                float *to = kind.sums.data() + head / group * m_positions;
                for (int64_t v = 0; v < visible; ++v)
                    to[v] += from[v];
            }
            rankRow(kind, row, visible);
        }
    }
}

void SaliencyRanks::rankRow(Kind &kind, int64_t row, int64_t visible)
{
    m_order.resize(static_cast<size_t>(visible));
    for (int64_t set = 0; set < kind.sets; ++set) {
        // Attention is not negative, so its bits sort like its value: one integer holds (falling value, rising position).
        const float *sums = kind.sums.data() + set * m_positions;
        for (int64_t v = 0; v < visible; ++v)
            m_order[static_cast<size_t>(v)]
                = (static_cast<uint64_t>(~std::bit_cast<uint32_t>(sums[v])) << 32) | static_cast<uint64_t>(v);
        std::sort(m_order.begin(), m_order.end());
        int32_t *ranks = kind.ranks.data() + (row * kind.sets + set) * m_positions;
        for (int64_t r = 0; r < visible; ++r)
            ranks[m_order[static_cast<size_t>(r)] & 0xFFFFFFFFU] = static_cast<int32_t>(r);
    }
}

const int32_t *SaliencyRanks::ranks(HeadSets kind, int64_t row, int64_t set) const
{
    const Kind &k = m_kinds[static_cast<size_t>(kind)];
    return k.ranks.data() + (row * k.sets + set) * m_positions;
}

double SaliencyRanks::jaccard(HeadSets kind, int64_t row, int64_t set, const int32_t *held, int64_t n) const
{
    const int32_t *rank = ranks(kind, row, set);
    int64_t common = 0;
    for (int64_t i = 0; i < n; ++i)
        common += rank[held[i]] < n ? 1 : 0;
    return static_cast<double>(common) / static_cast<double>(2 * n - common);
}

} // namespace winnow
