#include "core/eval/pair.h"

#include "core/eval/capture.h"
#include "core/eval/similarity.h"
#include "core/model/model.h"
#include "core/model/same_tokenizer.h"
#include "gpu/head_pairs.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

namespace winnow {
namespace {

    /// Column sums of the first n tokens of all layers as one matrix [L * H, n].
    at::Tensor sumsOf(const Capture &capture, int64_t tokens)
    {
        std::vector<at::Tensor> layers;
        for (const LayerCapture &layer : capture.layers)
            layers.push_back(layer.colSum.narrow(1, 0, tokens));
        return at::stack(layers).flatten(0, 1).contiguous();
    }

    /// Column sums over the last n rows, and columns, of the map: what those rows gave to one another.
    at::Tensor lastSumsOf(const Capture &capture, int64_t tokens)
    {
        std::vector<at::Tensor> layers;
        for (const LayerCapture &layer : capture.layers) {
            const int64_t rows = layer.winRows.size(1), columns = layer.winRows.size(2);
            layers.push_back(layer.winRows.narrow(1, rows - tokens, tokens).narrow(2, columns - tokens, tokens).sum(1));
        }
        return at::stack(layers).flatten(0, 1).contiguous();
    }

    CaptureNeeds needsOfSpan(const PairSpan &span)
    {
        CaptureNeeds needs;
        needs.colSum = !span.last;
        needs.window = span.last ? span.tokens : 0;
        return needs;
    }

    /// Column sums of one model over the span, from `whole` where it is long enough to hold them.
    Result<at::Tensor> spanSums(const Capture &whole, const PairSpan &span, const RunContext &context)
    {
        if (span.last ? whole.window >= span.tokens : whole.needs.colSum && span.tokens == whole.tokens())
            return span.last ? lastSumsOf(whole, span.tokens) : sumsOf(whole, span.tokens);
        // Rows of the span see nothing behind it, so a pass over the span alone is exact.
        const auto end = span.last ? whole.ids.end() : whole.ids.begin() + span.tokens;
        auto part = captureContext(whole.model, {whole.ids.begin(), end}, needsOfSpan(span), context);
        if (!part)
            return fail(part.error());
        return span.last ? lastSumsOf(**part, span.tokens) : sumsOf(**part, span.tokens);
    }

    at::Tensor tensorOf(std::vector<float> &values, int64_t rows)
    {
        return at::from_blob(values.data(), {rows, static_cast<int64_t>(values.size()) / rows}, at::kFloat).clone();
    }

    /// Both models over the first tokens, all heads compared in one metric.
    Result<void> compareSpan(
        const Capture &large, const Capture &small, const PairSpan &span, PairTables &tables, const RunContext &context)
    {
        const auto metric = similarityMetricByName(span.metric);
        if (!metric || span.last)
            return fail(ErrorCode::BadInput, span.last ? "maps are compared on the first tokens of a context, not on the last"
                                                       : "unknown head similarity \"" + span.metric + "\"");
        SimilarityRequest request;
        request.metrics = {*metric};
        request.skipSinks = span.skipSinks;
        if (large.model->device().is_cuda() && gpu::headPairKernelAvailable())
            request.place = ProductPlace::Gpu;
        auto found = headSimilarity(
            *large.model, *small.model, std::span(large.ids).first(static_cast<size_t>(span.tokens)), request, context);
        if (!found)
            return fail(found.error());
        const int64_t largeHeads = large.config.layers * large.config.heads, smallHeads = small.config.layers * small.config.heads;
        tables.largeSums = tensorOf(found->largeSums, largeHeads);
        tables.smallSums = tensorOf(found->smallSums, smallHeads);
        tables.table = tensorOf(found->tables.tables.front().values, largeHeads);
        tables.forwardMs = found->forwardMs;
        tables.compareMs = found->compareMs;
        return {};
    }

    Result<PairTables> tablesOf(const Capture &large, const Capture &small, const PairSpan &span, const RunContext &context)
    {
        PairTables tables;
        tables.span = span;
        PairSpan met = span;
        met.tokens = std::min(span.tokens, large.tokens());
        if (met.tokens < 1)
            return fail(ErrorCode::BadInput, "the heads of two models are matched on at least one token");
        if (!met.metric.empty()) {
            if (auto compared = compareSpan(large, small, met, tables, context); !compared)
                return fail(compared.error());
            return tables;
        }
        auto largeSums = spanSums(large, met, context);
        if (!largeSums)
            return fail(largeSums.error());
        auto smallSums = spanSums(small, met, context);
        if (!smallSums)
            return fail(smallSums.error());
        tables.largeSums = *largeSums;
        tables.smallSums = *smallSums;
        return tables;
    }

} // namespace

void PairNeeds::include(const PairNeeds &other)
{
    small = small || other.small;
    window = std::max(window, other.window);
    for (const PairSpan &span : other.spans) {
        if (std::find(spans.begin(), spans.end(), span) == spans.end())
            spans.push_back(span);
    }
}

bool PairNeeds::covers(const PairNeeds &asked) const
{
    const auto has = [&](const PairSpan &span) { return std::find(spans.begin(), spans.end(), span) != spans.end(); };
    return (small || !asked.small) && window >= asked.window && std::all_of(asked.spans.begin(), asked.spans.end(), has);
}

const PairTables *PairCapture::find(const PairSpan &span) const
{
    const auto found = std::find_if(spans.begin(), spans.end(), [&](const PairTables &tables) { return tables.span == span; });
    return found == spans.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const PairCapture>> capturePair(
    const Capture &large, std::shared_ptr<const Model> small, const PairNeeds &needs, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (large.model) {
        if (auto same = checkSameTokenizer(*large.model, *small); !same)
            return fail(same.error());
    }
    CaptureNeeds smallNeeds;
    smallNeeds.colSum = true;
    smallNeeds.window = needs.window;
    auto captured = captureContext(std::move(small), large.ids, smallNeeds, context);
    if (!captured)
        return fail(captured.error());
    auto pair = std::make_shared<PairCapture>();
    pair->small = *captured;
    pair->bytes = (*captured)->bytes;
    for (const PairSpan &span : needs.spans) {
        auto tables = tablesOf(large, **captured, span, context);
        if (!tables)
            return fail(tables.error());
        for (const at::Tensor &tensor : {tables->largeSums, tables->smallSums, tables->table})
            pair->bytes += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
        pair->spans.push_back(std::move(*tables));
    }
    return std::shared_ptr<const PairCapture>(std::move(pair));
}

} // namespace winnow
