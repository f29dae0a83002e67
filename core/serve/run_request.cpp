#include "core/serve/run_request.h"

#include "core/base/json_fields.h"
#include "core/serve/request_fields.h"

namespace winnow {
namespace {

    Result<ExecutionMode> executionMode(const Json &request)
    {
        auto mode = requestText(request, "mode", "drop");
        if (!mode)
            return fail(mode.error());
        if (*mode == "drop")
            return ExecutionMode::Drop;
        if (*mode == "mask")
            return ExecutionMode::Mask;
        return fail(ErrorCode::BadInput, "mode: expected drop or mask, found \"" + *mode + "\"");
    }

} // namespace

Result<RunSetup> runSetup(EngineState &state, const Json &request)
{
    RunSetup setup;
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto small = smallModelRequest(request, state.options.modelFolder, state.options.threads);
    if (!small)
        return fail(small.error());
    auto mode = executionMode(request);
    if (!mode)
        return fail(mode.error());
    auto seed = requestInteger(request, "seed", kDefaultSeed, 0, int64_t(1) << 53);
    if (!seed)
        return fail(seed.error());
    auto withScores = requestFlag(request, "withScores", false);
    if (!withScores)
        return fail(withScores.error());
    auto countSlm = requestFlag(request, "countSlm", true);
    if (!countSlm)
        return fail(countSlm.error());
    auto input = state.prepare(*wanted, request);
    if (!input)
        return fail(input.error());
    setup.wanted = std::move(*wanted);
    setup.small = std::move(*small);
    setup.input = std::move(*input);
    setup.continuation = setup.input.continuation();
    setup.options.mode = *mode;
    setup.seed = *seed;
    setup.withScores = *withScores;
    setup.countSmall = *countSlm ? CountSmall::Yes : CountSmall::No;
    return setup;
}

Json canonicalRequest(const Json &request, const RunSetup &setup)
{
    Json canonical{{"command", stringField(request, "command")}, {"model", setup.wanted.name}, {"device", setup.wanted.device},
        {"dtype", setup.wanted.dtype}, {"threads", setup.wanted.threads}, {"seed", setup.seed},
        {"input", childField(request, "input")}, {"mode", setup.options.mode == ExecutionMode::Mask ? "mask" : "drop"}};
    if (!childField(request, "continuation").is_null())
        canonical["continuation"] = request.at("continuation");
    else if (!setup.continuation.empty())
        canonical["scoreLast"] = setup.continuation.size();
    if (setup.small)
        canonical["smallModel"] = setup.small->name;
    if (setup.wanted.weights != "auto")
        canonical["weights"] = setup.wanted.weights;
    if (setup.countSmall == CountSmall::No)
        canonical["countSlm"] = false;
    if (setup.withScores)
        canonical["withScores"] = true;
    return canonical;
}

Json canonicalRun(const Json &request, const RunSetup &setup, const MethodRequest &method, const Budget &budget)
{
    Json canonical = canonicalRequest(request, setup);
    canonical["method"] = method.spec->id;
    canonical["params"] = method.parameters;
    if (!method.spec->budget.unit.empty())
        canonical["budget"] = budgetText(budget);
    if (flagField(request, "measure"))
        canonical["measure"] = true;
    return canonical;
}

} // namespace winnow
