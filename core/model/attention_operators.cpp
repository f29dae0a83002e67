#include "core/model/attention.h"

#include "core/model/rounding.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/special_entr.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

// attention.cpp on a GPU. There a launch costs as much as the work of a head in decode, so all KV heads go together while they
// hold the same positions; else one after the other.
namespace winnow {
namespace {

    /// KV heads that are attended to together.
    struct Unit {
        at::Tensor keys, values; // [U, S, D], [U, S, Dv]
        const std::vector<int32_t> *positions; // [S] of each
        int64_t firstKvHead = 0;
    };

    /// A block of the new rows, and the slots [begin, end) that any of them may see.
    struct Block {
        int64_t first, rows, past;
        int64_t begin, end;
        std::vector<int64_t> seen; // [rows] first slot each row sees; empty = 0 for all
        int64_t keys() const { return end - begin; }
        int64_t visibleEnd(int64_t row) const { return past + first + row + 1; }
    };

    Unit unitOf(const HeadSlots &slots, int64_t kvHead)
    {
        return {slots.keys.narrow(0, 0, slots.count()).unsqueeze(0), slots.values.narrow(0, 0, slots.count()).unsqueeze(0),
            &slots.positions, kvHead};
    }

    std::vector<Unit> unitsOf(const LayerCache &cache, const ScoreRule &rule)
    {
        // Without a window the new rows see all that came before, wherever it stood.
        bool same = cache.uniform();
        for (int64_t g = 1; same && rule.window > 0 && g < cache.heads(); ++g)
            same = cache.head(g).positions == cache.head(0).positions;
        if (same)
            return {Unit{cache.keys(), cache.values(), &cache.head(0).positions, 0}};
        std::vector<Unit> units;
        for (int64_t g = 0; g < cache.heads(); ++g)
            units.push_back(unitOf(cache.head(g), g));
        return units;
    }

    Block blockOf(const std::vector<int32_t> &positions, const ScoreRule &rule, int64_t totalRows, int64_t first, int64_t blockRows)
    {
        Block block{};
        block.first = first;
        block.rows = std::min(blockRows, totalRows - first);
        block.past = static_cast<int64_t>(positions.size()) - totalRows;
        block.end = block.visibleEnd(block.rows - 1);
        for (int64_t r = 0; rule.window > 0 && r < block.rows; ++r) {
            const auto own = positions.begin() + block.visibleEnd(r) - 1; // always seen
            block.seen.push_back(std::lower_bound(positions.begin(), own, rule.firstSeen(*own)) - positions.begin());
        }
        if (!block.seen.empty() && block.seen.back() == 0)
            block.seen.clear();
        block.begin = block.seen.empty() ? 0 : block.seen.front();
        return block;
    }

    /// [rows, n] true where a row sees nothing; undefined when all rows see everything.
    at::Tensor hiddenSlots(const Block &block, const at::Device &device)
    {
        const bool cut = !block.seen.empty() && block.seen.back() > block.begin;
        if (block.rows == 1 && !cut)
            return {};
        if (!cut && block.begin == 0) // made there
            return at::ones({block.rows, block.keys()}, at::TensorOptions(at::kBool).device(device)).triu_(block.visibleEnd(0));
        at::Tensor hidden = at::zeros({block.rows, block.keys()}, at::kBool);
        bool *row = hidden.data_ptr<bool>();
        for (int64_t r = 0; r < block.rows; ++r, row += block.keys()) {
            std::fill(row, row + block.seen[static_cast<size_t>(r)] - block.begin, true);
            std::fill(row + block.visibleEnd(r) - block.begin, row + block.keys(), true);
        }
        return hidden.to(device);
    }

    /// One pass of attention over a layer.
    class OperatorPass {
    public:
        OperatorPass(const at::Tensor &queries, const ScoreRule &rule, const AttentionProbe &probe, int64_t groups)
            : m_queries(queries)
            , m_rule(rule)
            , m_probe(probe)
            , m_groups(groups)
        {
        }

        void attend(const Unit &unit, const Block &block, at::Tensor &out);
        void finish() const
        {
            if (m_rowSumError.defined())
                m_probe.statistics->maxRowSumError = std::max(m_probe.statistics->maxRowSumError, m_rowSumError.item<double>());
        }

    private:
        at::Tensor weigh(const Unit &unit, const Block &block) const;
        void addStatistics(const at::Tensor &weights, const Unit &unit, const Block &block);
        at::Tensor hooked(const at::Tensor &weights, const Unit &unit, const Block &block) const;

        const at::Tensor &m_queries; // [T, H, D]
        const ScoreRule &m_rule;
        const AttentionProbe &m_probe;
        int64_t m_groups;
        at::Tensor m_rowSumError; // of all blocks, stays there: reading each would wait for it
    };

    /// Attention weights of a block. @return [U * G, rows, n]
    at::Tensor OperatorPass::weigh(const Unit &unit, const Block &block) const
    {
        const int64_t units = unit.keys.size(0), heads = units * m_groups, n = block.keys();
        const at::Tensor q = m_queries.narrow(0, block.first, block.rows).narrow(1, unit.firstKvHead * m_groups, heads).transpose(0, 1)
            * m_rule.scale; // [U G, rows, D]
        const at::Tensor source = asElements(q.reshape({units, m_groups * block.rows, q.size(2)}), elementTypeOf(unit.keys.scalar_type()));
        at::Tensor scores = productF32(source, unit.keys.narrow(1, block.begin, n).transpose(1, 2));
        if (m_rule.cap > 0)
            scores.div_(m_rule.cap).tanh_().mul_(m_rule.cap);
        scores = scores.view({heads, block.rows, n});
        if (const at::Tensor hidden = hiddenSlots(block, scores.device()); hidden.defined())
            scores.masked_fill_(hidden, -INFINITY);
        return at::softmax(scores, -1);
    }

    /// weights [U * G, rows, n].
    void OperatorPass::addStatistics(const at::Tensor &weights, const Unit &unit, const Block &block)
    {
        AttentionStatistics &statistics = *m_probe.statistics;
        if (!statistics.wanted())
            return;
        const int64_t head = unit.firstKvHead * m_groups, heads = weights.size(0), n = block.keys();
        const auto ofHeads = [&](const at::Tensor &all) { return all.narrow(0, head, heads); };
        if (statistics.colSum.defined())
            ofHeads(statistics.colSum).narrow(1, block.begin, n).add_(weights.sum(1));
        if (statistics.rowEntropy.defined()) // -sum p log p, 0 where p = 0
            ofHeads(statistics.rowEntropy).narrow(1, block.first, block.rows).copy_(at::special_entr(weights).sum(-1));
        const at::Tensor error = (weights.sum(-1) - 1.0).abs_().max();
        m_rowSumError = m_rowSumError.defined() ? at::maximum(m_rowSumError, error) : error;
        if (!statistics.winRows.defined())
            return;
        const int64_t begin = m_queries.size(0) - statistics.winRows.size(1), from = std::max(begin, block.first);
        const int64_t count = block.first + block.rows - from;
        if (count > 0)
            ofHeads(statistics.winRows).narrow(1, from - begin, count).narrow(2, block.begin, n).copy_(weights.narrow(1, from - block.first, count));
    }

    /// What a hook sees begins at slot 0 and is of one KV head.
    at::Tensor OperatorPass::hooked(const at::Tensor &weights, const Unit &unit, const Block &block) const
    {
        if (!m_probe.hooks || !m_probe.hooks->wants(HookPoint::Probabilities, m_probe.layer))
            return weights;
        at::Tensor result; // once a hook has replaced something
        for (int64_t first = 0; first < weights.size(0); first += m_groups) {
            const HookSite site{HookPoint::Probabilities, m_probe.layer, block.first, unit.firstKvHead * m_groups + first};
            const at::Tensor own = weights.narrow(0, first, m_groups), whole = block.begin > 0 ? at::constant_pad_nd(own, {block.begin, 0}) : own;
            const at::Tensor made = m_probe.hooks->apply(whole, site);
            if (made.is_same(whole))
                continue;
            if (!result.defined())
                result = weights.clone();
            result.narrow(0, first, m_groups).copy_(made.narrow(2, block.begin, block.keys()));
        }
        return result.defined() ? result : weights;
    }

    /// out [T, H, Dv].
    void OperatorPass::attend(const Unit &unit, const Block &block, at::Tensor &out)
    {
        const at::Tensor made = weigh(unit, block);
        if (m_probe.statistics)
            addStatistics(made, unit, block);
        const at::Tensor weights = hooked(made, unit, block);
        const int64_t units = unit.keys.size(0), heads = weights.size(0), n = block.keys();
        const at::Tensor source = weights.view({units, m_groups * block.rows, n}).to(unit.values.scalar_type());
        const at::Tensor result = productF32(source, unit.values.narrow(1, block.begin, n));
        out.narrow(0, block.first, block.rows)
            .narrow(1, unit.firstKvHead * m_groups, heads)
            .copy_(result.view({heads, block.rows, out.size(2)}).transpose(0, 1));
    }

} // namespace

Result<at::Tensor> attendOperators(const at::Tensor &queries, const LayerCache &cache, const ScoreRule &rule,
    const AttentionProbe &probe, const RunContext &context)
{
    const int64_t rows = queries.size(0), heads = queries.size(1), valueWidth = cache.head(0).values.size(1);
    at::Tensor out = at::empty({rows, heads, valueWidth}, queries.options());
    OperatorPass pass(queries, rule, probe, heads / cache.heads());
    for (const Unit &unit : unitsOf(cache, rule)) {
        const int64_t blockRows = attentionBlockRows(queries.device(), heads, unit.keys.size(1));
        for (int64_t first = 0; first < rows; first += blockRows) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled in attention");
            pass.attend(unit, blockOf(*unit.positions, rule, rows, first, blockRows), out);
        }
    }
    pass.finish();
    return out.view({rows, heads * valueWidth});
}

} // namespace winnow
