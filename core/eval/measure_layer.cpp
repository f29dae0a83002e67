#include "core/eval/measure_layer.h"

#include "core/model/attention.h"
#include "core/model/cpu_kernels.h"
#include "core/model/latent_layer.h"
#include "core/model/mla.h"

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
    // A small model's attention acts on heads, so that plans with one hold keys and values of heads.
    , m_cache(capture.config.mla.latent > 0 && !cell.plan.standIn ? LayerCache::latents(capture.config, capture.model->device())
                                                                  : LayerCache(capture.config, capture.model->device()))
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
    std::vector<std::vector<int32_t>> slots(static_cast<size_t>(m_cache.heads()));
    for (int64_t head = 0; head < m_config.heads; head += std::min(m_setHeads, headsOfStored())) {
        std::vector<int32_t> &kept = slots[static_cast<size_t>(storedHeadOf(head))];
        const std::vector<int32_t> &held = m_sets[static_cast<size_t>(head / m_setHeads)].held;
        std::vector<int32_t> joined;
        std::set_union(kept.begin(), kept.end(), held.begin(), held.end(), std::back_inserter(joined));
        kept = std::move(joined);
    }
    // The prompt's slot i is position i, so positions are slots.
    const bool whole = std::all_of(slots.begin(), slots.end(),
        [this](const std::vector<int32_t> &s) { return static_cast<int64_t>(s.size()) == m_cache.maxCount(); });
    if (!whole)
        m_cache.keepEach(slots);
}

Projections MeasuredLayer::project(const StepRow &step, const at::Tensor &x, at::Tensor &before) const
{
    const Model &model = *m_capture.model;
    const at::Tensor normed = attentionInput(model, m_layer, x);
    Projections parts;
    if (m_cache.isLatent()) {
        const MlaProjections latents = mlaProject(m_config, *model.layer(m_layer).mla, normed);
        parts.q = latents.q;
        parts.k = latentRows(latents.latent, rotateSharedKeys(model, m_layer, latents.kpe, step.rope));
        parts.v = parts.k.narrow(2, 0, 0);
    } else {
        parts = projectQkv(model, m_layer, normed);
        model.rope().rotate(m_layer, parts.k, step.rope);
    }
    before = m_plan.positions == PositionMode::Shift ? parts.q.clone() : at::Tensor();
    model.rope().rotate(m_layer, parts.q, step.rope);
    return parts;
}

at::Tensor MeasuredLayer::scoredQueries(const at::Tensor &q) const
{
    if (!m_cache.isLatent())
        return q.select(0, 0);
    return mlaAbsorbQueries(m_config, *m_capture.model->layer(m_layer).mla, q).select(0, 0);
}

at::Tensor MeasuredLayer::attend(const StepRow &step, const at::Tensor &x)
{
    at::Tensor before;
    const Projections parts = project(step, x, before);
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

/// Stored slots of a head of the cache that the set holds, in its order.
void MeasuredLayer::columnsOf(const Set &set, int64_t storedHead, std::vector<int32_t> &columns) const
{
    const std::vector<int32_t> &stored = m_cache.head(storedHead).positions;
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
    const int64_t served = headsOfStored();
    for (int64_t g = 0; g < m_cache.heads(); ++g) {
        const std::vector<int32_t> &stored = m_cache.head(g).positions;
        std::vector<uint8_t> used(stored.size());
        std::vector<int32_t> columns;
        for (int64_t head = g * served; head < (g + 1) * served; head += std::min(m_setHeads, served)) {
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

std::pair<at::Tensor, at::Tensor> MeasuredLayer::storedRows(int64_t storedHead) const
{
    const HeadSlots &slots = m_cache.head(storedHead);
    const at::Tensor keys = slots.keys.to(at::kFloat); // themselves when they are f32
    return {keys, m_cache.isLatent() ? keys.narrow(1, 0, m_config.mla.latent).contiguous() : slots.values.to(at::kFloat)};
}

/// Fills m_scores with the scaled products of one query head and the stored slots of its head of the cache.
void MeasuredLayer::scoreHead(
    int64_t head, const Set &set, const std::vector<int32_t> &columns, const at::Tensor &keys, const at::Tensor &before)
{
    const int64_t width = keys.size(1);
    const auto scale = static_cast<float>(m_rule.scale);
    const int64_t slots = m_cache.head(storedHeadOf(head)).count();
    m_scores.resize(static_cast<size_t>(slots));
    std::vector<float> query(static_cast<size_t>(width));
    const auto score = [&](const at::Tensor &queries, int64_t firstSlot, int64_t count) {
        const float *q = queries.const_data_ptr<float>() + head * queries.stride(0);
        for (size_t d = 0; d < query.size(); ++d)
            query[d] = q[d] * scale;
        cpu::matrixVector(keys.data_ptr<float>() + firstSlot * width, query.data(), m_scores.data() + firstSlot, count, width);
        for (int64_t i = firstSlot; m_rule.cap > 0 && i < firstSlot + count; ++i)
            m_scores[static_cast<size_t>(i)] = m_rule.capped(m_scores[static_cast<size_t>(i)]);
    };
    score(m_queries, 0, slots);
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
        const at::Tensor moved = before.clone(); // [1, H, D]
        const ModelRope &rope = m_capture.model->rope();
        rope.rotate(m_layer, moved, rope.rows(std::span(&from, 1), moved.device(), m_capture.tokens()));
        const at::Tensor queries = scoredQueries(moved);
        for (int64_t i = j; i < end; ++i)
            score(queries, columns[static_cast<size_t>(i)], 1);
        j = end;
    }
}

bool MeasuredLayer::attendSet(int64_t row, int64_t set, const at::Tensor &before, float *out)
{
    Set &state = m_sets[static_cast<size_t>(set)];
    const size_t held = state.held.size(), seen = firstSeen(state);
    const int64_t width = addedWidth();
    m_weights.resize(static_cast<size_t>(m_setHeads) * held);
    std::vector<int32_t> columns;
    std::pair<at::Tensor, at::Tensor> rows; // keys, and what weights add up
    int64_t stored = -1;
    for (int64_t i = 0; i < m_setHeads; ++i) {
        const int64_t head = firstHead(set) + i;
        if (stored != storedHeadOf(head)) {
            columnsOf(state, stored = storedHeadOf(head), columns);
            rows = storedRows(stored);
        }
        scoreHead(head, state, columns, rows.first, before);
        float *weights = m_weights.data() + static_cast<size_t>(i) * held;
        std::fill(weights, weights + seen, 0.0F);
        for (size_t j = seen; j < held; ++j)
            weights[j] = m_scores[static_cast<size_t>(columns[j])];
        const auto visible = static_cast<int64_t>(held - seen);
        cpu::softmaxRow(weights + seen, visible, visible, nullptr, false);
        const int64_t slots = m_cache.head(stored).count();
        m_spread.assign(static_cast<size_t>(slots), 0.0F);
        for (size_t j = 0; j < held; ++j)
            m_spread[static_cast<size_t>(columns[j])] = weights[j];
        cpu::weightedRows(m_spread.data(), rows.second.data_ptr<float>(), out + head * width, slots, width);
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
    const LayerCache expanded = m_cache.isLatent() ? expandedHeads(*m_capture.model, m_layer, m_cache) : LayerCache();
    const LayerCache &heads = m_cache.isLatent() ? expanded : m_cache;
    for (int64_t j = 0; j < view.kvHeads; ++j) {
        const int64_t g = kvHeadOf(firstHead(set)) + j;
        columnsOf(state, m_cache.isLatent() ? 0 : g, columns);
        const auto copy = [&](const at::Tensor &slots, int64_t rowWidth, float *to) {
            const at::Tensor stored = slots.cpu().to(at::kFloat);
            for (int64_t i = 0; i < view.slots; ++i, to += rowWidth)
                std::memcpy(to, stored.data_ptr<float>() + columns[static_cast<size_t>(i)] * rowWidth, static_cast<size_t>(rowWidth) * sizeof(float));
        };
        copy(heads.head(g).keys, width, m_rowKeys.data() + j * view.kvStride);
        copy(heads.head(g).values, view.valueDim, m_rowValues.data() + j * view.valueStride);
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
    const MlaWeights *mla = m_cache.isLatent() ? &*m_capture.model->layer(m_layer).mla : nullptr;
    const bool allSeen = !m_policy && m_plan.positions == PositionMode::Original;
    if (allSeen && mla && m_sets.size() == 1)
        return mlaAttend(m_config, *mla, parts.q, storedRows(0).first.narrow(0, 0, m_cache.maxCount()));
    if (allSeen && !mla && m_kind != HeadSets::QueryHead)
        return *winnow::attend(parts.q, m_cache, m_rule, AttentionProbe{}, RunContext{});
    m_queries = scoredQueries(parts.q);
    at::Tensor out = at::empty({1, m_config.heads, addedWidth()}, parts.q.options());
    left = false;
    for (int64_t s = 0; s < static_cast<int64_t>(m_sets.size()); ++s) {
        const bool leaves
            = out.is_cpu() ? attendSet(row, s, before, out.data_ptr<float>()) : attendSetOperators(row, s, before, out);
        left = leaves || left;
    }
    if (left)
        releaseSlots();
    return mla ? mlaExpandValues(m_config, *mla, out) : out.flatten(1, 2);
}

} // namespace winnow
