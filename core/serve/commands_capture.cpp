#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/eval/checks.h"
#include "core/methods/registry.h"
#include "core/serve/cell_request.h"
#include "core/serve/commands_prompt.h"
#include "core/serve/input_request.h"
#include "core/serve/profile_store.h"
#include "core/serve/prompt_request.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"

#include <ATen/core/Tensor.h>

#include <chrono>

namespace winnow {
namespace {

    Result<std::vector<MethodRequest>> methodRequests(const Json &request)
    {
        std::vector<MethodRequest> methods;
        const Json &list = childField(request, "methods");
        if (!list.is_array())
            return fail(ErrorCode::BadInput, "methods: expected a list of {method, params}");
        for (const Json &entry : list) {
            auto method = methodRequest(entry, request);
            if (!method)
                return fail(method.error());
            methods.push_back(std::move(*method));
        }
        return methods;
    }

    Json errorJson(const Error &error)
    {
        return {{"error", {{"code", errorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
    }

    Json checkList(const KvPlan &plan)
    {
        Json list = Json::array();
        for (const Check &check : planChecks(plan))
            list.push_back(toJson(check));
        return list;
    }

    Result<Json> selectCell(StoredCapture &stored, const Json &cell, const Json &request, std::vector<Array> &arrays,
        const RunContext &context)
    {
        auto method = methodRequest(cell, request);
        if (!method)
            return fail(method.error());
        auto budget = budgetRequest(cell, *method);
        if (!budget)
            return fail(budget.error());
        if (auto filled = fillProfile(*stored.capture, *method, context); !filled)
            return fail(filled.error());
        auto ranked = rankedMethod(stored, *method->spec, method->parameters, context);
        if (!ranked)
            return fail(ranked.error());
        auto countSlm = requestFlag(request, "countSlm", true);
        if (!countSlm)
            return fail(countSlm.error());
        auto planned = planCell(*stored.capture, **ranked, *budget, *countSlm ? CountSmall::Yes : CountSmall::No);
        if (!planned)
            return fail(planned.error());
        if (!flagField(request, "scores"))
            planned->plan.kept.score = {};
        if (!flagField(request, "classes"))
            planned->plan.kept.classes.clear();
        Savings savings = planSavings(planned->bytes);
        savings.selectMs = planned->selectMs;
        savings.prefillMs = stored.capture->prefillMs;
        Json reply{{"savings", toJson(savings)}, {"checks", checkList(planned->plan)}, {"notices", planned->plan.notices},
            {"count", planned->count}, {"budget", budgetJson(*budget, *planned, stored.capture->tokens())}};
        reply["kept"] = writeArtifact(planned->plan.kept, arrays);
        return reply;
    }

} // namespace

Result<Document> answerCapture(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto methods = methodRequests(request);
    if (!methods)
        return fail(methods.error());
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto small = smallModelRequest(request, state.options.modelFolder, state.options.threads);
    if (!small)
        return fail(small.error());
    auto prepared = state.prepare(*wanted, request);
    if (!prepared)
        return fail(prepared.error());
    auto stored = state.capture(*wanted, *small, prepared->context(), needsOf(*methods), context);
    if (!stored)
        return fail(stored.error());
    const Capture &capture = *(*stored)->capture;
    Document reply;
    std::vector<int32_t> spans;
    for (const auto &[begin, end] : prepared->spans) {
        spans.push_back(static_cast<int32_t>(begin));
        spans.push_back(static_cast<int32_t>(end));
    }
    const auto count = int64_t(prepared->ids.size());
    reply.body = {{"captureId", (*stored)->id}, {"tokens", capture.tokens()}, {"pieces", prepared->pieces},
        {"text", prepared->text}, {"prefillMs", capture.prefillMs}, {"bytes", capture.bytes},
        {"maxRowSumError", capture.maxRowSumError}, {"windowRows", capture.window},
        {"ids", placeArray(reply.arrays, Array::fromInts(prepared->ids, {count}))},
        {"spans", placeArray(reply.arrays, Array::fromInts(spans, {count, 2}))}};
    return reply;
}

Result<Document> answerSelect(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    if (isOfFamily(request, "prompt"))
        return answerPromptSelect(state, request, context, part);
    const auto began = std::chrono::steady_clock::now();
    auto stored = state.captures.find(stringField(request, "captureId"));
    if (!stored)
        return fail(stored.error());
    const Json &cells = childField(request, "cells");
    if (!cells.is_array())
        return fail(ErrorCode::BadInput, "cells: expected a list of {method, params, budget}");
    Document reply;
    Json replies = Json::array();
    for (const Json &cell : cells) {
        auto selected = selectCell(**stored, cell, request, reply.arrays, context);
        if (!selected && selected.error().code == ErrorCode::Cancelled)
            return fail(selected.error());
        replies.push_back(selected ? std::move(*selected) : errorJson(selected.error()));
    }
    reply.body["cells"] = std::move(replies);
    reply.body["selectMs"] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    return reply;
}

Result<Document> answerTile(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto stored = state.captures.find(stringField(request, "captureId"));
    if (!stored)
        return fail(stored.error());
    const Capture &capture = *(*stored)->capture;
    auto layer = requestInteger(request, "layer", 0, kMeanOfAll, capture.config.layers - 1);
    auto head = requestInteger(request, "head", 0, kMeanOfAll, capture.config.heads - 1);
    auto begin = requestInteger(request, "rowBegin", 0, 0, capture.tokens() - 1);
    auto end = requestInteger(request, "rowEnd", capture.tokens(), 1, capture.tokens());
    for (const auto *field : {&layer, &head, &begin, &end}) {
        if (!*field)
            return fail(field->error());
    }
    auto tile = attentionTile(capture, *layer, *head, *begin, *end, context);
    if (!tile)
        return fail(tile.error());
    const at::Tensor values = tile->contiguous();
    MatrixArtifact matrix;
    matrix.type = "AttentionTile";
    matrix.id = "tile";
    matrix.metric = "attention";
    matrix.rowName = "query token";
    matrix.columnName = "key token";
    matrix.rows = values.size(0);
    matrix.columns = values.size(1);
    matrix.values.assign(values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel());
    matrix.extra = {{"layer", *layer}, {"head", *head}, {"rowBegin", *begin}, {"rowEnd", *end}};
    Document reply;
    reply.body = writeArtifact(matrix, reply.arrays);
    return reply;
}

} // namespace winnow
