#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/eval/capture_tensors.h"
#include "core/eval/score.h"
#include "core/model/unicode.h"
#include "core/serve/request_fields.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    Json windowList(const std::vector<WindowScore> &windows)
    {
        Json list = Json::array();
        for (const WindowScore &window : windows)
            list.push_back({{"first", window.first}, {"sumNll", jsonNumber(window.sumNll)}, {"count", window.count},
                {"perplexity", jsonNumber(window.perplexity)}});
        return list;
    }

    /// Windowed input may be longer than the context: every window is read alone.
    Result<PreparedInput> prepareScored(EngineState &state, const ModelRequest &wanted, const Json &request, int64_t window)
    {
        if (window <= 0)
            return state.prepare(wanted, request);
        auto config = Model::describe(wanted.path);
        if (!config)
            return fail(config.error());
        if (window > config->contextLength)
            return fail(ErrorCode::BadInput,
                "window: expected 2 to " + std::to_string(config->contextLength) + " (the context of " + config->name + "), found "
                    + std::to_string(window));
        auto tokenizer = state.models.tokenizer(wanted);
        if (!tokenizer)
            return fail(tokenizer.error());
        config->contextLength = INT64_MAX;
        return prepareInput(request, *config, **tokenizer);
    }

    /// Measures that do not depend on the tokenizer: words are what stands between white space, and each line end is one.
    /// @source text-data.md 3.12.
    void addTextMeasures(const std::string &text, double sumNll, Json &reply)
    {
        if (text.empty())
            return;
        int64_t words = 0;
        bool inWord = false;
        for (size_t at = 0; at < text.size();) {
            const char32_t point = takeCodePoint(text, at);
            const bool space = isWhiteSpace(point);
            words += (!space && !inWord) + (point == U'\n');
            inWord = !space;
        }
        reply["sumNll"] = jsonNumber(sumNll);
        reply["bitsPerByte"] = jsonNumber(sumNll / std::log(2.0) / static_cast<double>(text.size()));
        if (words > 0) {
            reply["words"] = words;
            reply["wordPerplexity"] = jsonNumber(std::exp(sumNll / static_cast<double>(words)));
        }
    }

    Result<std::vector<int64_t>> layerList(const Json &request, int64_t layers)
    {
        std::vector<int64_t> list;
        const Json &given = childField(request, "layers");
        if (given.is_null())
            return list;
        if (!given.is_array())
            return fail(ErrorCode::BadInput, "layers: expected a list, found " + jsonText(given));
        for (const Json &entry : given) {
            if (!entry.is_number_integer() || entry.get<int64_t>() < 0 || entry.get<int64_t>() >= layers)
                return fail(ErrorCode::BadInput,
                    "layers: expected 0 to " + std::to_string(layers - 1) + ", found " + jsonText(entry));
            list.push_back(entry.get<int64_t>());
        }
        return list;
    }

} // namespace

Result<Document> answerScore(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    auto top = requestInteger(request, "top", 0, 0, int64_t(1) << 30);
    auto window = requestInteger(request, "window", 0, 0, int64_t(1) << 30);
    auto stride = requestInteger(request, "stride", 0, 0, int64_t(1) << 30);
    if (!wanted)
        return fail(wanted.error());
    if (!top || !window || !stride)
        return fail(!top ? top.error() : !window ? window.error() : stride.error());
    auto input = prepareScored(state, *wanted, request, *window);
    if (!input)
        return fail(input.error());
    auto model = state.models.open(*wanted, context);
    if (!model)
        return fail(model.error());
    auto scored = scoreTokens(**model, input->ids, {*top, *window, *stride}, context);
    if (!scored)
        return fail(scored.error());
    Document reply;
    const auto count = int64_t(scored->nll.size());
    reply.body = {{"tokens", input->ids.size()}, {"mean", jsonNumber(scored->mean)},
        {"perplexity", jsonNumber(scored->perplexity)},
        {"nll", placeArray(reply.arrays, Array::fromFloats(scored->nll, {count}))},
        {"ids", placeArray(reply.arrays, Array::fromInts(input->ids, {int64_t(input->ids.size())}))},
        {"pieces", input->pieces}};
    if (*top > 0) {
        const auto best = int64_t(scored->topIds.size());
        reply.body["topIds"] = placeArray(reply.arrays, Array::fromInts(scored->topIds, {best}));
        reply.body["topLogits"] = placeArray(reply.arrays, Array::fromFloats(scored->topLogits, {best}));
    }
    if (*window > 0)
        reply.body["windows"] = windowList(scored->windows);
    if (count + 1 == std::ssize(input->ids)) // all of the text
        addTextMeasures(stringField(childField(request, "input"), "text"), scored->sumNll, reply.body);
    return reply;
}

Result<Document> answerExportCapture(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    auto path = requestText(request, "path", "");
    auto what = requestText(request, "what", "*");
    auto window = requestInteger(request, "window", 32, 1, int64_t(1) << 20);
    auto greedy = requestInteger(request, "greedy", 0, 0, int64_t(1) << 20);
    if (!path || !what)
        return fail(!path ? path.error() : what.error());
    if (!window || !greedy)
        return fail(!window ? window.error() : greedy.error());
    if (path->empty())
        return fail(ErrorCode::BadInput, "export_capture: the request has no path", "give --out DIR");
    auto input = state.prepare(*wanted, request);
    if (!input)
        return fail(input.error());
    auto model = state.models.open(*wanted, context);
    if (!model)
        return fail(model.error());
    auto layers = layerList(request, (*model)->config().layers);
    if (!layers)
        return fail(layers.error());
    auto names = writeCaptureTensors(**model, input->ids, {*what, std::move(*layers), *window, *greedy}, *path, context);
    if (!names)
        return fail(names.error());
    return Document{{{"path", *path}, {"tensors", *names}, {"tokens", input->ids.size()}}, {}};
}

} // namespace winnow
