#include "core/eval/generate_plan.h"

#include "core/eval/cell_decoder.h"
#include "core/model/forward.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <span>

namespace winnow {
namespace {

    bool endsText(const Model &model, const GenerateOptions &options, int32_t id)
    {
        if (options.endTokens == EndTokens::Ignore || !model.tokenizer())
            return false;
        const std::vector<int32_t> ends = model.tokenizer()->endIds();
        return std::find(ends.begin(), ends.end(), id) != ends.end();
    }

} // namespace

Result<Generated> generateUnderPlan(const Capture &capture, const EvaluationCell &cell, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (!capture.model)
        return fail(ErrorCode::BadInput, "this capture has no model to generate with");
    if (options.maxNew < 1 || options.temperature < 0)
        return fail(ErrorCode::BadInput, "maxNew is at least 1 and temperature not negative");
    const int64_t total = capture.tokens() + options.maxNew - 1;
    if (auto fits = checkContext(capture.model->config(), total); !fits)
        return fail(fits.error());
    if (auto fits = checkRopeSwitch(*capture.model, capture.tokens(), total); !fits) {
        // The full cache can be made again on the way; what a plan left cannot.
        if (cell.plan.inactive && cell.plan.decodeRule == DecodeRule::Grow)
            return generate(*capture.model, capture.ids, options, sink, context);
        return fail(fits.error());
    }
    CellDecoder decoder(capture, cell);
    if (auto adopted = decoder.adoptContext(); !adopted)
        return fail(adopted.error());
    decoder.reserveSteps(options.maxNew);
    TokenChooser chooser(options.temperature, options.seed);
    Generated result;
    at::Tensor logits = cell.context ? cell.context->lastLogits : capture.lastLogits;
    for (int64_t row = 0; row < options.maxNew; ++row) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(row) + " tokens");
        const int32_t id = chooser.choose(logits);
        result.ended = endsText(*capture.model, options, id);
        if (result.ended)
            break;
        result.ids.push_back(id);
        if (sink)
            sink(id);
        context.progress("generate", row + 1, options.maxNew, "tokens");
        if (row + 1 == options.maxNew)
            break;
        auto stepped = decoder.step(row, id, context);
        if (!stepped)
            return fail(stepped.error());
        logits = stepped->reshape({-1});
    }
    return result;
}

} // namespace winnow
