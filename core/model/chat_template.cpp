#include "core/model/chat_template.h"

#include "core/base/json_fields.h"
#include "core/model/model_files.h"

#include <array>

namespace winnow {
namespace {

    using Sources = std::map<std::string, std::string>;

    constexpr int64_t kMaxTemplateBytes = jinja::kMaxSourceBytes;
    constexpr std::array<const char *, 7> kTokenNames { "bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
        "cls_token", "mask_token" };

    /// Keys of GGUF for the tokens above ("seperator" is how the format spells it).
    constexpr std::array<const char *, 7> kGgufTokenKeys { "tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.padding_token_id",
        "tokenizer.ggml.cls_token_id", "tokenizer.ggml.mask_token_id" };

    Result<Sources> ggufSources(const GgufFile &file)
    {
        static constexpr std::string_view kKey = "tokenizer.chat_template";
        Sources sources;
        for (const std::string_view key : file.keys()) {
            const bool isNamed = key.starts_with(kKey) && key.size() > kKey.size() && key[kKey.size()] == '.';
            if (key != kKey && !isNamed)
                continue;
            auto text = file.string(key);
            if (!text)
                return fail(text.error());
            sources[isNamed ? std::string(key.substr(kKey.size() + 1)) : "default"] = std::string(*text);
        }
        return sources;
    }

    Result<jinja::OrderedJson> ggufTokens(const GgufFile &file)
    {
        jinja::OrderedJson tokens = jinja::OrderedJson::object();
        if (!file.has("tokenizer.ggml.tokens"))
            return tokens;
        auto pieces = file.strings("tokenizer.ggml.tokens");
        if (!pieces)
            return fail(pieces.error());
        for (size_t i = 0; i < kTokenNames.size(); ++i) {
            auto id = file.integer(kGgufTokenKeys[i], -1);
            if (!id)
                return fail(id.error());
            if (*id >= 0 && static_cast<size_t>(*id) < pieces->size())
                tokens[kTokenNames[i]] = std::string((*pieces)[static_cast<size_t>(*id)]);
        }
        return tokens;
    }

    /// A template of JSON: a text, or a list of {name, template}.
    Result<Sources> jsonSources(const Json &value, const std::string &where)
    {
        if (value.is_string())
            return Sources { { "default", value.get<std::string>() } };
        Sources sources;
        for (const Json &entry : value.is_array() ? value : Json::array({ value })) {
            const std::string name = stringField(entry, "name");
            if (!entry.is_object() || name.empty() || !childField(entry, "template").is_string())
                return fail(ErrorCode::BadModelFile,
                    where + ": chat_template is neither a text nor a list of {name, template}");
            sources[name] = entry.at("template").get<std::string>();
        }
        return sources;
    }

    Result<Sources> folderSources(const HfFolder &folder)
    {
        Sources sources;
        if (folder.has("chat_template.jinja")) {
            auto text = folder.readText("chat_template.jinja", kMaxTemplateBytes);
            if (!text)
                return fail(text.error());
            sources["default"] = std::move(*text);
        }
        std::error_code none;
        for (std::filesystem::directory_iterator entry(folder.path() / "additional_chat_templates", none), end;
             !none && entry != end; entry.increment(none)) {
            if (entry->path().extension() != ".jinja")
                continue;
            auto text = readSmallFile(entry->path(), kMaxTemplateBytes);
            if (!text)
                return fail(text.error());
            sources[entry->path().stem().string()] = std::move(*text);
        }
        for (const char *name : { "chat_template.json", "tokenizer_config.json" }) {
            if (!sources.empty() || !folder.has(name))
                continue;
            auto json = folder.readJson(name);
            if (!json)
                return fail(json.error());
            const Json &value = childField(*json, "chat_template");
            if (value.is_null())
                continue;
            auto found = jsonSources(value, (folder.path() / name).string());
            if (!found)
                return found;
            sources = std::move(*found);
        }
        return sources;
    }

    /// Special tokens are texts, or objects with the text as content.
    std::string tokenText(const Json &value)
    {
        return value.is_string() ? value.get<std::string>() : stringField(value, "content");
    }

    Result<jinja::OrderedJson> folderTokens(const HfFolder &folder)
    {
        jinja::OrderedJson tokens = jinja::OrderedJson::object();
        for (const char *file : { "tokenizer_config.json", "special_tokens_map.json" }) {
            if (!folder.has(file))
                continue;
            auto json = folder.readJson(file);
            if (!json)
                return fail(json.error());
            for (const char *name : kTokenNames) {
                const std::string text = tokenText(childField(*json, name));
                if (!text.empty() && !tokens.contains(name))
                    tokens[name] = text;
            }
            // named ones of a model, such as image_token
            const Json &extra = childField(*json, "extra_special_tokens");
            for (auto entry = extra.begin(); extra.is_object() && entry != extra.end(); ++entry) {
                if (!tokens.contains(entry.key()) && !tokenText(*entry).empty())
                    tokens[entry.key()] = tokenText(*entry);
            }
        }
        return tokens;
    }

    std::string namesOf(const Sources &sources)
    {
        std::string names;
        for (const auto &[name, source] : sources)
            names += (names.empty() ? "" : ", ") + name;
        return names;
    }

} // namespace

Result<ChatTemplate> ChatTemplate::open(const std::filesystem::path &model)
{
    auto files = openModelFiles(model);
    if (!files)
        return fail(files.error());
    auto sources = files->gguf ? ggufSources(*files->gguf) : folderSources(*files->folder);
    if (!sources)
        return fail(sources.error());
    if (sources->empty())
        return fail(ErrorCode::NotFound, model.string() + ": the model has no chat template",
            "it is a base model: give the prompt as text");
    auto tokens = files->gguf ? ggufTokens(*files->gguf) : folderTokens(*files->folder);
    if (!tokens)
        return fail(tokens.error());
    ChatTemplate result;
    result.m_sources = std::move(*sources);
    result.m_specialTokens = std::move(*tokens);
    return result;
}

ChatTemplate ChatTemplate::fromSource(std::string source, jinja::OrderedJson specialTokens)
{
    ChatTemplate result;
    result.m_sources["default"] = std::move(source);
    result.m_specialTokens = std::move(specialTokens);
    return result;
}

ChatTemplate ChatTemplate::withDefault(std::string source) const
{
    return fromSource(std::move(source), m_specialTokens);
}

Result<std::string> ChatTemplate::source(const ChatRequest &request) const
{
    // the order of transformers' get_chat_template
    for (const char *name : { "tool_use", "default" }) {
        const auto found = m_sources.find(name);
        if (found != m_sources.end() && (found->first == "default" || !request.tools.is_null()))
            return found->second;
    }
    return fail(ErrorCode::NotFound, "the model has no chat template \"default\", only " + namesOf(m_sources));
}

Result<std::string> ChatTemplate::render(const ChatRequest &request) const
{
    auto text = source(request);
    if (!text)
        return text;
    auto parsed = jinja::Template::parse(*text);
    if (!parsed)
        return fail(Error { parsed.error().code, "chat " + parsed.error().message, parsed.error().hint });
    jinja::OrderedJson variables = m_specialTokens;
    variables["messages"] = request.messages;
    variables["tools"] = request.tools;
    variables["documents"] = request.documents;
    variables["add_generation_prompt"] = request.addGenerationPrompt;
    for (const auto &[name, value] : request.variables.items())
        variables[name] = value;
    auto rendered = parsed->render(variables);
    if (!rendered)
        return fail(Error { rendered.error().code, "chat " + rendered.error().message, rendered.error().hint });
    return rendered;
}

} // namespace winnow
