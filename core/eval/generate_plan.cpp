#include "core/eval/generate_plan.h"

#include "core/eval/measure_layer.h"
#include "core/model/forward.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <span>

namespace winnow {
namespace {

    /// The compressed caches of all layers, and the step that feeds one token through them.
    class PlannedDecoder {
    public:
        PlannedDecoder(const Capture &capture, const EvaluationCell &cell, int64_t steps)
            : m_model(*capture.model)
            , m_capture(capture)
            , m_shift(cell.plan.positions == PositionMode::Shift)
        {
            for (int64_t l = 0; l < capture.config.layers; ++l) {
                const LayerCapture &layer = capture.layers[static_cast<size_t>(l)];
                m_layers.emplace_back(capture, cell, l);
                m_layers.back().cache().adopt(layer.keys.clone(), layer.values.clone());
                m_layers.back().compress();
                m_layers.back().reserveSteps(steps);
            }
        }

        /// Logits [V] after token number `row` of the continuation.
        Result<at::Tensor> step(int64_t row, int32_t id, const RunContext &context)
        {
            const auto position = static_cast<int32_t>(m_capture.tokens() + row);
            const RopeRows rope = m_model.rope().rows(std::span(&position, 1), m_model.device());
            at::Tensor x = embedRows(m_model, std::span(&id, 1), std::span(&position, 1)); // [1, E]
            for (size_t l = 0; l < m_layers.size(); ++l) {
                const auto layer = static_cast<int64_t>(l);
                const Projections parts = projectQkv(m_model, layer, attentionInput(m_model, layer, x));
                const at::Tensor before = m_shift ? parts.q.clone() : at::Tensor();
                m_model.rope().rotate(layer, parts.q, rope);
                m_model.rope().rotate(layer, parts.k, rope);
                if (auto done = finishLayer(m_model, layer, m_layers[l].attendStep(row, before, parts), x, context); !done)
                    return fail(done.error());
            }
            return headLogits(m_model, finalNorm(m_model, x)).reshape({-1});
        }

    private:
        const Model &m_model;
        const Capture &m_capture;
        bool m_shift;
        std::vector<MeasuredLayer> m_layers;
    };

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
    if (!capture.model->device().is_cpu())
        return fail(ErrorCode::Unsupported, "generation under a method is done on the CPU only", "use --device cpu");
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
    PlannedDecoder decoder(capture, cell, options.maxNew);
    TokenChooser chooser(options.temperature, options.seed);
    Generated result;
    at::Tensor logits = capture.lastLogits;
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
        logits = *stepped;
    }
    return result;
}

} // namespace winnow
