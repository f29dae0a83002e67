#include "cli/run_options.h"

#include "cli/dataset_options.h"
#include "cli/method_text.h"
#include "cli/prompt_options.h"
#include "cli/request_builder.h"
#include "cli/segment_options.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "core/base/method_info.h"
#include "core/methods/registry.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 13> kMethod{{
        {"--method", "ID", "method (winnow-cli methods lists them)"},
        {"--budget", "B", "what stays: fraction 0.25, percentage 25%, count 256t, bytes 6MiB"},
        {"--param", "NAME=VALUE", "a parameter of the method", true},
        {"--score-last", "N", "the last N ids of the input are scored under the plan instead of being context"},
        {"--continuation-file", "F", "text that follows the input and is scored"},
        {"--continuation-ids", "F", "the same as a JSON list of ids"},
        {"--mode", "drop|mask", "evicted tokens leave the cache, or are only hidden (drop)"},
        {"--measure", "", "also run token by token on the real cache: allocated bytes, ms per token"},
        {"--with-scores", "", "the report holds the score of every token"},
        {"--no-count-slm", "", "budgets of bytes leave the small model's cache out"},
        {"--request", "F", "the request of a report or session; repeats that run"},
        {"--methods", "ID,ID", "as --method, several"},
        {"--budgets", "B,B", "as --budget, several"},
    }};

    constexpr std::array<OptionSpec, 3> kSweep{{
        {"--seeds", "N,N", "seeds of methods that draw at random"},
        {"--max-new", "N", "longest continuation of generate (64)"},
        {"--temperature", "X", "0 is greedy; above, tokens are drawn with --seed"},
    }};

    const MethodSpec *specOf(const std::string &id)
    {
        const auto table = methodTable();
        const auto found = std::find_if(table.begin(), table.end(), [&](const MethodSpec *spec) { return spec->id == id; });
        return found == table.end() ? nullptr : *found;
    }

    /// A value as JSON: numbers, on/off/true/false for switches; anything else stays a word.
    Json parameterValue(const ParameterInfo *info, const std::string &text)
    {
        if (info && (info->type == ParameterType::Choice || info->type == ParameterType::Text))
            return text;
        if (text == "on" || text == "true" || text == "yes")
            return true;
        if (text == "off" || text == "false" || text == "no")
            return false;
        double number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec == std::errc() && read.ptr == text.data() + text.size())
            return number;
        return text;
    }

    /// --param values of one method. A name that only other methods of the command have is not for this one.
    Result<Json> parametersOf(
        const std::string &id, const std::vector<std::string> &all, const std::vector<std::string> &given)
    {
        Json parameters = Json::object();
        const MethodSpec *spec = specOf(id);
        const MethodInfo info = spec ? methodInfo(*spec) : MethodInfo{};
        for (const std::string &word : given) {
            const size_t equals = word.find('=');
            if (equals == std::string::npos || equals == 0)
                return fail(ErrorCode::BadInput, "--param: expected NAME=VALUE, found \"" + word + "\"");
            const std::string name = word.substr(0, equals);
            const ParameterInfo *parameter = info.parameter(name);
            const bool others = std::any_of(all.begin(), all.end(), [&](const std::string &other) {
                const MethodSpec *otherSpec = specOf(other);
                return otherSpec && methodInfo(*otherSpec).parameter(name);
            });
            if (!parameter && others)
                continue;
            parameters[name] = parameterValue(parameter, word.substr(equals + 1));
        }
        return parameters;
    }

    Result<std::vector<std::string>> methodIds(const Arguments &arguments)
    {
        std::vector<std::string> ids;
        for (const char *option : {"--method", "--methods"}) {
            if (const auto text = arguments.value(option)) {
                for (std::string &id : splitList(*text))
                    ids.push_back(std::move(id));
            }
        }
        return ids;
    }

    std::string knownMethods()
    {
        std::string ids;
        for (const MethodSpec *spec : methodTable())
            ids += (ids.empty() ? "" : ", ") + std::string(spec->id);
        return ids;
    }

    Result<void> addMethods(const Arguments &arguments, Json &request)
    {
        auto ids = methodIds(arguments);
        if (!ids)
            return fail(ids.error());
        for (const std::string &id : *ids) {
            if (!specOf(id))
                return fail(ErrorCode::NotFound, "unknown method \"" + id + '"', "known: " + knownMethods());
        }
        const auto given = arguments.values("--param");
        if (ids->empty())
            return given.empty() || request.contains("method")
                ? Result<void>()
                : fail(ErrorCode::BadInput, "--param needs a method", "give --method ID");
        if (request.at("command") != "sweep") {
            if (ids->size() != 1)
                return fail(ErrorCode::BadInput, "one method is expected, found " + std::to_string(ids->size()),
                    "winnow-cli sweep takes several");
            auto parameters = parametersOf(ids->front(), *ids, given);
            if (!parameters)
                return fail(parameters.error());
            request["method"] = ids->front();
            request["params"] = std::move(*parameters);
            return {};
        }
        request["methods"] = Json::array();
        for (const std::string &id : *ids) {
            auto parameters = parametersOf(id, *ids, given);
            if (!parameters)
                return fail(parameters.error());
            request["methods"].push_back({{"method", id}, {"params", std::move(*parameters)}});
        }
        return {};
    }

    Result<void> addBudgets(const Arguments &arguments, Json &request)
    {
        std::vector<std::string> texts;
        for (const char *option : {"--budget", "--budgets"}) {
            if (const auto text = arguments.value(option)) {
                for (std::string &budget : splitList(*text))
                    texts.push_back(std::move(budget));
            }
        }
        if (texts.empty())
            return {};
        Json list = Json::array();
        for (const std::string &text : texts) {
            auto budget = parseBudget(text);
            if (!budget)
                return fail(budget.error());
            list.push_back(budgetText(*budget));
        }
        if (request.at("command") == "sweep") {
            request["budgets"] = std::move(list);
            return {};
        }
        if (list.size() != 1)
            return fail(ErrorCode::BadInput, "one budget is expected, found " + std::to_string(list.size()),
                "winnow-cli sweep takes several");
        request["budget"] = list.front();
        return {};
    }

    Result<void> addNumbers(const Arguments &arguments, Json &request)
    {
        if (const auto text = arguments.value("--seeds")) {
            Json seeds = Json::array();
            for (const std::string &word : splitList(*text)) {
                int64_t seed = 0;
                const auto read = std::from_chars(word.data(), word.data() + word.size(), seed);
                if (read.ec != std::errc() || read.ptr != word.data() + word.size() || seed < 0)
                    return fail(ErrorCode::BadInput, "--seeds: expected whole numbers from 0, found \"" + word + "\"");
                seeds.push_back(seed);
            }
            request["seeds"] = std::move(seeds);
        }
        auto maxNew = arguments.integer("--max-new", 1, 1 << 20);
        if (!maxNew)
            return fail(maxNew.error());
        if (*maxNew)
            request["maxNew"] = **maxNew;
        auto temperature = arguments.number("--temperature", 0, 100);
        if (!temperature)
            return fail(temperature.error());
        if (*temperature)
            request["temperature"] = **temperature;
        return {};
    }

    /// The request inside a file: a request, or a report or session cell that holds one.
    Result<Json> requestFromFile(const std::string &path, const std::string &command)
    {
        auto json = readJsonFile(path);
        if (!json)
            return json;
        if (json->is_object() && json->contains("schema") && json->contains("request"))
            *json = Json(json->at("request"));
        if (!json->is_object())
            return fail(ErrorCode::BadInput, path + ": expected a request, a JSON object");
        const std::string own = stringField(*json, "command", command);
        if (own != command && !(command == "run" && (own == "sweep" || own == "generate" || own == "compare")))
            return fail(ErrorCode::BadInput, path + ": the request is for " + own, "use winnow-cli " + own + " --request " + path);
        (*json)["command"] = own;
        return json;
    }

    Result<void> addInput(const Arguments &arguments, Json &request)
    {
        const bool given = arguments.has("--text") || arguments.has("--text-file") || arguments.has("--ids-file")
            || arguments.has("--image") || arguments.has("--messages");
        if (!given && (request.contains("input") || hasContexts(arguments) || request.contains("prompt") || request.contains("dataset")))
            return {};
        auto input = inputField(arguments);
        if (!input)
            return fail(input.error());
        request["input"] = std::move(*input);
        return {};
    }

    /// @error BadInput for options of the cache that a request of prompt compression would not look at.
    Result<void> checkPromptOptions(const Arguments &arguments, const Json &request)
    {
        if (!isPromptCompression(request))
            return {};
        for (const char *option : {"--score-last", "--continuation-file", "--continuation-ids", "--mode", "--measure", "--no-count-slm", "--image"}) {
            if (arguments.has(option))
                return fail(ErrorCode::BadInput, std::string(option) + " is not for methods that compress prompts",
                    "leave it out; --answer scores what follows the prompt");
        }
        return {};
    }

} // namespace

OptionGroup methodOptions() { return {"Method and budget", kMethod}; }

OptionGroup sweepOptions() { return {"Sweep and generation", kSweep}; }

Result<Json> runRequest(const Arguments &arguments, const std::string &command)
{
    Json request{{"command", command}};
    if (const auto path = arguments.value("--request")) {
        auto read = requestFromFile(*path, command);
        if (!read)
            return read;
        request = std::move(*read);
    }
    auto model = modelFields(arguments);
    if (!model)
        return model;
    addFields(request, *model);
    if (request.at("command") == "compare") { // a report of it, repeated: it has neither method nor budget
        auto added = addInput(arguments, request);
        return added ? Result<Json>(std::move(request)) : fail(added.error());
    }
    auto scored = scoredFields(arguments);
    if (!scored)
        return scored;
    if (!scored->empty()) {
        request.erase("scoreLast");
        request.erase("continuation");
        addFields(request, *scored);
    }
    if (auto added = addMethods(arguments, request); !added)
        return fail(added.error());
    if (isSegmentation(request) || command == "train" || command == "teach") {
        auto added = addSegmentFields(arguments, request);
        return added ? Result<Json>(std::move(request)) : fail(added.error());
    }
    if (auto checked = checkPromptOptions(arguments, request); !checked)
        return fail(checked.error());
    for (const auto add : {addBudgets, addNumbers, addDataset, addInput, addPrompt}) {
        if (auto added = add(arguments, request); !added)
            return fail(added.error());
    }
    if (const auto mode = arguments.value("--mode"))
        request["mode"] = *mode;
    if (arguments.has("--measure"))
        request["measure"] = true;
    if (arguments.has("--with-scores"))
        request["withScores"] = true;
    if (arguments.has("--no-count-slm"))
        request["countSlm"] = false;
    return request;
}

std::string methodHelp(const Arguments &arguments)
{
    const auto wanted = arguments.value("--method");
    std::string text = "Methods:\n";
    for (const MethodSpec *spec : methodTable()) {
        if (!wanted || *wanted == spec->id)
            text += methodText(methodInfo(*spec));
    }
    return text;
}

} // namespace winnow
