#include "core/eval/head_match.h"

#include "core/methods/noise.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    double depthGap(int64_t layer, int64_t layers, int64_t smallLayer, int64_t smallLayers)
    {
        return std::abs((double(layer) + 0.5) / double(layers) - (double(smallLayer) + 0.5) / double(smallLayers));
    }

    /// Among the columns that tie with the best: the nearest in depth, then the first.
    int32_t tieColumn(std::span<const float> row, float best, int64_t layer, int64_t largeLayers, HeadShape small)
    {
        int32_t chosen = -1;
        double gap = std::numeric_limits<double>::infinity();
        for (size_t j = 0; j < row.size(); ++j) {
            if (!(row[j] > best - kScoreTie) && row[j] != best)
                continue;
            const double own = depthGap(layer, largeLayers, int64_t(j) / small.heads, small.layers);
            if (own < gap - 1e-12) {
                gap = own;
                chosen = int32_t(j);
            }
        }
        return chosen < 0 ? 0 : chosen;
    }

    /// Order of n items by their noise; equal bits keep the lower item.
    template <typename Site>
    std::vector<int32_t> noiseOrder(int64_t n, uint64_t seed, const Site &site)
    {
        std::vector<uint64_t> keys(static_cast<size_t>(n));
        for (size_t i = 0; i < keys.size(); ++i)
            keys[i] = noiseBits(seed, site(i));
        std::vector<int32_t> order(keys.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return keys[size_t(a)] < keys[size_t(b)]; });
        return order;
    }

    /// Each item of the order goes to the next.
    std::vector<int32_t> cycleOf(const std::vector<int32_t> &order)
    {
        std::vector<int32_t> to(order.size());
        for (size_t k = 0; k < order.size(); ++k)
            to[size_t(order[k])] = order[(k + 1) % order.size()];
        return to;
    }

} // namespace

HeadMatch matchHeads(std::span<const float> table, std::span<const int32_t> rowLayers, int64_t largeLayers, HeadShape small)
{
    const auto columns = static_cast<size_t>(small.count());
    assert(table.size() == rowLayers.size() * columns);
    HeadMatch match;
    if (columns == 0)
        return match;
    for (size_t i = 0; i < rowLayers.size(); ++i) {
        const auto row = table.subspan(i * columns, columns);
        const auto top = std::max_element(row.begin(), row.end());
        const float best = *top;
        float second = columns > 1 ? -std::numeric_limits<float>::infinity() : best;
        for (auto at = row.begin(); at != row.end(); ++at) {
            if (at != top)
                second = std::max(second, *at);
        }
        const int32_t f = tieColumn(row, best, rowLayers[i], largeLayers, small);
        match.f.push_back(f);
        match.score.push_back(row[size_t(f)]);
        match.margin.push_back(best - second);
    }
    return match;
}

HeadMatch matchHeads(std::span<const float> table, HeadShape large, HeadShape small)
{
    std::vector<int32_t> layers(static_cast<size_t>(large.count()));
    for (size_t i = 0; i < layers.size(); ++i)
        layers[i] = static_cast<int32_t>(int64_t(i) / large.heads);
    return matchHeads(table, layers, large.layers, small);
}

std::vector<int32_t> controlMap(MapControl control, HeadShape small, uint64_t seed)
{
    std::vector<int32_t> map(static_cast<size_t>(small.count()));
    std::iota(map.begin(), map.end(), 0);
    if (control == MapControl::PermuteHeads) {
        for (int64_t layer = 0; layer < small.layers; ++layer) {
            const auto to = cycleOf(noiseOrder(
                small.heads, seed, [&](size_t head) { return NoiseSite{uint64_t(layer), uint64_t(head), 0, 1}; }));
            for (size_t head = 0; head < to.size(); ++head)
                map[size_t(layer * small.heads) + head] = static_cast<int32_t>(layer * small.heads) + to[head];
        }
    } else if (control == MapControl::ShuffleLayers) {
        const auto to = cycleOf(noiseOrder(small.layers, seed, [](size_t layer) { return NoiseSite{uint64_t(layer), 0, 0, 2}; }));
        for (size_t i = 0; i < map.size(); ++i) {
            const auto heads = static_cast<size_t>(small.heads);
            map[i] = static_cast<int32_t>(size_t(to[i / heads]) * heads + i % heads);
        }
    }
    return map;
}

std::vector<int32_t> shuffledColumns(int64_t head, int64_t n, int64_t skipSinks, uint64_t seed)
{
    std::vector<int32_t> map(static_cast<size_t>(n));
    std::iota(map.begin(), map.end(), 0);
    const int64_t first = std::min(skipSinks, n);
    const auto order = noiseOrder(n - first, seed, [&](size_t i) { return NoiseSite{0, uint64_t(head), 0, 16 + uint64_t(first) + i}; });
    for (size_t i = 0; i < order.size(); ++i)
        map[size_t(first) + i] = static_cast<int32_t>(first) + order[i];
    return map;
}

std::vector<float> shuffleSums(std::span<const float> sums, int64_t heads, int64_t n, int64_t skipSinks, uint64_t seed)
{
    std::vector<float> result(sums.size());
    for (int64_t head = 0; head < heads; ++head) {
        const auto map = shuffledColumns(head, n, skipSinks, seed);
        for (size_t v = 0; v < map.size(); ++v)
            result[size_t(head * n) + v] = sums[size_t(head * n) + size_t(map[v])];
    }
    return result;
}

std::vector<float> layerTable(std::span<const float> table, HeadShape large, HeadShape small, HeadReduction reduction)
{
    std::vector<float> result;
    const int64_t columns = small.count();
    for (int64_t l = 0; l < large.layers; ++l) {
        for (int64_t s = 0; s < small.layers; ++s) {
            double sum = 0;
            float best = -std::numeric_limits<float>::infinity();
            for (int64_t h = 0; h < large.heads; ++h) {
                for (int64_t k = 0; k < small.heads; ++k) {
                    const float value = table[size_t((l * large.heads + h) * columns + s * small.heads + k)];
                    sum += double(value);
                    best = std::max(best, value);
                }
            }
            result.push_back(reduction == HeadReduction::Max ? best : float(sum / double(large.heads * small.heads)));
        }
    }
    return result;
}

double hardConsistency(std::span<const int32_t> f, std::span<const int32_t> laterF)
{
    size_t same = 0;
    for (size_t i = 0; i < f.size(); ++i)
        same += f[i] == laterF[i];
    return f.empty() ? 1.0 : double(same) / double(f.size());
}

double softConsistency(std::span<const float> later, std::span<const int32_t> f)
{
    if (f.empty())
        return 1;
    const size_t columns = later.size() / f.size();
    double sum = 0;
    for (size_t i = 0; i < f.size(); ++i) {
        const auto row = later.subspan(i * columns, columns);
        const float best = *std::max_element(row.begin(), row.end());
        const float own = row[size_t(f[i])];
        sum += best > 0 ? double(own) / double(best) : own >= best ? 1.0 : 0.0;
    }
    return sum / double(f.size());
}

} // namespace winnow
