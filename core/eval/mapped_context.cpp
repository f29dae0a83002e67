#include "core/eval/mapped_context.h"

#include "core/eval/mapped_layer.h"
#include "core/eval/pair.h"
#include "core/eval/capture_moments.h"
#include "core/eval/small_pass.h"
#include "core/methods/method.h"
#include "core/model/layer_pass.h"
#include "core/model/project_values.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    double millisecondsSince(Clock::time_point start)
    {
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }

    /// The pass over one prompt, piece after piece.
    class MappedPass {
    public:
        MappedPass(const Capture &shared, const MappedPlan &plan, const CaptureNeeds &needs, const RunContext &context);

        Result<std::shared_ptr<const MappedContext>> run();

    private:
        Result<void> feed(int64_t first, int64_t count);
        Result<void> runOrdinary(LayerPass &pass, int64_t layer, int64_t first, at::Tensor &x);
        Result<void> runMapped(int64_t layer, std::span<const int32_t> positions, const at::Tensor &rows, at::Tensor &x);
        void endSpan();
        void finish();

        const Capture &m_shared;
        const MappedPlan &m_plan;
        const Model &m_model;
        const ModelConfig &m_config;
        const RunContext &m_context;
        std::shared_ptr<MappedContext> m_out;
        std::vector<LayerCache> m_caches;
        std::vector<AttentionStatistics> m_statistics; // [L], none of mapped layers
        std::vector<std::vector<at::Tensor>> m_queries; // [L] blocks of [rows, H, D] before RoPE, for moments
        std::vector<int32_t> m_heads; // serving
        SmallPass m_small;
        bool m_mapping = false; // behind the span
        at::Tensor m_last; // [1, E] the last row leaving the last layer
    };

    MappedPass::MappedPass(const Capture &shared, const MappedPlan &plan, const CaptureNeeds &needs, const RunContext &context)
        : m_shared(shared)
        , m_plan(plan)
        , m_model(*shared.model)
        , m_config(shared.config)
        , m_context(context)
        , m_out(std::make_shared<MappedContext>())
        , m_statistics(static_cast<size_t>(shared.config.layers))
        , m_queries(static_cast<size_t>(shared.config.layers))
        , m_heads(servingHeads({&plan.serving, 1}))
        , m_small(shared.pair->small->model, m_heads, plan.earlyExit)
    {
        m_out->id = shared.id + "|mapped";
        m_out->model = shared.model;
        m_out->config = shared.config;
        m_out->ids = shared.ids;
        m_out->needs = needs;
        m_out->needs.pair = shared.needs.pair;
        m_out->pair = shared.pair;
        m_out->window = needs.window > 0 ? std::min(shared.tokens(), std::max<int64_t>(64, needs.window)) : 0;
        m_out->layers.resize(static_cast<size_t>(m_config.layers));
        const at::TensorOptions options = at::TensorOptions(at::kFloat).device(m_model.device());
        for (int64_t l = 0; l < m_config.layers; ++l) {
            m_caches.emplace_back(m_config, m_model.device());
            m_caches.back().reserve(plan.isMapped(l) ? std::min(plan.span, shared.tokens()) : shared.tokens());
            if (plan.isMapped(l))
                continue;
            AttentionStatistics &statistics = m_statistics[static_cast<size_t>(l)];
            if (needs.colSum) {
                statistics.colSum = at::zeros({m_config.heads, shared.tokens()}, options);
                statistics.rowEntropy = at::zeros({m_config.heads, shared.tokens()}, options);
            }
            if (m_out->window > 0)
                statistics.winRows = at::zeros({m_config.heads, m_out->window, shared.tokens()}, options);
        }
    }

    Result<std::shared_ptr<const MappedContext>> MappedPass::run()
    {
        MappedTimes &times = m_out->times;
        const int64_t tokens = m_shared.tokens(), span = std::min(m_plan.span, tokens);
        const auto started = Clock::now();
        if (auto done = feed(0, span); !done)
            return fail(done.error());
        endSpan();
        times.spanMs = millisecondsSince(started);
        times.blockRows = m_plan.blockRows(static_cast<int64_t>(m_heads.size()), tokens);
        for (int64_t first = span; first < tokens; first += times.blockRows, ++times.blocks) {
            if (auto done = feed(first, std::min(times.blockRows, tokens - first)); !done)
                return fail(done.error());
            m_context.progress("mapped prefill", std::min(first + times.blockRows, tokens), tokens, "tokens");
        }
        m_out->prefillMs = millisecondsSince(started);
        times.chunksMs = m_out->prefillMs - times.spanMs;
        finish();
        return std::shared_ptr<const MappedContext>(m_out);
    }

    Result<void> MappedPass::feed(int64_t first, int64_t count)
    {
        const std::span<const int32_t> ids = std::span(m_shared.ids).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
        const auto started = Clock::now();
        auto rows = m_small.feed(ids, m_context); // [U, count, first + count]
        if (!rows)
            return fail(rows.error());
        m_out->times.smallMs += millisecondsSince(started);
        const std::vector<int32_t> positions = positionsFrom(first, count);
        LayerPass pass{m_model, m_model.rope().rows(positions, m_model.device(), m_shared.tokens()), positions, m_context};
        if (m_out->needs.queryMoments)
            pass.onProjections = [&](int64_t layer, const Projections &parts) { m_queries[static_cast<size_t>(layer)].push_back(parts.q.clone()); };
        at::Tensor x = embedRows(m_model, ids, positions);
        for (int64_t l = 0; l < m_config.layers; ++l) {
            auto done = m_mapping && m_plan.isMapped(l) ? runMapped(l, positions, *rows, x) : runOrdinary(pass, l, first, x);
            if (!done)
                return done;
        }
        m_last = x.narrow(0, count - 1, 1).clone();
        double bytes = 0;
        for (const LayerCache &cache : m_caches)
            bytes += static_cast<double>(cache.allocatedBytes());
        m_out->times.peakCacheBytes = std::max(m_out->times.peakCacheBytes, bytes);
        return {};
    }

    /// Statistics of the piece are views into those of the whole prompt.
    Result<void> MappedPass::runOrdinary(LayerPass &pass, int64_t layer, int64_t first, at::Tensor &x)
    {
        const AttentionStatistics &whole = m_statistics[static_cast<size_t>(layer)];
        const int64_t count = x.size(0), windowBegin = m_shared.tokens() - m_out->window;
        AttentionStatistics piece;
        if (whole.colSum.defined()) {
            piece.colSum = whole.colSum;
            piece.rowEntropy = whole.rowEntropy.narrow(1, first, count);
        }
        if (whole.winRows.defined() && first + count > windowBegin) {
            const int64_t begin = std::max(first, windowBegin);
            piece.winRows = whole.winRows.narrow(1, begin - windowBegin, first + count - begin);
        }
        pass.statistics = piece.wanted() ? &piece : nullptr;
        auto done = runLayer(pass, layer, m_caches[static_cast<size_t>(layer)], x);
        m_out->maxRowSumError = std::max(m_out->maxRowSumError, piece.maxRowSumError);
        return done;
    }

    /// v alone is projected; every head multiplies its own row of the small model with its group's values.
    Result<void> MappedPass::runMapped(int64_t layer, std::span<const int32_t> positions, const at::Tensor &rows, at::Tensor &x)
    {
        LayerCache &cache = m_caches[static_cast<size_t>(layer)];
        const at::Tensor fresh = projectValues(m_model, layer, attentionInput(m_model, layer, x)); // [b, Hkv, Dv]
        const int64_t count = x.size(0), groups = m_config.groups();
        cache.append(at::empty({count, m_config.kvHeads, 0}, fresh.options()), fresh, positions);
        const at::Tensor values = cache.values(); // [Hkv, S, Dv]
        at::Tensor out = at::empty({count, m_config.heads, m_config.valueWidth()}, fresh.options());
        for (int64_t g = 0; g < m_config.kvHeads; ++g) {
            std::vector<at::Tensor> weights; // of the group's heads, [b, S] each
            for (int64_t h = g * groups; h < (g + 1) * groups; ++h) {
                const int32_t serving = m_plan.serving[static_cast<size_t>(layer * m_config.heads + h)];
                const auto place = std::lower_bound(m_heads.begin(), m_heads.end(), serving) - m_heads.begin();
                weights.push_back(rows.select(0, place));
            }
            const at::Tensor stacked = at::stack(weights).to(values.device()); // [G, b, S]
            const double error = stacked.sum(-1).sub(1.0).abs().max().item().toDouble();
            m_out->maxRowSumError = std::max(m_out->maxRowSumError, error);
            const at::Tensor result = at::mm(stacked.flatten(0, 1), values[g].to(at::kFloat)).view({groups, count, m_config.valueWidth()});
            out.narrow(1, g * groups, groups).copy_(result.transpose(0, 1));
        }
        return finishLayer(m_model, layer, out.flatten(1, 2), x, m_context);
    }

    void MappedPass::endSpan()
    {
        for (int64_t l = 0; l < m_config.layers; ++l) {
            if (!m_plan.isMapped(l))
                continue;
            LayerCache &cache = m_caches[static_cast<size_t>(l)];
            dropKeys(cache);
            cache.reserve(m_shared.tokens() - cache.maxCount());
        }
        m_mapping = true;
    }

    void MappedPass::finish()
    {
        for (int64_t l = 0; l < m_config.layers; ++l) {
            LayerCapture &layer = m_out->layers[static_cast<size_t>(l)];
            AttentionStatistics &statistics = m_statistics[static_cast<size_t>(l)];
            const LayerCache &cache = m_caches[static_cast<size_t>(l)];
            layer.keys = cache.keys().contiguous().cpu().to(at::kFloat);
            layer.values = cache.values().contiguous().cpu().to(at::kFloat);
            const auto keep = [](const at::Tensor &tensor) { return tensor.defined() ? tensor.cpu() : tensor; };
            layer.colSum = keep(statistics.colSum);
            layer.rowEntropy = keep(statistics.rowEntropy);
            layer.winRows = keep(statistics.winRows);
            std::vector<at::Tensor> &queries = m_queries[static_cast<size_t>(l)];
            if (!queries.empty() && !m_plan.isMapped(l))
                keepQueryMoments(at::cat(queries), layer);
            queries.clear();
            m_caches[static_cast<size_t>(l)] = LayerCache();
            for (const at::Tensor &tensor : {layer.keys, layer.values, layer.colSum, layer.rowEntropy, layer.winRows})
                m_out->bytes += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
        }
        m_out->lastLogits = headLogits(m_model, finalNorm(m_model, m_last)).squeeze(0).cpu();
    }

} // namespace

Result<std::shared_ptr<const MappedContext>> mappedContext(
    const Capture &shared, const MappedPlan &plan, const CaptureNeeds &needs, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (!shared.model || !shared.pair || !shared.pair->small)
        return fail(ErrorCode::BadInput, "the plan uses attention of a small model and the capture was made without one",
            "capture the input with a small model");
    return MappedPass(shared, plan, needs, context).run();
}

bool needsContext(const Capture &shared, const EvaluationCell &cell)
{
    const MappedPlan *mapped = mappedPlanOf(cell.plan);
    return !cell.context && mapped && mapped->chunked && mapped->span < shared.tokens();
}

Result<void> giveContext(const Capture &shared, EvaluationCell &cell, const RunContext &context)
{
    if (!needsContext(shared, cell))
        return {};
    const MappedPlan *mapped = mappedPlanOf(cell.plan);
    const bool again = mapped->evicts && cell.method;
    auto own = mappedContext(shared, *mapped, again ? cell.method->needs(cell.parameters) : CaptureNeeds{}, context);
    if (!own)
        return fail(own.error());
    cell.context = *own;
    cell.contextTimes = std::shared_ptr<const MappedTimes>(*own, &(*own)->times);
    if (!again)
        return {};
    auto ranking = cell.method->rank(**own, cell.parameters, context);
    if (!ranking)
        return fail(ranking.error());
    auto plan = cell.method->select(**own, **ranking, cell.parameters, mapped->staying);
    if (!plan)
        return fail(plan.error());
    for (const std::string &notice : cell.plan.notices) {
        if (std::find(plan->notices.begin(), plan->notices.end(), notice) == plan->notices.end())
            plan->notices.push_back(notice);
    }
    cell.ranking = std::move(*ranking);
    cell.plan = std::move(*plan); // `mapped` is gone from here on
    return {};
}

} // namespace winnow
