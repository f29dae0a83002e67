#include "app/workbench/requests.h"

#include "app/workbench/prompt_parts.h"

#include <algorithm>
#include <cstddef>

namespace winnow {
namespace {

    constexpr int kDefaultScored = 64;

    Json methodEntry(const Setting &setting) { return {{"method", setting.method}, {"params", setting.parameters}}; }

    void addSetting(Json &request, const Setting &setting)
    {
        request["method"] = setting.method;
        request["params"] = setting.parameters;
        request["budget"] = budgetText(setting.budget);
    }

} // namespace

Json modelFields(const ModelChoice &choice)
{
    Json fields{{"model", choice.model}, {"device", choice.device}, {"dtype", choice.dtype}, {"seed", choice.seed}};
    if (choice.weights != "auto")
        fields["weights"] = choice.weights;
    if (choice.threads > 0)
        fields["threads"] = choice.threads;
    return fields;
}

int scoredTokens(const InputRecord &input)
{
    if (input.extra.is_object()) {
        if (input.extra.contains("continuation"))
            return 0;
        if (auto it = input.extra.find("scoreLast"); it != input.extra.end() && it->is_number_integer())
            return it->get<int>();
    }
    // A short text, as the records of data sets are, keeps most of its tokens as context: none is longer than eight characters on average.
    const auto characters = std::count_if(input.content.begin(), input.content.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
    return static_cast<int>(std::clamp<std::ptrdiff_t>(characters / 8, 2, kDefaultScored));
}

Json inputFields(const ModelChoice &choice, const InputRecord &input)
{
    Json fields = modelFields(choice);
    if (!choice.small.empty())
        fields["smallModel"] = choice.small;
    Json content{{"name", input.name}};
    const bool hasIds = input.extra.is_object() && input.extra.contains("ids");
    if (hasIds)
        content["ids"] = input.extra["ids"];
    else
        content["text"] = input.content;
    fields["input"] = std::move(content);
    if (input.extra.is_object() && input.extra.contains("continuation")) {
        const Json &continuation = input.extra["continuation"];
        fields["continuation"] = continuation.is_object() ? continuation : Json{{"text", continuation}};
    } else {
        fields["scoreLast"] = scoredTokens(input);
    }
    return fields;
}

Json openRequest(const ModelChoice &choice)
{
    Json request = modelFields(choice);
    request["command"] = "open";
    return request;
}

Json captureRequest(const ModelChoice &choice, const InputRecord &input, const std::vector<MethodInfo> &methods, const Setting &wanted)
{
    Json request = inputFields(choice, input);
    request["command"] = "capture";
    Json entries = Json::array();
    for (const MethodInfo &method : methods) {
        const bool asked = method.id == wanted.method && !choice.small.empty();
        if (method.family == "kv" && (asked || !needsSmallModel(method)))
            entries.push_back(methodEntry(method.id == wanted.method ? wanted : defaultSetting(method)));
    }
    request["methods"] = std::move(entries);
    return request;
}

Json selectRequest(const std::string &captureId, const std::vector<Setting> &settings)
{
    Json cells = Json::array();
    for (const Setting &setting : settings)
        cells.push_back(toJson(setting));
    return {{"command", "select"}, {"captureId", captureId}, {"cells", std::move(cells)}, {"scores", true}, {"classes", true}};
}

Json promptFields(const ModelChoice &choice, const InputRecord &input)
{
    Json fields = modelFields(choice);
    if (!choice.small.empty())
        fields["smallModel"] = choice.small;
    addPromptFields(fields, input);
    return fields;
}

Json promptSelectRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting)
{
    Json request = promptFields(choice, input);
    request["command"] = "select";
    addSetting(request, setting);
    return request;
}

Json runRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting)
{
    if (setting.family == "prompt") {
        Json request = promptFields(choice, input);
        request["command"] = "run";
        request["family"] = setting.family;
        request["generate"] = kAnswerTokens;
        addSetting(request, setting);
        return request;
    }
    Json request = inputFields(choice, input);
    request["command"] = "run";
    request["measure"] = true;
    request["withScores"] = true; // the histogram of a reopened session needs them
    addSetting(request, setting);
    return request;
}

Json sweepRequest(const ModelChoice &choice, const InputRecord &input, const SweepChoice &sweep)
{
    const bool prompt = !sweep.methods.empty() && sweep.methods.front().family == "prompt";
    Json request = prompt ? promptFields(choice, input) : inputFields(choice, input);
    request["command"] = "sweep";
    request["methods"] = Json::array();
    for (const Setting &setting : sweep.methods)
        request["methods"].push_back(methodEntry(setting));
    request["budgets"] = Json::array();
    for (const Budget &budget : sweep.budgets)
        request["budgets"].push_back(budgetText(budget));
    return request;
}

Json generateRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting, int maxNew)
{
    Json request = inputFields(choice, input);
    request["command"] = "generate";
    request["maxNew"] = maxNew;
    request["temperature"] = 0;
    addSetting(request, setting);
    return request;
}

Json compareRequest(const ModelChoice &large, const std::string &small, const InputRecord &input, const CompareChoice &choice)
{
    Json request = inputFields(large, input);
    request.erase("scoreLast");
    request.erase("continuation");
    request["command"] = "compare";
    request["smallModel"] = small;
    request["what"] = "heads";
    request["metrics"] = choice.metrics;
    request["skipSinks"] = choice.skipSinks;
    request["span"] = choice.span;
    request["windows"] = choice.windows;
    if (choice.stability)
        request["stability"] = true;
    if (!choice.consistency)
        request["consistency"] = false;
    if (!choice.control)
        request["control"] = false;
    return request;
}

Json mapRequest(const std::string &comparison, bool large, int layer, int head)
{
    return {{"command", "pair_tile"}, {"pairId", comparison}, {"side", large ? "large" : "small"}, {"layer", layer}, {"head", head}};
}

} // namespace winnow
