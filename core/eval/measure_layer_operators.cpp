#include "core/eval/measure_layer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <limits>

// MeasuredLayer where the cache is on a GPU: the sums of measure_layer.cpp as operators, a set at a time.
namespace winnow {
namespace {

    /// Rows of the given slots as f32; a view while they are all of the first ones and f32.
    at::Tensor rowsOf(const at::Tensor &stored, const std::vector<int32_t> &columns)
    {
        const auto count = static_cast<int64_t>(columns.size());
        if (columns.empty() || columns.back() + 1 == count)
            return stored.narrow(0, 0, count).to(at::kFloat);
        const at::Tensor index = at::empty({count}, at::kLong);
        std::copy(columns.begin(), columns.end(), index.data_ptr<int64_t>());
        return stored.index_select(0, index.to(stored.device())).to(at::kFloat);
    }

} // namespace

/// Scores of query heads [head, head + heads) of one head of the cache with the keys [n, D] of what the set holds. @return [heads, n]
at::Tensor MeasuredLayer::scoreUnit(const Set &set, int64_t head, int64_t heads, const at::Tensor &keys, const at::Tensor &before) const
{
    at::Tensor scores = at::mm(m_queries.narrow(0, head, heads) * m_rule.scale, keys.t());
    // Packed positions, run by run as in scoreHead: the query meets a key that stays at p from p + (n - 1 - j).
    const auto held = static_cast<int64_t>(set.held.size());
    const ModelRope &rope = m_capture.model->rope();
    for (int64_t j = 0; m_plan.positions == PositionMode::Shift && j < held;) {
        const auto from = static_cast<int32_t>(set.held[static_cast<size_t>(j)] + held - 1 - j);
        int64_t end = j + 1;
        while (end < held && set.held[static_cast<size_t>(end)] + held - 1 - end == from)
            ++end;
        if (from == set.held.back())
            break;
        const at::Tensor moved = before.clone(); // [1, H, D]
        rope.rotate(m_layer, moved, rope.rows(std::span(&from, 1), moved.device(), m_capture.tokens()));
        const at::Tensor queries = scoredQueries(moved).narrow(0, head, heads);
        scores.narrow(1, j, end - j).copy_(at::mm(queries * m_rule.scale, keys.narrow(0, j, end - j).t()));
        j = end;
    }
    if (m_rule.cap > 0)
        scores.div_(m_rule.cap).tanh_().mul_(m_rule.cap);
    return scores;
}

bool MeasuredLayer::attendSetOperators(int64_t row, int64_t set, const at::Tensor &before, at::Tensor &out)
{
    const Set &state = m_sets[static_cast<size_t>(set)];
    const auto held = static_cast<int64_t>(state.held.size()), seen = static_cast<int64_t>(firstSeen(state));
    const int64_t unit = std::min(m_setHeads, headsOfStored()); // heads of the set that share a head of the cache
    const at::Tensor weights = at::empty({m_setHeads, held}, out.options());
    at::Tensor heads = out.select(0, 0); // [H, width]
    std::vector<int32_t> columns;
    for (int64_t i = 0; i < m_setHeads; i += unit) {
        const int64_t head = firstHead(set) + i;
        const HeadSlots &slots = m_cache.head(storedHeadOf(head));
        columnsOf(state, storedHeadOf(head), columns);
        const at::Tensor keys = rowsOf(slots.keys, columns);
        at::Tensor scores = scoreUnit(state, head, unit, keys, before);
        scores.narrow(1, 0, seen).fill_(-std::numeric_limits<double>::infinity());
        const at::Tensor part = at::softmax(scores, 1);
        weights.narrow(0, i, unit).copy_(part);
        const at::Tensor values = m_cache.isLatent() ? keys.narrow(1, 0, addedWidth()) : rowsOf(slots.values, columns);
        heads.narrow(0, head, unit).copy_(at::mm(part, values));
    }
    if (!m_policy || !m_policy->wants(row))
        return false;
    const at::Tensor host = weights.cpu();
    m_weights.assign(host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel());
    return dropAfter(row, set);
}

} // namespace winnow
