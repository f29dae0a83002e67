#include "core/model/attention.h"

#include "core/model/cpu_kernels.h"
#include "core/model/packed_kernels.h"
#include "core/model/rounding.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace winnow {
namespace {

    /// One block: query rows [first, first + rows) of the T new ones, for the query heads [head, head + groups) of a KV head,
    /// and the slots [begin, end) that any of them may see.
    struct Block {
        int64_t first, rows, head, groups;
        int64_t begin, end;
        std::vector<int64_t> seen; // [rows] first slot each row sees
        int64_t past; // slots of this head before the new rows
        int64_t keys() const { return end - begin; }
        int64_t visibleEnd(int64_t row) const { return past + first + row + 1; }
    };

    Block blockOf(const HeadSlots &slots, const ScoreRule &rule, int64_t totalRows, int64_t first, int64_t blockRows)
    {
        Block block{};
        block.first = first;
        block.rows = std::min(blockRows, totalRows - first);
        block.past = slots.count() - totalRows;
        block.end = block.past + first + block.rows;
        block.seen.assign(static_cast<size_t>(block.rows), 0);
        for (int64_t r = 0; rule.window > 0 && r < block.rows; ++r) {
            const auto end = slots.positions.begin() + block.past + first + r; // the row's own slot is always seen
            const auto seen = std::lower_bound(slots.positions.begin(), end, rule.firstSeen(*end));
            block.seen[static_cast<size_t>(r)] = seen - slots.positions.begin();
        }
        block.begin = block.seen.front();
        return block;
    }

    float *rowPointer(const at::Tensor &tensor, int64_t head, int64_t row)
    {
        return tensor.data_ptr<float>() + head * tensor.stride(0) + row * tensor.stride(1);
    }

    /// Softmax of [G, rows, n] scores row by row, with the statistics read off while the row is in the first-level cache.
    void softmaxBlock(const at::Tensor &scores, const Block &block, AttentionStatistics *statistics)
    {
        float *row = scores.data_ptr<float>();
        const int64_t n = block.keys();
        const bool wanted = statistics && statistics->wanted();
        double worst = statistics ? statistics->maxRowSumError : 0.0;
        // Sums of a block first, then into the total: the rounding of thousands of f32 additions would be visible.
        const bool summed = wanted && statistics->colSum.defined();
        std::vector<float> blockSum(summed ? static_cast<size_t>(n) : 0);
        for (int64_t g = 0; g < block.groups; ++g) {
            const int64_t head = block.head + g;
            std::fill(blockSum.begin(), blockSum.end(), 0.0F);
            for (int64_t r = 0; r < block.rows; ++r, row += n) {
                const int64_t from = block.seen[static_cast<size_t>(r)] - block.begin;
                std::fill(row, row + from, 0.0F);
                const cpu::SoftmaxRow result = cpu::softmaxRow(row + from, block.visibleEnd(r) - block.begin - from, n - from,
                    summed ? blockSum.data() + from : nullptr, wanted);
                if (!wanted)
                    continue;
                worst = std::max(worst, std::abs(static_cast<double>(result.sum) - 1.0));
                if (statistics->rowEntropy.defined())
                    rowPointer(statistics->rowEntropy, head, 0)[block.first + r] = result.entropy;
            }
            float *total = summed ? rowPointer(statistics->colSum, head, 0) + block.begin : nullptr;
            for (size_t i = 0; i < blockSum.size(); ++i)
                total[i] += blockSum[i];
        }
        if (statistics)
            statistics->maxRowSumError = worst;
    }

    /// Copies the part of the block that belongs to the last W rows. scores [G, rows, n].
    void keepWindow(const at::Tensor &scores, const Block &block, int64_t totalRows, AttentionStatistics &statistics)
    {
        if (!statistics.winRows.defined())
            return;
        const int64_t begin = totalRows - statistics.winRows.size(1);
        const int64_t from = std::max(begin, block.first);
        const int64_t to = block.first + block.rows;
        if (from >= to)
            return;
        statistics.winRows.narrow(0, block.head, block.groups)
            .narrow(1, from - begin, to - from)
            .narrow(2, block.begin, block.keys())
            .copy_(scores.narrow(1, from - block.first, to - from));
    }

    /// A growing scratch buffer reused over the blocks of a layer.
    class Scratch {
    public:
        explicit Scratch(const at::TensorOptions &options)
            : m_options(options)
        {
        }
        at::Tensor take(at::IntArrayRef shape)
        {
            int64_t elements = 1;
            for (const int64_t size : shape)
                elements *= size;
            if (!m_buffer.defined() || m_buffer.numel() < elements) {
                m_buffer.reset(); // before the larger one is there: both at once would double the peak
                m_buffer = at::empty({elements}, m_options);
            }
            return m_buffer.narrow(0, 0, elements).view(shape);
        }

    private:
        at::TensorOptions m_options;
        at::Tensor m_buffer;
    };

    struct Buffers {
        Buffers(const at::TensorOptions &options, ElementType cached)
            : queries(options)
            , scores(options)
            , output(options)
            , packed(options)
            , elements(cached)
        {
        }
        Scratch queries, scores, output, packed;
        ElementType elements; // what queries and weights are rounded to, as keys and values are
    };

    /// Slots whose numbers are f32, for the kernels.
    HeadSlots unpacked(const HeadSlots &slots)
    {
        const auto live = [&](const at::Tensor &rows) { return rows.narrow(0, 0, slots.count()).to(at::kFloat); };
        return {live(slots.keys), live(slots.values), slots.positions};
    }

    /// Query rows from which packing them is worth it.
    constexpr int64_t kPackedQueries = 16;

    bool packs(int64_t queries, const at::Tensor &slots)
    {
        return queries >= kPackedQueries && packed::available() && slots.scalar_type() == at::kFloat && slots.is_contiguous();
    }

    /// scores [rows, n] = queries [rows, D] times keys [n, D] transposed.
    void multiplyKeys(const at::Tensor &queries, const at::Tensor &keys, Scratch &scratch, at::Tensor &scores)
    {
        const int64_t rows = queries.size(0), width = queries.size(1);
        if (!packs(rows, keys)) {
            at::mm_out(scores, queries, keys.t());
            return;
        }
        float *inputs = scratch.take({packed::packedFloats(rows, width)}).data_ptr<float>();
        packed::packInputs(queries.const_data_ptr<float>(), rows, width, width, inputs);
        packed::multiplyPacked(inputs, rows, width, keys.const_data_ptr<float>(), keys.size(0),
            {scores.data_ptr<float>(), keys.size(0), packed::Into::Replace});
    }

    /// result [rows, Dv] = weights [rows, n] times values [n, Dv].
    void mixValues(const at::Tensor &weights, const at::Tensor &values, at::Tensor &result)
    {
        if (!packs(weights.size(0), values) || !weights.is_contiguous() || values.size(1) % packed::kMixLanes != 0) {
            at::mm_out(result, weights, values);
            return;
        }
        packed::mixRows({weights.const_data_ptr<float>(), values.const_data_ptr<float>(), weights.size(0), values.size(0), values.size(1)},
            result.data_ptr<float>());
    }

    /// What a hook sees begins at slot 0, also where the block leaves out slots before its window.
    at::Tensor hooked(const at::Tensor &weights, const Block &block, const AttentionProbe &probe)
    {
        const HookSite site{HookPoint::Probabilities, probe.layer, block.first, block.head};
        if (block.begin == 0)
            return probe.hooks->apply(weights, site).contiguous();
        const at::Tensor whole = at::constant_pad_nd(weights, {block.begin, 0});
        return probe.hooks->apply(whole, site).narrow(2, block.begin, block.keys()).contiguous();
    }

    /// queries [T, H, D], out [T, H, Dv].
    void attendBlock(const at::Tensor &queries, const HeadSlots &slots, const ScoreRule &rule, const Block &block,
        const AttentionProbe &probe, Buffers &buffers, at::Tensor &out)
    {
        const int64_t width = queries.size(2), valueWidth = out.size(2);
        const int64_t n = block.keys();
        const auto source = queries.narrow(0, block.first, block.rows).narrow(1, block.head, block.groups).transpose(0, 1);
        at::Tensor q = buffers.queries.take({block.groups, block.rows, width});
        at::mul_out(q, source, at::scalar_tensor(rule.scale, at::kFloat));
        roundTo(q, buffers.elements);
        at::Tensor scores = buffers.scores.take({block.groups * block.rows, n});
        multiplyKeys(q.view({-1, width}), slots.keys.narrow(0, block.begin, n), buffers.packed, scores);
        if (rule.cap > 0)
            scores.div_(rule.cap).tanh_().mul_(rule.cap);
        at::Tensor weights = scores.view({block.groups, block.rows, n});
        const auto began = std::chrono::steady_clock::now();
        softmaxBlock(weights, block, probe.statistics);
        if (probe.statistics && probe.statistics->colSum.defined())
            probe.statistics->columnMs += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        if (probe.statistics)
            keepWindow(weights, block, queries.size(0), *probe.statistics);
        if (probe.hooks && probe.hooks->wants(HookPoint::Probabilities, probe.layer))
            weights = rounded(hooked(weights, block, probe), buffers.elements);
        else
            roundTo(weights, buffers.elements);
        at::Tensor result = buffers.output.take({block.groups * block.rows, valueWidth});
        mixValues(weights.view({-1, n}), slots.values.narrow(0, block.begin, n), result);
        out.narrow(0, block.first, block.rows)
            .narrow(1, block.head, block.groups)
            .copy_(result.view({block.groups, block.rows, valueWidth}).transpose(0, 1));
    }

} // namespace

ScoreRule ScoreRule::of(const ModelConfig &config, int64_t layer)
{
    return {config.scale(), config.scoreCap, config.layer(layer).window};
}

float ScoreRule::capped(float score) const
{
    return cap > 0 ? static_cast<float>(cap) * std::tanh(score / static_cast<float>(cap)) : score;
}

Result<at::Tensor> attend(const at::Tensor &queries, const LayerCache &cache, const ScoreRule &rule, const AttentionProbe &probe,
    const RunContext &context)
{
    if (!queries.is_cpu())
        return attendOperators(queries, cache, rule, probe, context);
    const int64_t rows = queries.size(0);
    const int64_t heads = queries.size(1);
    const int64_t groups = heads / cache.heads();
    const int64_t valueWidth = cache.head(0).values.size(1);
    at::Tensor out = at::empty({rows, heads, valueWidth}, queries.options());
    Buffers buffers(queries.options(), elementTypeOf(cache.scalarType()));
    const int64_t blockRows = attentionBlockRows(queries.device(), heads, cache.maxCount());
    for (int64_t g = 0; g < cache.heads(); ++g) {
        const HeadSlots &held = cache.head(g);
        const HeadSlots copy = buffers.elements == ElementType::F32 ? HeadSlots() : unpacked(held);
        const HeadSlots &slots = buffers.elements == ElementType::F32 ? held : copy;
        for (int64_t first = 0; first < rows; first += blockRows) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled in attention");
            Block block = blockOf(slots, rule, rows, first, blockRows);
            block.head = g * groups;
            block.groups = groups;
            attendBlock(queries, slots, rule, block, probe, buffers, out);
        }
    }
    return out.view({rows, heads * valueWidth});
}

at::Tensor attentionRows(const at::Tensor &queries, const at::Tensor &keys, const ScoreRule &rule, int64_t rowBegin)
{
    at::Tensor scores = at::mm(queries * rule.scale, keys.t()); // [rows, S]
    if (rule.cap > 0)
        scores.div_(rule.cap).tanh_().mul_(rule.cap);
    at::Tensor hidden = at::ones(scores.sizes(), scores.options().dtype(at::kBool)).triu_(rowBegin + 1);
    if (rule.window > 0)
        hidden.logical_or_(at::ones_like(hidden).tril_(rowBegin - rule.window));
    scores.masked_fill_(hidden, -INFINITY);
    return at::softmax(scores, -1);
}

} // namespace winnow
