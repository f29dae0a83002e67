#include "core/eval/evaluate_layer.h"
#include "core/eval/metrics_vector.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <cstring>

// Rows of CellLayer one after the other: policies that drop, and shifted positions.
namespace winnow {

void CellLayer::decodeRow(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context,
    AttentionScratch &scratch, CellRecord &record)
{
    Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t columns = static_cast<int64_t>(state.columns.size());
    state.held.push_back(static_cast<int32_t>(m_capture.tokens() + rows.first + row));
    state.column.push_back(static_cast<int32_t>(columns - rows.count + row));
    DecodeRow view;
    view.row = rows.first + row;
    view.set = set;
    view.layer = m_layer;
    view.heads = m_setHeads;
    view.headDim = m_config.headDim;
    view.valueDim = m_config.valueWidth();
    view.rule = m_rule;
    view.positions = state.held.data();
    view.slots = static_cast<int64_t>(state.held.size());
    if (m_policy) {
        scratch.drop.clear();
        m_policy->before(view, scratch.drop);
        dropSlots(view.row, set, scratch.drop, record);
    }
    if (m_shift)
        shiftScores(rows, row, set, context, scratch);

    const size_t slots = state.held.size();
    scratch.weights.resize(static_cast<size_t>(m_setHeads) * slots);
    float *weights = scratch.weights.data();
    const size_t seen = firstSeen(state, m_capture.tokens() + rows.first + row);
    for (int64_t head = set * m_setHeads; head < (set + 1) * m_setHeads; ++head, weights += slots) {
        float *scores = scoreRow(scratch, head, row);
        std::fill(weights, weights + seen, 0.0F);
        for (size_t j = seen; j < slots; ++j)
            weights[j] = scores[state.column[j]];
        noteRowSum(softmaxInPlace(weights + seen, slots - seen), record.rowSumError);
        std::fill(scores, scores + columns, 0.0F);
        for (size_t j = 0; j < slots; ++j)
            scores[state.column[j]] = weights[j];
    }
    noteRow(rows.first, row, set, lostByHeld(row, set, context.full), context.full, record);
    if (!m_policy || !m_policy->wants(view.row))
        return;
    view.positions = state.held.data();
    view.slots = static_cast<int64_t>(slots);
    view.weights = scratch.weights.data();
    if (m_policy->needsRows())
        fillPolicyRows(rows, set, scratch, view);
    scratch.drop.clear();
    m_policy->after(view, scratch.drop);
    dropSlots(view.row, set, scratch.drop, record);
}

/// First held slot that a query at `position` sees: a window counts original positions, or the packed ones where they shift.
size_t CellLayer::firstSeen(const Set &set, int64_t position) const
{
    const size_t slots = set.held.size();
    if (m_rule.window <= 0)
        return 0;
    if (m_shift)
        return static_cast<size_t>(m_rule.firstSeen(static_cast<int64_t>(slots) - 1));
    const auto first = static_cast<int32_t>(m_rule.firstSeen(position));
    return static_cast<size_t>(std::lower_bound(set.held.begin(), set.held.end(), first) - set.held.begin());
}

/// Packed positions (streaming_llm, kv-eviction-baselines.md 3.2): slot j has position j, the newest slot n-1. Attention
/// only sees distances, so instead of rotating every key again the query meets the key of slot j, which stays at its true
/// position p, from position p + (n - 1 - j). For the unbroken run that ends at the query this is the true position.
void CellLayer::shiftScores(
    const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, AttentionScratch &scratch) const
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t slots = static_cast<int64_t>(state.held.size()), width = m_config.headDim, heads = m_config.heads;
    const int64_t own = m_capture.tokens() + rows.first + row;
    const auto scale = static_cast<float>(m_rule.scale);
    for (int64_t j = 0; j < slots; ++j) {
        const int64_t position = state.held[static_cast<size_t>(j)], from = position + slots - 1 - j;
        if (from == own)
            break; // ascending positions: every later slot is in the unbroken run
        if (scratch.shiftedRow != row || scratch.shiftedPosition != from) {
            const float *before = rows.qBefore + row * heads * width;
            scratch.shifted.assign(before, before + heads * width);
            const int32_t place = static_cast<int32_t>(from);
            context.rope.rotate(m_layer, at::from_blob(scratch.shifted.data(), {1, heads, width}, at::kFloat),
                context.rope.rows({&place, 1}, at::Device(c10::DeviceType::CPU), context.length));
            scratch.shiftedRow = row;
            scratch.shiftedPosition = from;
        }
        for (int64_t head = set * m_setHeads; head < (set + 1) * m_setHeads; ++head) {
            const float *key = slotRow(Part::Keys, rows, head / m_config.groups(), position);
            scoreRow(scratch, head, row)[state.column[static_cast<size_t>(j)]]
                = m_rule.capped(scale * dotProduct(scratch.shifted.data() + head * width, key, static_cast<size_t>(width)));
        }
    }
}

void CellLayer::fillPolicyRows(const BlockRows &rows, int64_t set, AttentionScratch &scratch, DecodeRow &view) const
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t width = m_config.headDim, group = m_config.groups();
    const int64_t firstKv = set * m_setHeads / group;
    view.kvHeads = std::max<int64_t>(1, m_setHeads / group);
    view.kvStride = view.slots * width;
    view.valueStride = view.slots * view.valueDim;
    scratch.policyKeys.resize(static_cast<size_t>(view.kvHeads * view.kvStride));
    scratch.policyValues.resize(static_cast<size_t>(view.kvHeads * view.valueStride));
    for (int64_t g = 0; g < view.kvHeads; ++g) {
        gather(Part::Keys, rows, firstKv + g, state.held, scratch.policyKeys.data() + g * view.kvStride);
        gather(Part::Values, rows, firstKv + g, state.held, scratch.policyValues.data() + g * view.valueStride);
    }
    view.keys = scratch.policyKeys.data();
    view.values = scratch.policyValues.data();
    view.queryRows = std::min(view.row + 1, m_policy->queryRows());
    scratch.policyQueries.resize(static_cast<size_t>(view.queryRows * m_setHeads * width));
    float *to = scratch.policyQueries.data();
    for (int64_t t = view.row + 1 - view.queryRows; t <= view.row; ++t) {
        const float *from = t < rows.first ? m_pastQueries.data() + (t * m_config.heads + set * m_setHeads) * width
                                           : rows.q + (t - rows.first) * rows.rowStride + set * m_setHeads * width;
        std::memcpy(to, from, static_cast<size_t>(m_setHeads * width) * sizeof(float));
        to += m_setHeads * width;
    }
    view.queries = scratch.policyQueries.data();
}

double CellLayer::lostByHeld(int64_t row, int64_t set, const FullBlock &full) const
{
    const std::vector<int32_t> &held = m_sets[static_cast<size_t>(set)].held;
    const int64_t count = static_cast<int64_t>(full.output.size()) / (m_config.heads * m_config.valueWidth());
    double kept = 0;
    for (int64_t head = set * m_setHeads; head < (set + 1) * m_setHeads; ++head)
        kept += gatheredSum(full.weights.data() + (head * count + row) * full.columns, held.data(), held.size());
    return std::max(0.0, static_cast<double>(m_setHeads) - kept); // a set that holds everything can come out a rounding above
}

void CellLayer::dropSlots(int64_t row, int64_t set, const std::vector<int32_t> &drop, CellRecord &record)
{
    if (drop.empty())
        return;
    Set &state = m_sets[static_cast<size_t>(set)];
    if (m_options.recordEvictions) {
        for (size_t i = 0; i < drop.size(); ++i)
            record.evictions.push_back({static_cast<int32_t>(row), static_cast<int32_t>(m_layer), static_cast<int32_t>(set),
                state.held[static_cast<size_t>(drop[i])], m_policy->dropScore(i)});
    }
    size_t to = static_cast<size_t>(drop.front()), next = 0;
    for (size_t from = to; from < state.held.size(); ++from) {
        if (next < drop.size() && static_cast<size_t>(drop[next]) == from) {
            ++next;
            continue;
        }
        state.held[to] = state.held[from];
        state.column[to] = state.column[from];
        ++to;
    }
    state.held.resize(to);
    state.column.resize(to);
}

} // namespace winnow
