#include "core/methods/heavy_hitters.h"

#include "core/methods/group_rule.h"
#include "core/methods/interval_policy.h"
#include "core/methods/selection.h"

#include <ATen/core/Tensor.h>

namespace winnow {
namespace {

    void erase(std::vector<float> &sums, const std::vector<int32_t> &drop)
    {
        size_t out = 0;
        size_t next = 0;
        for (size_t i = 0; i < sums.size(); ++i) {
            if (next < drop.size() && static_cast<size_t>(drop[next]) == i)
                ++next;
            else
                sums[out++] = sums[i];
        }
        sums.resize(out);
    }

} // namespace

HeavyHitterPolicy::HeavyHitterPolicy(const LayerCapture &layer, const ModelConfig &config, const KvPlan &plan,
    const HeavyHitterRule &rule, int64_t layerIndex)
    : m_rule(plan.groupRule)
    , m_tokens(plan.kept.tokens)
    , m_count(plan.layerCounts[static_cast<size_t>(layerIndex)])
    , m_sizes(rule)
    , m_sets(static_cast<size_t>(plan.kept.heads))
{
    if (plan.inactive)
        m_count = plan.budget; // the prompt stays whole until a set holds more
    const float *sums = layer.colSum.const_data_ptr<float>(); // [H, N]
    for (int64_t s = 0; s < plan.kept.heads; ++s) {
        const HeadRange heads = queryHeadsOf(m_rule, config, s);
        const std::vector<int32_t> positions = keptPositions(plan.kept, layerIndex, s);
        std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(s)];
        state.resize(static_cast<size_t>(heads.count));
        for (int64_t h = 0; h < heads.count; ++h) {
            for (const int32_t v : positions)
                state[static_cast<size_t>(h)].push_back(sums[(heads.first + h) * m_tokens + v]);
        }
    }
}

void HeavyHitterPolicy::after(const DecodeRow &row, std::vector<int32_t> &drop)
{
    drop.clear();
    m_dropScores.clear();
    addRow(row);
    if ((row.row + 1) % m_sizes.interval != 0 || row.slots <= m_count)
        return;
    scoreSlots(row);
    dropWorst(m_scores, 0, row.slots - m_sizes.recent, m_count - m_sizes.recent, drop, m_dropScores);
    for (std::vector<float> &sums : m_sets[static_cast<size_t>(row.set)])
        erase(sums, drop);
}

void HeavyHitterPolicy::addRow(const DecodeRow &row)
{
    std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(row.set)];
    for (int64_t h = 0; h < row.heads; ++h) {
        std::vector<float> &sums = state[static_cast<size_t>(h)];
        sums.resize(static_cast<size_t>(row.slots), 0.0F); // the new column starts with its weight
        const float *weights = row.weights + h * row.slots;
        for (int64_t i = 0; i < row.slots; ++i)
            sums[static_cast<size_t>(i)] += weights[i];
    }
}

void HeavyHitterPolicy::scoreSlots(const DecodeRow &row)
{
    const std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(row.set)];
    m_heads.clear();
    for (const std::vector<float> &sums : state)
        m_heads.insert(m_heads.end(), sums.begin(), sums.end());
    m_scores.resize(static_cast<size_t>(row.slots));
    reduceHeads(m_rule, {m_heads.data(), row.slots, row.heads, 1}, row.slots, m_scores.data());
    for (int64_t i = 0; m_sizes.perVisibleRow && i < row.slots; ++i)
        m_scores[static_cast<size_t>(i)] /= static_cast<float>(m_tokens + row.row + 1 - row.positions[i]);
}

} // namespace winnow
