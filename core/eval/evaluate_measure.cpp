#include "core/eval/decode_attention.h"
#include "core/eval/evaluate.h"
#include "core/eval/metrics_rows.h"
#include "core/model/forward.h"
#include "core/model/layer_pass.h"

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

int64_t liveBytes(const std::vector<std::unique_ptr<DecodeLayer>> &layers)
{
    return std::accumulate(layers.begin(), layers.end(), int64_t{0},
        [](int64_t sum, const auto &layer) { return sum + layer->cache().allocatedBytes(); });
}

/// The context once more, each layer cut as soon as it is done.
Result<std::vector<std::unique_ptr<DecodeLayer>>> compressedContext(
    const Capture &capture, const EvaluationCell &cell, MeasuredRun &run, const RunContext &context)
{
    const Model &model = *capture.model;
    const int64_t layers = capture.config.layers;
    std::vector<int32_t> positions(capture.ids.size());
    std::iota(positions.begin(), positions.end(), 0);
    LayerPass pass{model, model.rope().rows(positions, model.device()), positions, context};
    at::Tensor x = embedRows(model, capture.ids);
    std::vector<std::unique_ptr<DecodeLayer>> result;
    for (int64_t layer = 0; layer < layers; ++layer) {
        LayerCache cache(capture.config.kvHeads, capture.config.headDim, model.device());
        cache.reserve(capture.tokens());
        if (Result<void> done = winnow::runLayer(pass, layer, cache, x); !done)
            return fail(done.error());
        const int64_t before = liveBytes(result), whole = cache.allocatedBytes();
        const auto start = Clock::now();
        result.push_back(std::make_unique<DecodeLayer>(capture, cell, layer, std::move(cache)));
        run.compressMs += millisecondsSince(start);
        const int64_t cut = result.back()->cache().allocatedBytes();
        // While the rows are copied the layer is there twice.
        run.peakBytes = std::max(run.peakBytes, static_cast<double>(before + whole + (cut < whole ? cut : 0)));
        context.progress("measure", layer + 1, layers, "layers");
    }
    return result;
}

/// One token through all layers. @return logits [1, V]
at::Tensor decodeToken(const Capture &capture, std::vector<std::unique_ptr<DecodeLayer>> &layers, int32_t id, int64_t row)
{
    const Model &model = *capture.model;
    const ModelConfig &config = capture.config;
    const int64_t width = config.heads * config.headDim;
    const int32_t position = static_cast<int32_t>(capture.tokens() + row);
    const RopeRows rope = model.rope().rows({&position, 1}, model.device());
    at::Tensor x = embedRows(model, {&id, 1});
    at::Tensor attended = at::empty({1, width}, at::kFloat);
    std::vector<float> before(static_cast<size_t>(width));
    for (size_t l = 0; l < layers.size(); ++l) {
        const int64_t layer = static_cast<int64_t>(l);
        const Projections p = projectQkv(model, layer, rmsNorm(x, model.layer(layer).attnNorm, config.normEps));
        std::copy_n(p.q.const_data_ptr<float>(), width, before.data());
        model.rope().rotate(p.q, rope);
        model.rope().rotate(p.k, rope);
        layers[l]->step({row, position, p.q.const_data_ptr<float>(), before.data(), p.k, p.v}, model.rope(),
            attended.mutable_data_ptr<float>());
        addOutput(model, layer, attended, x);
        addMlp(model, layer, x);
    }
    return headLogits(model, finalNorm(model, x));
}

} // namespace

Result<MeasuredRun> measureCell(const Capture &capture, const std::vector<int32_t> &continuation, const EvaluationCell &cell,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    if (Result<void> ok = checkEvaluation(capture, continuation, {cell}, EvaluationOptions{}); !ok)
        return fail(ok.error());
    MeasuredRun run;
    auto layers = compressedContext(capture, cell, run, context);
    if (!layers)
        return fail(layers.error());
    run.allocatedBytes = static_cast<double>(liveBytes(*layers));
    const int64_t rows = static_cast<int64_t>(continuation.size()) - 1;
    double total = 0;
    for (int64_t row = 0; row < rows; ++row) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "measured run cancelled");
        const auto start = Clock::now();
        const at::Tensor logits = decodeToken(capture, *layers, continuation[static_cast<size_t>(row)], row);
        total += millisecondsSince(start);
        const float *values = logits.const_data_ptr<float>();
        const double logSumExp = summariseRow({values, static_cast<size_t>(capture.config.vocab)}).logSumExp;
        run.nll.push_back(static_cast<float>(logSumExp - static_cast<double>(values[continuation[static_cast<size_t>(row + 1)]])));
        context.progress("measure", row + 1, rows, "tokens");
    }
    run.msPerToken = total / static_cast<double>(rows);
    run.endBytes = static_cast<double>(liveBytes(*layers));
    run.peakBytes = std::max(run.peakBytes, run.endBytes);
    return run;
}

} // namespace winnow
