#include "core/eval/capture.h"

#include "core/eval/capture_moments.h"
#include "core/eval/expert_trace.h"
#include "core/model/device.h"
#include "core/model/layer_pass.h"
#include "core/model/sha256.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace winnow {
namespace {

    int64_t windowRows(const CaptureNeeds &needs, int64_t tokens)
    {
        return needs.window > 0 ? std::min(tokens, std::max<int64_t>(64, needs.window)) : 0;
    }

    AttentionStatistics zeroedStatistics(const ModelConfig &config, int64_t tokens, int64_t window, const CaptureNeeds &needs,
        const at::Device &device)
    {
        const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
        AttentionStatistics statistics;
        if (needs.colSum) {
            statistics.colSum = at::zeros({config.heads, tokens}, options);
            statistics.rowEntropy = at::zeros({config.heads, tokens}, options);
        }
        if (window > 0)
            statistics.winRows = at::zeros({config.heads, window, tokens}, options);
        return statistics;
    }

    int64_t tensorBytes(const Capture &capture)
    {
        int64_t bytes = 0;
        const auto count = [&](const at::Tensor &tensor) { bytes += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0; };
        for (const LayerCapture &layer : capture.layers) {
            for (const at::Tensor &tensor : {layer.keys, layer.values, layer.colSum, layer.rowEntropy, layer.winRows,
                     layer.headQueries, layer.querySum, layer.queryOuter})
                count(tensor);
        }
        count(capture.lastLogits);
        return bytes;
    }

    Result<std::string> contentKey(
        const Model &model, const std::vector<int32_t> &ids, const CaptureNeeds &needs, const RunContext &context)
    {
        const auto hash = model.sha256(context);
        if (!hash)
            return fail(hash.error());
        Sha256 key;
        key.add(*hash + '|' + model.deviceName() + '|' + (model.elementType() == ElementType::F32 ? "" : model.dtypeName() + '|') + std::to_string(needs.colSum) + std::to_string(needs.queryMoments) + '|'
            + std::to_string(needs.window) + '|');
        key.add(std::as_bytes(std::span(ids)));
        return key.finish();
    }

    Result<void> checkMemory(const Model &model, int64_t tokens, const CaptureNeeds &needs)
    {
        const at::Device &device = model.device();
        const int64_t held = forecastCaptureBytes(model.config(), tokens, needs);
        const int64_t work = forecastMemory(model.config(), tokens, model.residency(), device).workBytes;
        const auto fits = [&](int64_t needed, const at::Device &where) -> Result<void> {
            const int64_t available = availableMemoryBytes(where);
            if (needed <= available)
                return {};
            return fail(ErrorCode::OutOfMemory, "a capture of " + std::to_string(tokens) + " tokens needs "
                    + std::to_string(needed >> 20) + " MiB, available are " + std::to_string(available >> 20) + " MiB"
                    + (where.is_cpu() ? "" : " on " + where.str()),
                "shorten the input or compare fewer methods at once");
        };
        if (device.is_cpu())
            return fits(held + work, device);
        // A layer's part of the capture leaves the GPU before the next layer begins.
        auto there = fits(work + held / model.config().layers, device);
        return there ? fits(held, at::kCPU) : there;
    }

    /// Runs all layers and fills `capture.layers`. Returns the residual stream leaving the last layer.
    Result<at::Tensor> captureLayers(LayerPass &pass, Capture &capture)
    {
        const ModelConfig &config = capture.config;
        at::Tensor x = embedRows(pass.model, capture.ids, pass.positions);
        for (int64_t l = 0; l < config.layers; ++l) {
            LayerCapture &layer = capture.layers[static_cast<size_t>(l)];
            AttentionStatistics statistics
                = zeroedStatistics(config, capture.tokens(), capture.window, capture.needs, pass.model.device());
            pass.statistics = statistics.wanted() ? &statistics : nullptr;
            if (capture.needs.queryMoments)
                pass.onProjections = [&](int64_t, const Projections &parts) { keepQueryMoments(parts.q, layer); };
            LayerCache cache(config, pass.model.device());
            cache.reserve(capture.tokens());
            if (auto done = runLayer(pass, l, cache, x); !done)
                return fail(done.error());
            layer.keys = cache.keys().cpu().to(at::kFloat);
            layer.values = cache.values().cpu().to(at::kFloat);
            const auto keep = [](const at::Tensor &tensor) { return tensor.defined() ? tensor.cpu() : tensor; };
            layer.colSum = keep(statistics.colSum);
            layer.rowEntropy = keep(statistics.rowEntropy);
            layer.winRows = keep(statistics.winRows);
            capture.maxRowSumError = std::max(capture.maxRowSumError, statistics.maxRowSumError);
            pass.context.progress("prefill", l + 1, config.layers, "layers");
        }
        return x;
    }

} // namespace

void CaptureNeeds::include(const CaptureNeeds &other)
{
    colSum = colSum || other.colSum;
    queryMoments = queryMoments || other.queryMoments;
    window = std::max(window, other.window);
    pair.include(other.pair);
}

bool CaptureNeeds::covers(const CaptureNeeds &asked) const
{
    return (colSum || !asked.colSum) && (queryMoments || !asked.queryMoments)
        && window >= asked.window && pair.covers(asked.pair);
}

int64_t forecastCaptureBytes(const ModelConfig &config, int64_t tokens, const CaptureNeeds &needs)
{
    const int64_t width = config.headDim;
    int64_t perLayer = config.kvHeads * tokens * config.slotBytes(4);
    if (needs.colSum)
        perLayer += 2 * 4 * config.heads * tokens;
    perLayer += 4 * config.heads * windowRows(needs, tokens) * tokens;
    if (needs.queryMoments)
        perLayer += config.heads * (4 * std::min(tokens, kHeadQueries) * width + 8 * width * (width + 1));
    return config.layers * perLayer + 4 * config.vocab;
}

Result<CapturePtr> captureContext(std::shared_ptr<const Model> model, std::vector<int32_t> ids, const CaptureNeeds &needs,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    const ModelConfig &config = model->config();
    if (auto valid = checkIds(config, ids); !valid)
        return fail(valid.error());
    if (auto fits = checkContext(config, static_cast<int64_t>(ids.size())); !fits)
        return fail(fits.error());
    if (auto fits = checkMemory(*model, static_cast<int64_t>(ids.size()), needs); !fits)
        return fail(fits.error());
    auto key = contentKey(*model, ids, needs, context);
    if (!key)
        return fail(key.error());

    auto capture = std::make_shared<Capture>();
    capture->id = *key;
    capture->model = model;
    capture->config = config;
    capture->needs = needs;
    capture->ids = std::move(ids);
    capture->window = windowRows(needs, capture->tokens());
    capture->layers.resize(static_cast<size_t>(config.layers));

    const auto started = std::chrono::steady_clock::now();
    const std::vector<int32_t> positions = positionsFrom(0, capture->tokens());
    LayerPass pass{*model, model->rope().rows(positions, model->device()), positions, context};
    Hooks hooks;
    ExpertTrace trace(config);
    if (config.moe.experts > 0) {
        trace.watch(hooks);
        pass.hooks = &hooks;
    }
    auto x = captureLayers(pass, *capture);
    if (!x)
        return fail(x.error());
    if (config.moe.experts > 0)
        capture->experts = trace.usage();
    capture->lastLogits = headLogits(*model, finalNorm(*model, x->narrow(0, x->size(0) - 1, 1))).squeeze(0).cpu();
    capture->prefillMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    capture->bytes = tensorBytes(*capture);
    return CapturePtr(std::move(capture));
}

namespace {

    Result<void> checkTile(const Capture &capture, int64_t layer, int64_t head, int64_t rowBegin, int64_t rowEnd)
    {
        const ModelConfig &config = capture.config;
        if (!capture.model)
            return fail(ErrorCode::BadInput, "this capture has no model to compute queries with");
        if (layer < kMeanOfAll || layer >= config.layers || head < kMeanOfAll || head >= config.heads)
            return fail(ErrorCode::BadInput, "attention tile of layer " + std::to_string(layer) + ", head " + std::to_string(head)
                    + ": the model has layers 0 to " + std::to_string(config.layers - 1) + " and heads 0 to "
                    + std::to_string(config.heads - 1) + "; -1 is the mean");
        if (rowBegin < 0 || rowBegin >= rowEnd || rowEnd > capture.tokens())
            return fail(ErrorCode::BadInput, "attention tile of rows " + std::to_string(rowBegin) + " to " + std::to_string(rowEnd)
                    + ": the context has " + std::to_string(capture.tokens()) + " rows");
        return {};
    }

    /// Adds the rows of one head, or of all, to `sum`. queries [rows, H, D].
    void addHeads(const Capture &capture, const at::Tensor &queries, int64_t layer, int64_t head, int64_t rowBegin, at::Tensor &sum)
    {
        const ModelConfig &config = capture.config;
        const at::Tensor &keys = capture.layers[static_cast<size_t>(layer)].keys; // [Hkv, N, D]
        const int64_t first = head == kMeanOfAll ? 0 : head, last = head == kMeanOfAll ? config.heads - 1 : head;
        for (int64_t h = first; h <= last; ++h) {
            const at::Tensor own = keys.select(0, h / config.groups()).narrow(0, 0, sum.size(1)).to(queries.device());
            sum.add_(attentionRows(queries.select(1, h), own, ScoreRule::of(config, layer), rowBegin).cpu());
        }
    }

} // namespace

Result<at::Tensor> attentionTile(const Capture &capture, int64_t layer, int64_t head, int64_t rowBegin, int64_t rowEnd,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    const ModelConfig &config = capture.config;
    if (auto valid = checkTile(capture, layer, head, rowBegin, rowEnd); !valid)
        return fail(valid.error());
    const Model &model = *capture.model;
    const std::vector<int32_t> positions = positionsFrom(rowBegin, rowEnd - rowBegin);
    LayerPass pass{model, model.rope().rows(positions, model.device(), capture.tokens()), positions, context};
    pass.cacheRows = CacheRows::Present;
    at::Tensor x = embedRows(model, std::span(capture.ids).subspan(static_cast<size_t>(rowBegin), positions.size()), positions);
    at::Tensor sum = at::zeros({rowEnd - rowBegin, rowEnd}, at::kFloat);
    const int64_t last = layer == kMeanOfAll ? config.layers - 1 : layer;
    for (int64_t l = 0; l <= last; ++l) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled");
        if (layer == kMeanOfAll || l == layer)
            addHeads(capture, layerQueries(pass, l, x), l, head, rowBegin, sum);
        if (l == last)
            break;
        const LayerCapture &stored = capture.layers[static_cast<size_t>(l)];
        LayerCache cache;
        cache.adopt(stored.keys.to(model.device()), stored.values.to(model.device()));
        cache.forgetFrom(static_cast<int32_t>(rowEnd));
        if (auto done = runLayer(pass, l, cache, x); !done)
            return fail(done.error());
        context.progress("map", l + 1, last, "layers");
    }
    const int64_t parts = (layer == kMeanOfAll ? config.layers : 1) * (head == kMeanOfAll ? config.heads : 1);
    return parts == 1 ? sum : sum.div_(static_cast<double>(parts));
}

} // namespace winnow
