#include "cli/request_builder.h"

#include "core/base/utf8.h"
#include "sessions/atomic_file.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 4> kTypes{"auto", "f32", "bf16", "f16"};
    constexpr int64_t kMaxSeed = int64_t(1) << 53; // whole in every JSON reader

    std::string fileName(const std::string &path) { return std::filesystem::path(path).filename().string(); }

    /// A list of ids, or a report or object that holds one under "ids".
    Result<Json> readIds(const std::string &path)
    {
        auto json = readJsonFile(path);
        if (!json)
            return json;
        if (json->is_object() && json->contains("ids"))
            *json = json->at("ids");
        if (!json->is_array())
            return fail(ErrorCode::BadInput, path + ": expected a JSON list of token ids");
        return json;
    }

} // namespace

void addFields(Json &request, const Json &fields)
{
    for (const auto &[name, value] : fields.items())
        request[name] = value;
}

Result<std::string> makeFolder(const std::string &path)
{
    std::error_code error;
    const auto folder = std::filesystem::absolute(path, error);
    std::filesystem::create_directories(folder, error);
    if (error || !std::filesystem::is_directory(folder, error))
        return fail(ErrorCode::Io, "cannot make the folder " + path + (error ? ": " + error.message() : ": a file has that name"));
    return folder.string();
}

Result<std::string> readTextFile(const std::string &path)
{
    auto text = readFile(path);
    if (!text)
        return text;
    const size_t bad = firstInvalidUtf8(*text);
    if (bad != text->size())
        return fail(ErrorCode::BadInput, path + ": byte " + std::to_string(bad) + " is not UTF-8", "convert the file to UTF-8");
    return text;
}

Result<Json> parseJson(const std::string &text, const std::string &where)
{
    try {
        return Json::parse(text);
    } catch (const Json::parse_error &error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
        const std::string what = error.what();
        return fail(ErrorCode::BadInput, where + ": " + what.substr(std::min(what.find("] ") + 2, what.size())));
    }
}

Result<Json> readJsonFile(const std::string &path)
{
    auto text = readTextFile(path);
    return text ? parseJson(*text, path) : fail(text.error());
}

Result<Json> modelFields(const Arguments &arguments)
{
    Json fields = Json::object();
    for (const auto &[option, field] : {std::pair{"--model", "model"}, std::pair{"--small-model", "smallModel"}}) {
        const auto model = arguments.value(option);
        if (!model)
            continue;
        std::error_code error;
        const bool file = std::filesystem::exists(*model, error);
        fields[field] = file ? std::filesystem::absolute(*model, error).lexically_normal().string() : *model;
    }
    if (const auto device = arguments.value("--device"))
        fields["device"] = *device;
    if (const auto type = arguments.value("--dtype")) {
        if (std::find(kTypes.begin(), kTypes.end(), *type) == kTypes.end())
            return fail(ErrorCode::BadInput, "--dtype: expected auto, f32, bf16 or f16, found \"" + *type + "\"");
        fields["dtype"] = *type;
    }
    if (const auto weights = arguments.value("--weights")) {
        if (*weights != "file" && std::find(kTypes.begin(), kTypes.end(), *weights) == kTypes.end())
            return fail(ErrorCode::BadInput, "--weights: expected auto, file or the name of the element type, found \"" + *weights + "\"");
        fields["weights"] = *weights;
    }
    auto threads = arguments.integer("--threads", 1, 1024);
    if (!threads)
        return fail(threads.error());
    if (*threads)
        fields["threads"] = **threads;
    auto seed = arguments.integer("--seed", 0, kMaxSeed);
    if (!seed)
        return fail(seed.error());
    if (*seed)
        fields["seed"] = **seed;
    return fields;
}

Result<Json> inputField(const Arguments &arguments)
{
    if (arguments.has("--image"))
        return fail(ErrorCode::Unsupported, "--image: no model family of this version reads images");
    if (const auto path = arguments.value("--ids-file")) {
        auto ids = readIds(*path);
        return ids ? Json{{"ids", std::move(*ids)}, {"name", fileName(*path)}} : ids;
    }
    if (const auto text = arguments.value("--text")) {
        const size_t bad = firstInvalidUtf8(*text);
        if (bad != text->size())
            return fail(ErrorCode::BadInput, "--text: byte " + std::to_string(bad) + " is not UTF-8");
        return Json{{"text", *text}};
    }
    if (const auto path = arguments.value("--text-file")) {
        auto text = readTextFile(*path);
        if (!text)
            return fail(text.error());
        return Json{{"text", std::move(*text)}, {"name", fileName(*path)}};
    }
    if (const auto path = arguments.value("--messages")) {
        auto fields = chatFields(arguments);
        if (fields)
            (*fields)["name"] = fileName(*path);
        return fields;
    }
    return fail(ErrorCode::BadInput, "no input", "give --text, --text-file, --ids-file or --messages");
}

Result<Json> chatFields(const Arguments &arguments)
{
    Json fields = Json::object();
    for (const auto &[option, field] : {std::pair("--messages", "messages"), std::pair("--tools", "tools"), std::pair("--variables", "variables")}) {
        const auto path = arguments.value(option);
        if (!path)
            continue;
        // checked here, sent as it is written: the order of keys is part of it
        auto text = readTextFile(*path);
        auto json = text ? parseJson(*text, *path) : Result<Json>(fail(text.error()));
        if (!json)
            return json;
        fields[field] = std::move(*text);
    }
    if (const auto path = arguments.value("--template")) {
        auto text = readTextFile(*path);
        if (!text)
            return fail(text.error());
        fields["template"] = std::move(*text);
    }
    if (arguments.has("--generation-prompt"))
        fields["add_generation_prompt"] = true;
    return fields;
}

Result<Json> scoredFields(const Arguments &arguments)
{
    const bool last = arguments.has("--score-last");
    const bool file = arguments.has("--continuation-file");
    const bool ids = arguments.has("--continuation-ids");
    if (int(last) + int(file) + int(ids) > 1)
        return fail(ErrorCode::BadInput, "--score-last, --continuation-file and --continuation-ids exclude each other", "give one");
    if (last) {
        auto count = arguments.integer("--score-last", 2, int64_t(1) << 30);
        return count ? Json{{"scoreLast", **count}} : Result<Json>(fail(count.error()));
    }
    if (file) {
        auto text = readTextFile(*arguments.value("--continuation-file"));
        if (!text)
            return fail(text.error());
        return Json{{"continuation", {{"text", std::move(*text)}}}};
    }
    if (ids) {
        auto list = readIds(*arguments.value("--continuation-ids"));
        if (!list)
            return list;
        return Json{{"continuation", {{"ids", std::move(*list)}}}};
    }
    return Json::object();
}

} // namespace winnow
