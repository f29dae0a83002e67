#include "core/eval/measure_layer.h"

#include "core/eval/metrics_rows.h"
#include "core/model/layer_pass.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    double millisecondsSince(Clock::time_point start)
    {
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }

    /// The whole run of one cell; caches of all layers, the highest number of bytes seen.
    class MeasuredPass {
    public:
        MeasuredPass(const Capture &capture, const EvaluationCell &cell)
            : m_model(*capture.model)
            , m_capture(capture)
            , m_shift(cell.plan.positions == PositionMode::Shift)
        {
            for (int64_t l = 0; l < capture.config.layers; ++l)
                m_layers.emplace_back(capture, cell, l);
        }

        Result<void> compressContext(MeasuredRun &run, const RunContext &context);
        Result<void> decode(const std::vector<int32_t> &continuation, MeasuredRun &run, const RunContext &context);

    private:
        double liveBytes() const
        {
            return std::accumulate(m_layers.begin(), m_layers.end(), 0.0,
                [](double sum, const MeasuredLayer &layer) { return sum + static_cast<double>(layer.cache().allocatedBytes()); });
        }
        Result<at::Tensor> step(int64_t row, int32_t id, const RunContext &context);

        const Model &m_model;
        const Capture &m_capture;
        bool m_shift;
        std::vector<MeasuredLayer> m_layers;
    };

    Result<void> MeasuredPass::compressContext(MeasuredRun &run, const RunContext &context)
    {
        const std::vector<int32_t> positions = positionsFrom(0, m_capture.tokens());
        LayerPass pass{m_model, m_model.rope().rows(positions, m_model.device()), positions, context};
        at::Tensor x = embedRows(m_model, m_capture.ids, positions);
        for (size_t l = 0; l < m_layers.size(); ++l) {
            LayerCache &cache = m_layers[l].cache();
            cache.reserve(m_capture.tokens());
            if (auto done = runLayer(pass, static_cast<int64_t>(l), cache, x); !done)
                return done;
            const double before = liveBytes();
            const auto full = static_cast<double>(cache.allocatedBytes());
            const auto started = Clock::now();
            m_layers[l].compress();
            run.compressMs += millisecondsSince(started);
            // While a layer is cut, what it keeps stands beside what it was.
            const auto kept = static_cast<double>(cache.allocatedBytes());
            run.peakBytes = std::max(run.peakBytes, before + (kept < full ? kept : 0.0));
            context.progress("measure", static_cast<int64_t>(l) + 1, static_cast<int64_t>(m_layers.size()), "layers");
        }
        run.allocatedBytes = liveBytes();
        return {};
    }

    /// Feeds one token; returns its logits [1, V].
    Result<at::Tensor> MeasuredPass::step(int64_t row, int32_t id, const RunContext &context)
    {
        const auto position = static_cast<int32_t>(m_capture.tokens() + row);
        const RopeRows rope = m_model.rope().rows(std::span(&position, 1), m_model.device());
        at::Tensor x = embedRows(m_model, std::span(&id, 1), std::span(&position, 1));
        for (size_t l = 0; l < m_layers.size(); ++l) {
            const auto layer = static_cast<int64_t>(l);
            const Projections parts = projectQkv(m_model, layer, attentionInput(m_model, layer, x));
            const at::Tensor before = m_shift ? parts.q.clone() : at::Tensor();
            m_model.rope().rotate(layer, parts.q, rope);
            m_model.rope().rotate(layer, parts.k, rope);
            if (auto done = finishLayer(m_model, layer, m_layers[l].attendStep(row, before, parts), x, context); !done)
                return fail(done.error());
        }
        return headLogits(m_model, finalNorm(m_model, x));
    }

    Result<void> MeasuredPass::decode(const std::vector<int32_t> &continuation, MeasuredRun &run, const RunContext &context)
    {
        const auto steps = static_cast<int64_t>(continuation.size()) - 1;
        double total = 0;
        for (MeasuredLayer &layer : m_layers)
            layer.reserveSteps(steps);
        for (int64_t t = 0; t < steps; ++t) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(t) + " measured tokens");
            const auto started = Clock::now();
            const Result<at::Tensor> logits = step(t, continuation[static_cast<size_t>(t)], context);
            if (!logits)
                return fail(logits.error());
            total += millisecondsSince(started);
            const std::span<const float> row(logits->data_ptr<float>(), static_cast<size_t>(logits->numel()));
            const auto target = static_cast<size_t>(continuation[static_cast<size_t>(t + 1)]);
            run.nll.push_back(static_cast<float>(summariseRow(row).logSumExp - static_cast<double>(row[target])));
            run.peakBytes = std::max(run.peakBytes, liveBytes());
            context.progress("measure", t + 1, steps, "tokens");
        }
        run.msPerToken = total / static_cast<double>(steps);
        return {};
    }

} // namespace

Result<MeasuredRun> measureCell(const Capture &capture, const std::vector<int32_t> &continuation, const EvaluationCell &cell,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    if (!capture.model)
        return fail(ErrorCode::BadInput, "this capture has no model to measure with");
    if (!capture.model->device().is_cpu())
        return fail(ErrorCode::Unsupported, "measured runs are done on the CPU only", "use --device cpu");
    if (continuation.size() < 2)
        return fail(ErrorCode::BadInput, "a measured run needs at least 2 continuation tokens, found " + std::to_string(continuation.size()));
    if (auto valid = checkIds(capture.config, continuation); !valid)
        return fail(valid.error());
    const int64_t total = capture.tokens() + static_cast<int64_t>(continuation.size()) - 1;
    if (auto fits = checkContext(capture.model->config(), total); !fits)
        return fail(fits.error());
    if (auto fits = checkRopeSwitch(*capture.model, capture.tokens(), total); !fits)
        return fail(fits.error());
    MeasuredRun run;
    MeasuredPass pass(capture, cell);
    if (auto done = pass.compressContext(run, context); !done)
        return fail(done.error());
    if (auto done = pass.decode(continuation, run, context); !done)
        return fail(done.error());
    return run;
}

} // namespace winnow
