#include "core/eval/measure_layer.h"

#include "core/model/attention.h"
#include "core/model/cpu_kernels.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace winnow {

MeasuredLayer::MeasuredLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer)
    : m_capture(capture)
    , m_config(capture.config)
    , m_plan(cell.plan)
    , m_layer(layer)
    , m_kind(headSetsOf(cell.plan.kept, capture.config))
    , m_setHeads(capture.config.heads / setCount(m_kind, capture.config))
    , m_rule(ScoreRule::of(capture.config, layer))
    , m_cache(capture.config, capture.model->device())
    , m_sets(static_cast<size_t>(setCount(m_kind, capture.config)))
{
    if (cell.method && cell.ranking)
        m_policy = cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, layer);
    for (size_t s = 0; s < m_sets.size(); ++s) {
        for (int64_t v = 0; v < capture.tokens(); ++v) {
            if (m_plan.kept.kept(layer, static_cast<int64_t>(s), v))
                m_sets[s].held.push_back(static_cast<int32_t>(v));
        }
    }
}

void MeasuredLayer::compress()
{
    std::vector<std::vector<int32_t>> slots(static_cast<size_t>(m_config.kvHeads));
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        std::vector<int32_t> &kept = slots[static_cast<size_t>(g)];
        for (int64_t head = g * m_config.groups(); head < (g + 1) * m_config.groups(); head += std::min(m_setHeads, m_config.groups())) {
            const std::vector<int32_t> &held = m_sets[static_cast<size_t>(head / m_setHeads)].held;
            std::vector<int32_t> joined;
            std::set_union(kept.begin(), kept.end(), held.begin(), held.end(), std::back_inserter(joined));
            kept = std::move(joined);
        }
    }
    // The prompt's slot i is position i, so positions are slots.
    const bool whole = std::all_of(slots.begin(), slots.end(),
        [this](const std::vector<int32_t> &s) { return static_cast<int64_t>(s.size()) == m_cache.maxCount(); });
    if (!whole)
        m_cache.keepEach(slots);
}

at::Tensor MeasuredLayer::attend(const StepRow &step, const at::Tensor &x)
{
    const Model &model = *m_capture.model;
    const Projections parts = projectQkv(model, m_layer, attentionInput(model, m_layer, x));
    const at::Tensor before = m_plan.positions == PositionMode::Shift ? parts.q.clone() : at::Tensor();
    model.rope().rotate(m_layer, parts.q, step.rope);
    model.rope().rotate(m_layer, parts.k, step.rope);
    return attendStep(step.row, before, parts);
}

void MeasuredLayer::reserveSteps(int64_t steps)
{
    int64_t beyond = steps;
    if (m_policy && m_plan.decodeRule == DecodeRule::Hold)
        beyond = 1;
    else if (m_policy && m_plan.decodeRule == DecodeRule::Interval)
        beyond = std::min(steps, m_plan.interval);
    m_cache.reserve(beyond);
}

/// Stored slots of the KV head that the set holds, in its order.
void MeasuredLayer::columnsOf(const Set &set, int64_t kvHead, std::vector<int32_t> &columns) const
{
    const std::vector<int32_t> &stored = m_cache.head(kvHead).positions;
    columns.clear();
    size_t slot = 0;
    for (const int32_t position : set.held) {
        while (stored[slot] != position)
            ++slot;
        columns.push_back(static_cast<int32_t>(slot));
    }
}

DecodeRow MeasuredLayer::viewOf(int64_t row, int64_t set) const
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    DecodeRow view;
    view.row = row;
    view.set = set;
    view.layer = m_layer;
    view.heads = m_setHeads;
    view.headDim = m_config.headDim;
    view.valueDim = m_config.valueWidth();
    view.rule = m_rule;
    view.positions = state.held.data();
    view.slots = static_cast<int64_t>(state.held.size());
    return view;
}

void MeasuredLayer::dropHeld(int64_t set, const std::vector<int32_t> &drop)
{
    std::vector<int32_t> &held = m_sets[static_cast<size_t>(set)].held;
    for (size_t i = drop.size(); i-- > 0;)
        held.erase(held.begin() + drop[i]);
}

/// Gives back stored slots that no set holds any more.
void MeasuredLayer::releaseSlots()
{
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        const std::vector<int32_t> &stored = m_cache.head(g).positions;
        std::vector<uint8_t> used(stored.size());
        std::vector<int32_t> columns;
        for (int64_t head = g * m_config.groups(); head < (g + 1) * m_config.groups(); head += std::min(m_setHeads, m_config.groups())) {
            columnsOf(m_sets[static_cast<size_t>(head / m_setHeads)], g, columns);
            for (const int32_t column : columns)
                used[static_cast<size_t>(column)] = 1;
        }
        std::vector<int32_t> unused;
        for (size_t i = 0; i < used.size(); ++i) {
            if (!used[i])
                unused.push_back(static_cast<int32_t>(i));
        }
        m_cache.drop(g, unused);
    }
}

/// First held slot the newest row sees: a window counts original positions, or the packed ones where they shift.
size_t MeasuredLayer::firstSeen(const Set &set) const
{
    if (m_rule.window <= 0)
        return 0;
    if (m_plan.positions == PositionMode::Shift)
        return static_cast<size_t>(m_rule.firstSeen(static_cast<int64_t>(set.held.size()) - 1));
    const auto first = static_cast<int32_t>(m_rule.firstSeen(set.held.back()));
    return static_cast<size_t>(std::lower_bound(set.held.begin(), set.held.end(), first) - set.held.begin());
}

/// Fills m_scores with the scaled products of one query head and the stored slots of its KV head.
void MeasuredLayer::scoreHead(int64_t head, const Set &set, const std::vector<int32_t> &columns, const at::Tensor &before,
    const Projections &parts)
{
    const HeadSlots &slots = m_cache.head(kvHeadOf(head));
    const at::Tensor keys = slots.keys.to(at::kFloat); // themselves when they are f32
    const int64_t width = m_config.headDim;
    const auto scale = static_cast<float>(m_rule.scale);
    m_scores.resize(static_cast<size_t>(slots.count()));
    std::vector<float> query(static_cast<size_t>(width));
    const auto score = [&](const float *q, int64_t firstSlot, int64_t count) {
        for (size_t d = 0; d < query.size(); ++d)
            query[d] = q[d] * scale;
        cpu::matrixVector(keys.data_ptr<float>() + firstSlot * width, query.data(), m_scores.data() + firstSlot, count, width);
        for (int64_t i = firstSlot; m_rule.cap > 0 && i < firstSlot + count; ++i)
            m_scores[static_cast<size_t>(i)] = m_rule.capped(m_scores[static_cast<size_t>(i)]);
    };
    score(parts.q.data_ptr<float>() + head * width, 0, slots.count());
    if (m_plan.positions != PositionMode::Shift)
        return;
    // Packed positions: slot j counts as position j. Only distances matter, so the query meets the key that stays at its
    // position p from p + (n - 1 - j); for the unbroken run before the query that is its true position.
    const auto held = static_cast<int64_t>(set.held.size());
    const int32_t own = set.held.back();
    for (int64_t j = 0; j < held;) {
        const int32_t from = static_cast<int32_t>(set.held[static_cast<size_t>(j)] + held - 1 - j);
        int64_t end = j + 1;
        while (end < held && set.held[static_cast<size_t>(end)] + held - 1 - end == from)
            ++end;
        if (from == own)
            break;
        const at::Tensor moved = before.select(1, head).clone().view({1, 1, width});
        const ModelRope &rope = m_capture.model->rope();
        rope.rotate(m_layer, moved, rope.rows(std::span(&from, 1), moved.device(), m_capture.tokens()));
        for (int64_t i = j; i < end; ++i)
            score(moved.data_ptr<float>(), columns[static_cast<size_t>(i)], 1);
        j = end;
    }
}

bool MeasuredLayer::attendSet(int64_t row, int64_t set, const at::Tensor &before, const Projections &parts, float *out)
{
    Set &state = m_sets[static_cast<size_t>(set)];
    const size_t held = state.held.size(), seen = firstSeen(state);
    const int64_t valueWidth = m_config.valueWidth();
    m_weights.resize(static_cast<size_t>(m_setHeads) * held);
    std::vector<int32_t> columns;
    int64_t columnsHead = -1;
    for (int64_t i = 0; i < m_setHeads; ++i) {
        const int64_t head = firstHead(set) + i;
        const HeadSlots &slots = m_cache.head(kvHeadOf(head));
        if (columnsHead != kvHeadOf(head))
            columnsOf(state, columnsHead = kvHeadOf(head), columns);
        scoreHead(head, state, columns, before, parts);
        float *weights = m_weights.data() + static_cast<size_t>(i) * held;
        std::fill(weights, weights + seen, 0.0F);
        for (size_t j = seen; j < held; ++j)
            weights[j] = m_scores[static_cast<size_t>(columns[j])];
        const auto visible = static_cast<int64_t>(held - seen);
        cpu::softmaxRow(weights + seen, visible, visible, nullptr, false);
        m_spread.assign(static_cast<size_t>(slots.count()), 0.0F);
        for (size_t j = 0; j < held; ++j)
            m_spread[static_cast<size_t>(columns[j])] = weights[j];
        const at::Tensor values = slots.values.to(at::kFloat);
        cpu::weightedRows(m_spread.data(), values.data_ptr<float>(), out + head * valueWidth, slots.count(), valueWidth);
    }
    return dropAfter(row, set);
}

/// What the policy says once the row's weights are in m_weights. Returns whether slots left the set.
bool MeasuredLayer::dropAfter(int64_t row, int64_t set)
{
    if (!m_policy || !m_policy->wants(row))
        return false;
    DecodeRow view = viewOf(row, set);
    view.weights = m_weights.data();
    if (m_policy->needsRows())
        fillRows(set, view);
    std::vector<int32_t> drop;
    m_policy->after(view, drop);
    dropHeld(set, drop);
    return !drop.empty();
}

/// Keys, values and past queries of a set, for policies that read them.
void MeasuredLayer::fillRows(int64_t set, DecodeRow &view)
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t width = m_config.headDim;
    view.kvHeads = std::max<int64_t>(1, m_setHeads / m_config.groups());
    view.kvStride = view.slots * width;
    view.valueStride = view.slots * view.valueDim;
    m_rowKeys.resize(static_cast<size_t>(view.kvHeads * view.kvStride));
    m_rowValues.resize(static_cast<size_t>(view.kvHeads * view.valueStride));
    std::vector<int32_t> columns;
    for (int64_t j = 0; j < view.kvHeads; ++j) {
        const int64_t g = kvHeadOf(firstHead(set)) + j;
        columnsOf(state, g, columns);
        const auto copy = [&](const at::Tensor &slots, int64_t rowWidth, float *to) {
            const at::Tensor stored = slots.cpu().to(at::kFloat);
            for (int64_t i = 0; i < view.slots; ++i, to += rowWidth)
                std::memcpy(to, stored.data_ptr<float>() + columns[static_cast<size_t>(i)] * rowWidth, static_cast<size_t>(rowWidth) * sizeof(float));
        };
        copy(m_cache.head(g).keys, width, m_rowKeys.data() + j * view.kvStride);
        copy(m_cache.head(g).values, view.valueDim, m_rowValues.data() + j * view.valueStride);
    }
    view.keys = m_rowKeys.data();
    view.values = m_rowValues.data();
    view.queryRows = std::min(view.row + 1, m_policy->queryRows());
    m_rowQueries.clear();
    for (int64_t t = view.row + 1 - view.queryRows; t <= view.row; ++t) {
        const float *from = m_pastQueries.data() + (t * m_config.heads + firstHead(set)) * width;
        m_rowQueries.insert(m_rowQueries.end(), from, from + m_setHeads * width);
    }
    view.queries = m_rowQueries.data();
}

at::Tensor MeasuredLayer::attendStep(int64_t row, const at::Tensor &before, const Projections &parts)
{
    const auto position = static_cast<int32_t>(m_capture.tokens() + row);
    m_cache.append(parts.k, parts.v, std::span(&position, 1));
    if (m_policy && m_policy->needsRows()) {
        const at::Tensor queries = parts.q.cpu();
        const float *query = queries.const_data_ptr<float>();
        m_pastQueries.insert(m_pastQueries.end(), query, query + m_config.heads * m_config.headDim);
    }
    std::vector<int32_t> drop;
    bool left = false;
    for (size_t s = 0; s < m_sets.size(); ++s) {
        m_sets[s].held.push_back(position);
        if (!m_policy)
            continue;
        drop.clear();
        m_policy->before(viewOf(row, static_cast<int64_t>(s)), drop);
        dropHeld(static_cast<int64_t>(s), drop);
        left = left || !drop.empty();
    }
    if (left)
        releaseSlots();
    // Nothing leaves and every stored slot is seen: the plain pass does it.
    if (!m_policy && m_kind != HeadSets::QueryHead && m_plan.positions == PositionMode::Original)
        return *winnow::attend(parts.q, m_cache, m_rule, AttentionProbe{}, RunContext{});
    at::Tensor out = at::empty({1, m_config.heads * m_config.valueWidth()}, parts.q.options());
    left = false;
    for (int64_t s = 0; s < static_cast<int64_t>(m_sets.size()); ++s) {
        const bool leaves = out.is_cpu() ? attendSet(row, s, before, parts, out.data_ptr<float>())
                                         : attendSetOperators(row, s, before, parts, out);
        left = leaves || left;
    }
    if (left)
        releaseSlots();
    return out;
}

} // namespace winnow
