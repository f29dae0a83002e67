#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/model/chat_template.h"
#include "core/model/device.h"
#include "core/model/model_files.h"
#include "core/serve/chat_input.h"
#include "core/serve/forecast_json.h"
#include "core/serve/input_request.h"
#include "core/serve/model_details.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <set>

namespace winnow {
namespace {

    Array spanArray(const std::vector<std::pair<int64_t, int64_t>> &spans)
    {
        std::vector<int32_t> flat;
        for (const auto &[begin, end] : spans) {
            flat.push_back(static_cast<int32_t>(begin));
            flat.push_back(static_cast<int32_t>(end));
        }
        return Array::fromInts(flat, {int64_t(spans.size()), 2});
    }

    /// model object of CLI.md 3 and what `open` and `describe` add.
    Json describeJson(const ModelConfig &config, const Tokenizer &tokenizer, const std::string &path, int64_t tokens, Residency residency,
        const at::Device &device)
    {
        Json json = modelJson(config);
        json["tokenizer"] = tokenizer.kind();
        json["tokenizerHash"] = tokenizer.hash();
        json["contextLength"] = config.contextLength;
        json["parameters"] = config.parameters;
        json["storedType"] = config.storedType;
        json["activeParameters"] = config.activeParameters();
        for (const auto &[type, bytes] : config.storedTypes)
            json["storedTypes"].push_back({{"type", type}, {"bytes", bytes}});
        if (!config.warnings.empty())
            json["warnings"] = config.warnings;
        json["hidden"] = config.hidden;
        json["ffn"] = config.ffn;
        json["path"] = path;
        json["cacheBytesPerToken"] = config.ownCacheBytes(1);
        json["forecast"] = forecastJson(config, tokens, residency, device);
        const auto chat = ChatTemplate::open(path);
        json["chatTemplates"] = chat ? Json(chat->sources()) : Json::object();
        return json;
    }

    /// ids, pieces and byte spans of a text.
    Result<Document> tokenReply(const std::string &text, SpecialTokens special, const Tokenizer &tokenizer)
    {
        auto tokens = tokenizer.encode(text, special);
        if (!tokens)
            return fail(tokens.error());
        std::vector<int32_t> ids;
        std::vector<std::pair<int64_t, int64_t>> spans;
        std::set<int32_t> specialIds;
        Json pieces = Json::array();
        for (const Token &token : *tokens) {
            ids.push_back(token.id);
            if (tokenizer.isSpecial(token.id))
                specialIds.insert(token.id);
            spans.emplace_back(token.begin, token.end);
            pieces.push_back(tokenizer.piece(token.id));
        }
        Document reply;
        reply.body = {{"pieces", std::move(pieces)}, {"ids", placeArray(reply.arrays, Array::fromInts(ids, {int64_t(ids.size())}))},
            {"spans", placeArray(reply.arrays, spanArray(spans))}, {"specialIds", specialIds}};
        return reply;
    }

    /// Layers, hook points and tensors, when the request asks for them.
    Result<void> addDetails(Json &body, const Json &request, const ModelRequest &wanted, const ModelConfig &config)
    {
        auto details = requestFlag(request, "details", false);
        if (!details)
            return fail(details.error());
        if (!*details)
            return {};
        auto files = openModelFiles(wanted.path);
        if (!files)
            return fail(files.error());
        body.update(modelDetails(config, files->tensors->tensors()));
        return {};
    }

    /// Forecasts are for this many tokens unless the request says otherwise.
    Result<int64_t> forecastTokens(const Json &request, const ModelConfig &config)
    {
        return requestInteger(
            request, "tokens", std::min<int64_t>(1024, config.contextLength), 1, config.contextLength);
    }

} // namespace

Result<Document> answerOpen(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto model = state.models.open(*wanted, context);
    if (!model)
        return fail(model.error());
    auto tokens = forecastTokens(request, (*model)->config());
    if (!tokens)
        return fail(tokens.error());
    auto hash = state.models.sha256(*wanted, context);
    if (!hash)
        return fail(hash.error());
    Json body = describeJson((*model)->config(), *(*model)->tokenizer(), wanted->path, *tokens, (*model)->residency(), (*model)->device());
    body["weights"] = (*model)->weightsName();
    body["weightBytes"] = (*model)->weights().bytes();
    body["fileBytes"] = (*model)->fileBytes();
    body["sha256"] = *hash;
    body["dtype"] = (*model)->dtypeName();
    body["device"] = (*model)->deviceName();
    body["forecast"]["fileBytes"] = (*model)->fileBytes();
    return Document{std::move(body), {}};
}

Result<Document> answerDescribe(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto config = Model::describe(wanted->path);
    if (!config)
        return fail(config.error());
    auto tokens = forecastTokens(request, *config);
    if (!tokens)
        return fail(tokens.error());
    auto tokenizer = state.models.tokenizer(*wanted);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto hash = state.models.sha256(*wanted, context);
    if (!hash)
        return fail(hash.error());
    auto device = chooseDevice(wanted->device);
    if (!device)
        return fail(device.error());
    auto elements = chooseElementType(wanted->dtype);
    if (!elements)
        return fail(elements.error());
    config->elementType = *elements;
    auto residency = chooseResidency(wanted->weights, *device, *config);
    if (!residency)
        return fail(residency.error());
    Json body = describeJson(*config, **tokenizer, wanted->path, *tokens, *residency, *device);
    if (auto added = addDetails(body, request, *wanted, *config); !added)
        return fail(added.error());
    body["weights"] = *residency == Residency::Stored ? std::string("file") : std::string(nameOf(*elements));
    body["weightBytes"] = body["forecast"]["weightBytes"];
    const auto files = openModelFiles(wanted->path);
    if (!files)
        return fail(files.error());
    const int64_t fileBytes = files->tensors->fileBytes();
    body["fileBytes"] = fileBytes;
    body["sha256"] = *hash;
    body["dtype"] = nameOf(*elements);
    body["device"] = device->is_cpu() ? "cpu" : device->str();
    body["forecast"]["fileBytes"] = fileBytes;
    return Document{std::move(body), {}};
}

Result<Document> answerTokenize(EngineState &state, const Json &request, const RunContext &, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    const Json &text = childField(request, "text");
    if (!text.is_string())
        return fail(ErrorCode::BadInput, "tokenize: the request has no text", "give --text or --text-file");
    auto tokenizer = state.models.tokenizer(*wanted);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto withSpecial = requestFlag(request, "special", true);
    if (!withSpecial)
        return fail(withSpecial.error());
    return tokenReply(text.get_ref<const std::string &>(), *withSpecial ? SpecialTokens::Add : SpecialTokens::None, **tokenizer);
}

Result<Document> answerRender(EngineState &state, const Json &request, const RunContext &, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto prompt = renderedChat(*wanted, request, false);
    if (!prompt)
        return fail(prompt.error());
    auto tokenizer = state.models.tokenizer(*wanted);
    if (!tokenizer)
        return fail(tokenizer.error());
    // the template has put in all special tokens there are
    auto reply = tokenReply(*prompt, SpecialTokens::None, **tokenizer);
    if (!reply)
        return fail(reply.error());
    reply->body["text"] = *prompt;
    reply->body["prompt"] = std::move(*prompt);
    return reply;
}

Result<Document> answerDetokenize(EngineState &state, const Json &request, const RunContext &, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto tokenizer = state.models.tokenizer(*wanted);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto ids = idList(childField(request, "ids"), (*tokenizer)->vocabulary(), "detokenize");
    if (!ids)
        return fail(ids.error());
    auto withSpecial = requestFlag(request, "special", true);
    if (!withSpecial)
        return fail(withSpecial.error());
    auto described = describeIds(*ids, **tokenizer);
    if (!described)
        return fail(described.error());
    auto text = (*tokenizer)->decode(*ids, !*withSpecial);
    if (!text)
        return fail(text.error());
    Document reply;
    reply.body = {{"text", std::move(*text)}, {"pieces", std::move(described->pieces)},
        {"ids", placeArray(reply.arrays, Array::fromInts(*ids, {int64_t(ids->size())}))},
        {"spans", placeArray(reply.arrays, spanArray(described->spans))}};
    return reply;
}

} // namespace winnow
