#include "core/eval/guided_late.h"

#include "core/eval/pair.h"

#include <ATen/core/Tensor.h>

#include <numeric>

namespace winnow {
namespace {

    void appendSums(const LayerCapture &layer, std::vector<std::vector<float>> &sums)
    {
        const int64_t tokens = layer.colSum.size(1);
        for (int64_t h = 0; h < layer.colSum.size(0); ++h) {
            const float *row = layer.colSum.const_data_ptr<float>() + h * tokens;
            sums.emplace_back(row, row + tokens);
        }
    }

    void addRow(const float *row, size_t slots, std::vector<float> &sums)
    {
        sums.resize(slots, 0.0F);
        for (size_t v = 0; v < slots; ++v)
            sums[v] += row[v];
    }

    std::vector<float> joined(const std::vector<std::vector<float>> &rows)
    {
        std::vector<float> all;
        for (const std::vector<float> &row : rows)
            all.insert(all.end(), row.begin(), row.end());
        return all;
    }

} // namespace

LateSets::LateSets(const GuidedSetting &setting, const Capture &large, const Capture &small)
    : GuidedSets(setting)
    , m_setting(setting)
    , m_guided(*guidedPlanOf(setting.plan))
    , m_smallLayers(small.config.layers)
    , m_smallHeads(small.config.heads)
{
    appendSums(large.layers[static_cast<size_t>(setting.layer)], m_large);
    for (const LayerCapture &layer : small.layers)
        appendSums(layer, m_small);
}

void LateSets::advance(int64_t row, const SmallRows &small, int64_t smallRow)
{
    if (m_inner) {
        m_inner->advance(row, small, smallRow);
        m_sets = m_inner->sets();
        return;
    }
    const auto slots = static_cast<size_t>(m_setting.plan.kept.tokens + row + 1);
    for (size_t j = 0; j < m_small.size(); ++j)
        addRow(small.row(static_cast<int32_t>(j), smallRow), slots, m_small[j]);
    for (GuidedSet &set : m_sets) {
        set.kept.resize(slots);
        std::iota(set.kept.begin(), set.kept.end(), 0);
        set.critical = static_cast<int64_t>(slots) - 1;
    }
}

void LateSets::attended(int64_t, int64_t set, const float *weights)
{
    if (m_inner)
        return;
    const size_t slots = m_sets.front().kept.size();
    const int64_t heads = m_setting.config.heads / static_cast<int64_t>(m_sets.size());
    for (int64_t h = 0; h < heads; ++h)
        addRow(weights + static_cast<size_t>(h) * slots, slots, m_large[static_cast<size_t>(set * heads + h)]);
    if (set + 1 == static_cast<int64_t>(m_sets.size()) && static_cast<int64_t>(slots) == m_guided.late->least)
        match();
}

void LateSets::match()
{
    const GuideMatch &match = *m_guided.late;
    const auto n = static_cast<int64_t>(m_large.front().size());
    const HeadShape small{m_smallLayers, m_smallHeads};
    const auto heads = static_cast<int64_t>(m_large.size());
    const std::vector<float> table = jaccardTable(joined(m_large), joined(m_small), heads, small.count(), n,
        topCount(n, match.topFraction, match.skipSinks), match.skipSinks);
    const std::vector<int32_t> layers(m_large.size(), static_cast<int32_t>(m_setting.layer));
    const std::vector<int32_t> control = controlMap(match.control, small, match.seed);
    for (const int32_t head : matchHeads(table, layers, m_setting.config.layers, small).f)
        m_serving.push_back(control[static_cast<size_t>(head)]);
    m_inner = rankedSets(m_setting, m_serving, {[this](int32_t head) { return m_small[static_cast<size_t>(head)]; }, {}});
    m_small.clear();
}

} // namespace winnow
