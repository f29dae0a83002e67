#include "core/eval/cell_decoder.h"

#include "core/eval/metrics_rows.h"
#include "core/methods/guided_plan.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    Result<void> decode(
        CellDecoder &decoder, const std::vector<int32_t> &continuation, MeasuredRun &run, const RunContext &context)
    {
        const auto steps = static_cast<int64_t>(continuation.size()) - 1;
        double total = 0;
        decoder.reserveSteps(steps);
        for (int64_t t = 0; t < steps; ++t) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(t) + " measured tokens");
            const auto started = Clock::now();
            const Result<at::Tensor> logits = decoder.step(t, continuation[static_cast<size_t>(t)], context);
            if (!logits)
                return fail(logits.error());
            const at::Tensor made = logits->cpu(); // waits for the device
            total += std::chrono::duration<double, std::milli>(Clock::now() - started).count();
            const std::span<const float> row(made.const_data_ptr<float>(), static_cast<size_t>(made.numel()));
            const auto target = static_cast<size_t>(continuation[static_cast<size_t>(t + 1)]);
            run.nll.push_back(static_cast<float>(summariseRow(row).logSumExp - static_cast<double>(row[target])));
            run.peakBytes = std::max(run.peakBytes, decoder.liveBytes());
            context.progress("measure", t + 1, steps, "tokens");
        }
        run.msPerToken = total / static_cast<double>(steps);
        run.smallMsPerToken = decoder.smallMs() / static_cast<double>(steps);
        run.smallCacheBytes = decoder.smallBytes();
        return {};
    }

} // namespace

Result<MeasuredRun> measureCell(const Capture &capture, const std::vector<int32_t> &continuation, const EvaluationCell &cell,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    if (!capture.model)
        return fail(ErrorCode::BadInput, "this capture has no model to measure with");
    if (!capture.model->device().is_cpu() && guidedPlanOf(cell.plan))
        return fail(ErrorCode::Unsupported, "runs with compensation by a small model are measured on the CPU only: their cache is held there",
            "use --device cpu, or run without measuring");
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
    CellDecoder decoder(capture, cell);
    if (auto done = decoder.readContext(run, context); !done)
        return fail(done.error());
    if (auto done = decode(decoder, continuation, run, context); !done)
        return fail(done.error());
    return run;
}

} // namespace winnow
