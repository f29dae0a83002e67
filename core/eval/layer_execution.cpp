#include "core/eval/layer_execution.h"

#include "core/eval/guided_layer.h"
#include "core/eval/guided_step.h"
#include "core/eval/measure_layer.h"
#include "core/eval/mapped_layer.h"
#include "core/eval/pair.h"

namespace winnow {

std::unique_ptr<LayerExecution> makeLayerExecution(
    const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options)
{
    const Capture &context = cell.context ? *cell.context : capture;
    if (holdsValuesOnly(cell.plan, layer))
        return std::make_unique<MappedLayer>(context, cell, layer, options);
    if (guidedPlanOf(cell.plan))
        return std::make_unique<GuidedLayer>(context, cell, layer, options);
    return std::make_unique<CellLayer>(context, cell, layer, options);
}

std::unique_ptr<StepLayer> makeStepLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer)
{
    if (holdsValuesOnly(cell.plan, layer))
        return std::make_unique<MappedStep>(capture, cell, layer);
    if (guidedPlanOf(cell.plan))
        return std::make_unique<GuidedStep>(capture, cell, layer);
    return std::make_unique<MeasuredLayer>(capture, cell, layer);
}

Result<std::shared_ptr<const SmallRows>> smallRowsOf(
    const Capture &capture, std::span<const EvaluationCell> cells, std::span<const int32_t> fed, const RunContext &context)
{
    std::vector<std::vector<int32_t>> serving;
    for (const EvaluationCell &cell : cells) {
        if (cell.plan.standIn)
            serving.push_back(cell.plan.standIn->serving);
    }
    const std::vector<int32_t> heads = servingHeads(serving);
    if (heads.empty())
        return std::shared_ptr<const SmallRows>();
    if (!capture.pair || !capture.pair->small)
        return fail(ErrorCode::BadInput, "a plan uses attention of a small model and the capture was made without one",
            "capture the input with a small model");
    return smallRows(*capture.pair->small, heads, fed, context);
}

} // namespace winnow
