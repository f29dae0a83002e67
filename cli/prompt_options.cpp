#include "cli/prompt_options.h"

#include "cli/request_builder.h"
#include "core/base/json_fields.h"
#include "core/methods/registry.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 7> kPrompt{{
        {"--instruction", "F", "text in front of the contexts, kept as it is"},
        {"--question", "F", "text behind the contexts, kept as it is"},
        {"--contexts", "F", "JSON list of texts; only contexts are compressed"},
        {"--answer", "T", "gold answer: its log-probability under the full and the compressed prompt", true},
        {"--answer-file", "F", "the same from a file"},
        {"--generate", "N", "greedy continuations of N tokens with the full and the compressed prompt"},
        {"--no-match", "", "sweep: methods keep their own rate instead of being matched in length"},
    }};

    Result<Json> contextList(const std::string &path)
    {
        auto list = readJsonFile(path);
        if (!list)
            return list;
        const bool texts = list->is_array() && std::all_of(list->begin(), list->end(), [](const Json &entry) { return entry.is_string(); });
        if (!texts)
            return fail(ErrorCode::BadInput, path + ": expected a JSON list of strings");
        return list;
    }

    Result<void> addTextOf(const Arguments &arguments, const char *option, const char *name, Json &target)
    {
        const auto path = arguments.value(option);
        if (!path)
            return {};
        auto text = readTextFile(*path);
        if (!text)
            return fail(text.error());
        while (!text->empty() && text->back() == '\n') // the end of the last line of a file
            text->pop_back();
        target[name] = std::move(*text);
        return {};
    }

    Result<void> addAnswers(const Arguments &arguments, Json &request)
    {
        Json answers = Json::array();
        for (const std::string &answer : arguments.values("--answer"))
            answers.push_back(answer);
        Json file = Json::object();
        if (auto read = addTextOf(arguments, "--answer-file", "answer", file); !read)
            return read;
        if (file.contains("answer"))
            answers.push_back(file.at("answer"));
        if (!answers.empty())
            request["answer"] = answers.size() == 1 ? Json(answers[0]) : answers;
        return {};
    }

} // namespace

OptionGroup promptOptions() { return {"Prompt", kPrompt}; }

bool isPromptCompression(const Json &request)
{
    const auto compresses = [](const Json &json) {
        const MethodSpec *spec = findMethod(stringField(json, "method"));
        return spec && spec->family == "prompt";
    };
    const Json &methods = childField(request, "methods");
    return compresses(request) || (methods.is_array() && std::any_of(methods.begin(), methods.end(), compresses));
}

bool hasContexts(const Arguments &arguments) { return arguments.has("--contexts"); }

Result<void> addPrompt(const Arguments &arguments, Json &request)
{
    Json prompt = request.contains("prompt") ? request.at("prompt") : Json::object();
    for (const auto &[option, name] : {std::pair("--instruction", "instruction"), std::pair("--question", "question")}) {
        if (auto added = addTextOf(arguments, option, name, prompt); !added)
            return added;
    }
    if (const auto path = arguments.value("--contexts")) {
        auto contexts = contextList(*path);
        if (!contexts)
            return fail(contexts.error());
        prompt["contexts"] = std::move(*contexts);
    }
    if (!prompt.empty())
        request["prompt"] = std::move(prompt);
    if (auto added = addAnswers(arguments, request); !added)
        return added;
    auto count = arguments.integer("--generate", 1, 1 << 16);
    if (!count)
        return fail(count.error());
    if (*count)
        request["generate"] = **count;
    if (arguments.has("--no-match"))
        request["matched"] = false;
    return {};
}

} // namespace winnow
