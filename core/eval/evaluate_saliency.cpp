#include "core/eval/evaluate_saliency.h"

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
    , m_wanted(kinds)
{
    for (size_t k = 0; k < m_sets.size(); ++k)
        m_sets[k] = setCount(static_cast<HeadSets>(k), config);
}

void SaliencyRanks::startLayer()
{
    for (size_t k = 0; k < m_sums.size(); ++k) {
        if (m_wanted[k])
            m_sums[k].assign(static_cast<size_t>(m_sets[k] * m_positions), 0.0F);
    }
}

void SaliencyRanks::rankBlock(const float *weights, int64_t count, int64_t columns, SaliencyBlock &block)
{
    block.positions = m_positions;
    for (size_t k = 0; k < m_sums.size(); ++k) {
        if (!m_wanted[k])
            continue;
        block.ranks[k].resize(static_cast<size_t>(count * m_sets[k] * m_positions));
        const int64_t group = m_heads / m_sets[k];
        for (int64_t row = 0; row < count; ++row) {
            const int64_t visible = columns - count + row + 1;
            for (int64_t head = 0; head < m_heads; ++head) {
                const float *from = weights + (head * count + row) * columns;
                float *to = m_sums[k].data() + head / group * m_positions;
                for (int64_t v = 0; v < visible; ++v)
                    to[v] += from[v];
            }
            for (int64_t set = 0; set < m_sets[k]; ++set)
                rankRow(m_sums[k].data() + set * m_positions, visible,
                    block.ranks[k].data() + (row * m_sets[k] + set) * m_positions);
        }
    }
}

void SaliencyRanks::rankRow(const float *sums, int64_t visible, int32_t *ranks)
{
    m_order.resize(static_cast<size_t>(visible));
    m_sort.descending(sums, visible, m_order.data());
    for (int64_t r = 0; r < visible; ++r)
        ranks[m_order[static_cast<size_t>(r)]] = static_cast<int32_t>(r);
}

double SaliencyBlock::jaccard(HeadSets kind, int64_t row, int64_t set, int64_t sets, const std::vector<int32_t> &held) const
{
    const int32_t *rank = ranks[static_cast<size_t>(kind)].data() + (row * sets + set) * positions;
    const int32_t n = static_cast<int32_t>(held.size());
    int32_t common = 0;
    for (int32_t position : held)
        common += rank[position] < n ? 1 : 0;
    return static_cast<double>(common) / static_cast<double>(2 * n - common);
}

} // namespace winnow
