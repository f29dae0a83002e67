#include "core/eval/decode_attention.h"

#include "core/eval/metrics_vector.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

namespace winnow {
namespace {

std::vector<int32_t> keptPositions(const KeptTokens &kept, int64_t layer, int64_t set)
{
    std::vector<int32_t> positions;
    for (int64_t v = 0; v < kept.tokens; ++v) {
        if (kept.kept(layer, set, v))
            positions.push_back(static_cast<int32_t>(v));
    }
    return positions;
}

/// Place of each position in an ascending list that holds them all.
std::vector<int32_t> placesIn(const std::vector<int32_t> &all, const std::vector<int32_t> &positions)
{
    std::vector<int32_t> places;
    for (int32_t position : positions)
        places.push_back(static_cast<int32_t>(std::lower_bound(all.begin(), all.end(), position) - all.begin()));
    return places;
}

void erase(std::vector<int32_t> &values, const std::vector<int32_t> &indices)
{
    for (auto it = indices.rbegin(); it != indices.rend(); ++it)
        values.erase(values.begin() + *it);
}

} // namespace

DecodeLayer::DecodeLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, LayerCache cache)
    : m_config(capture.config)
    , m_kind(headSetsOf(cell.plan.kept, capture.config))
    , m_setHeads(capture.config.heads / setCount(m_kind, capture.config))
    , m_layer(layer)
    , m_shift(cell.plan.positions == PositionMode::Shift)
    , m_cache(std::move(cache))
    , m_sets(static_cast<size_t>(setCount(m_kind, capture.config)))
{
    if (cell.method && cell.ranking)
        m_policy = cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, layer);
    cut(cell.plan.kept, layer);
}

void DecodeLayer::cut(const KeptTokens &kept, int64_t layer)
{
    for (size_t s = 0; s < m_sets.size(); ++s)
        m_sets[s].positions = keptPositions(kept, layer, static_cast<int64_t>(s));
    const auto sameAsFirst = [this](const Set &set) { return set.positions == m_sets.front().positions; };
    if (std::all_of(m_sets.begin(), m_sets.end(), sameAsFirst)) {
        if (static_cast<int64_t>(m_sets.front().positions.size()) < kept.tokens)
            m_cache.keepAll(m_sets.front().positions);
        for (Set &set : m_sets) {
            set.rows.resize(set.positions.size());
            std::iota(set.rows.begin(), set.rows.end(), 0);
        }
        return;
    }
    const int64_t setsPerKvHead = static_cast<int64_t>(m_sets.size()) / m_config.kvHeads; // 1, or G for query heads
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        std::vector<int32_t> all, merged;
        for (int64_t s = g * setsPerKvHead; s < (g + 1) * setsPerKvHead; ++s) {
            const std::vector<int32_t> &positions = m_sets[static_cast<size_t>(s)].positions;
            merged.clear();
            std::set_union(all.begin(), all.end(), positions.begin(), positions.end(), std::back_inserter(merged));
            std::swap(all, merged);
        }
        m_cache.keep(g, all);
        for (int64_t s = g * setsPerKvHead; s < (g + 1) * setsPerKvHead; ++s)
            m_sets[static_cast<size_t>(s)].rows = placesIn(all, m_sets[static_cast<size_t>(s)].positions);
    }
}

void DecodeLayer::step(const DecodeToken &token, const RopeTable &rope, float *out)
{
    const int32_t position = static_cast<int32_t>(token.position);
    m_cache.append(token.k, token.v, {&position, 1});
    if (m_policy && m_policy->needsRows())
        m_queries.insert(m_queries.end(), token.q, token.q + m_config.heads * m_config.headDim);
    for (int64_t set = 0; set < static_cast<int64_t>(m_sets.size()); ++set) {
        Set &state = m_sets[static_cast<size_t>(set)];
        state.positions.push_back(position);
        state.rows.push_back(static_cast<int32_t>(m_cache.head(kvHeadOf(set, 0)).count() - 1));
    }
    for (int64_t set = 0; set < static_cast<int64_t>(m_sets.size()); ++set)
        attendSet(token, set, rope, out + set * m_setHeads * m_config.headDim);
}

void DecodeLayer::attendSet(const DecodeToken &token, int64_t set, const RopeTable &rope, float *out)
{
    Set &state = m_sets[static_cast<size_t>(set)];
    DecodeRow view;
    view.row = token.row;
    view.set = set;
    view.layer = m_layer;
    view.heads = m_setHeads;
    view.headDim = m_config.headDim;
    view.positions = state.positions.data();
    view.slots = static_cast<int64_t>(state.positions.size());
    if (m_policy) {
        m_drop.clear();
        m_policy->before(view, m_drop);
        drop(set, m_drop);
    }
    const size_t slots = state.positions.size(), width = static_cast<size_t>(m_config.headDim);
    m_weights.resize(static_cast<size_t>(m_setHeads) * slots);
    for (int64_t h = 0; h < m_setHeads; ++h, out += width) {
        float *weights = m_weights.data() + static_cast<size_t>(h) * slots;
        scoreHead(token, set, h, rope, weights);
        softmaxInPlace(weights, slots);
        const float *values = m_cache.head(kvHeadOf(set, h)).values.const_data_ptr<float>();
        weightedRows(weights, values, state.rows.data(), slots, width, out);
    }
    if (!m_policy || !m_policy->wants(token.row))
        return;
    view.positions = state.positions.data();
    view.slots = static_cast<int64_t>(slots);
    view.weights = m_weights.data();
    if (m_policy->needsRows())
        fillRows(token, set, view);
    m_drop.clear();
    m_policy->after(view, m_drop);
    drop(set, m_drop);
}

/// Packed positions as in CellLayer::shiftScores: the query meets slot j from position p + (n - 1 - j).
void DecodeLayer::scoreHead(const DecodeToken &token, int64_t set, int64_t headInSet, const RopeTable &rope, float *scores)
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t width = m_config.headDim, head = set * m_setHeads + headInSet;
    const float *keys = m_cache.head(kvHeadOf(set, headInSet)).keys.const_data_ptr<float>();
    const float scale = 1.0F / std::sqrt(static_cast<float>(width));
    const int64_t slots = static_cast<int64_t>(state.positions.size());
    int64_t rotatedTo = token.position;
    const float *query = token.q + head * width;
    for (int64_t j = 0; j < slots; ++j) {
        const int64_t from = m_shift ? state.positions[static_cast<size_t>(j)] + slots - 1 - j : token.position;
        if (from != rotatedTo) {
            query = token.q + head * width;
            if (from != token.position) {
                m_shifted.assign(token.qBefore + head * width, token.qBefore + (head + 1) * width);
                const int32_t place = static_cast<int32_t>(from);
                rope.rotate(at::from_blob(m_shifted.data(), {1, 1, width}, at::kFloat),
                    rope.rows({&place, 1}, at::Device(c10::DeviceType::CPU)));
                query = m_shifted.data();
            }
            rotatedTo = from;
        }
        scores[j] = scale * dotProduct(query, keys + state.rows[static_cast<size_t>(j)] * width, static_cast<size_t>(width));
    }
}

void DecodeLayer::fillRows(const DecodeToken &token, int64_t set, DecodeRow &view)
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t width = m_config.headDim;
    const size_t bytes = static_cast<size_t>(width) * sizeof(float);
    view.kvHeads = std::max<int64_t>(1, m_setHeads / m_config.groups());
    view.kvStride = view.slots * width;
    m_policyKeys.resize(static_cast<size_t>(view.kvHeads * view.kvStride));
    m_policyValues.resize(m_policyKeys.size());
    for (int64_t g = 0; g < view.kvHeads; ++g) {
        const HeadSlots &head = m_cache.head(kvHeadOf(set, 0) + g);
        for (int64_t j = 0; j < view.slots; ++j) {
            const int64_t row = state.rows[static_cast<size_t>(j)];
            std::memcpy(m_policyKeys.data() + g * view.kvStride + j * width, head.keys.const_data_ptr<float>() + row * width, bytes);
            std::memcpy(m_policyValues.data() + g * view.kvStride + j * width, head.values.const_data_ptr<float>() + row * width, bytes);
        }
    }
    view.keys = m_policyKeys.data();
    view.values = m_policyValues.data();
    view.queryRows = std::min(token.row + 1, m_policy->queryRows());
    m_policyQueries.resize(static_cast<size_t>(view.queryRows * m_setHeads * width));
    for (int64_t r = 0; r < view.queryRows; ++r) {
        const int64_t row = token.row + 1 - view.queryRows + r;
        std::memcpy(m_policyQueries.data() + r * m_setHeads * width,
            m_queries.data() + (row * m_config.heads + set * m_setHeads) * width, static_cast<size_t>(m_setHeads) * bytes);
    }
    view.queries = m_policyQueries.data();
}

void DecodeLayer::drop(int64_t set, const std::vector<int32_t> &indices)
{
    if (indices.empty())
        return;
    Set &state = m_sets[static_cast<size_t>(set)];
    erase(state.positions, indices);
    erase(state.rows, indices);
    const int64_t heads = std::max<int64_t>(1, m_setHeads / m_config.groups());
    for (int64_t g = 0; g < heads; ++g)
        dropFromUnion(kvHeadOf(set, 0) + g);
    if (m_kind == HeadSets::Layer) // all heads lost the same rows
        std::iota(state.rows.begin(), state.rows.end(), 0);
}

/// Takes the rows of one KV head out that no set refers to any more.
void DecodeLayer::dropFromUnion(int64_t kvHead)
{
    const int64_t rows = m_cache.head(kvHead).count();
    const int64_t setsPerKvHead = std::max<int64_t>(1, m_config.groups() / m_setHeads);
    const int64_t first = m_kind == HeadSets::Layer ? 0 : kvHead * setsPerKvHead;
    std::vector<uint8_t> used(static_cast<size_t>(rows));
    for (int64_t s = first; s < first + setsPerKvHead; ++s) {
        for (int32_t row : m_sets[static_cast<size_t>(s)].rows)
            used[static_cast<size_t>(row)] = 1;
    }
    std::vector<int32_t> unused, place(static_cast<size_t>(rows));
    int32_t next = 0;
    for (int32_t row = 0; row < static_cast<int32_t>(rows); ++row) {
        place[static_cast<size_t>(row)] = next;
        if (used[static_cast<size_t>(row)])
            ++next;
        else
            unused.push_back(row);
    }
    if (unused.empty())
        return;
    m_cache.drop(kvHead, unused);
    if (m_kind == HeadSets::Layer)
        return; // renumbered once by the caller
    for (int64_t s = first; s < first + setsPerKvHead; ++s) {
        for (int32_t &row : m_sets[static_cast<size_t>(s)].rows)
            row = place[static_cast<size_t>(row)];
    }
}

} // namespace winnow
