#pragma once

#include "core/base/error.h"
#include "core/model/jinja/template.h"

#include <filesystem>
#include <map>
#include <string>

namespace winnow {

/// What a chat template is rendered with. Lists and objects keep the order of their keys, since templates print them.
struct ChatRequest {
    jinja::OrderedJson messages
        = jinja::OrderedJson::array(); ///< objects with role and content (a text or a list of parts)
    jinja::OrderedJson tools; ///< list of tool schemas; null = none
    jinja::OrderedJson documents; ///< likewise
    jinja::OrderedJson variables = jinja::OrderedJson::object(); ///< further ones, such as enable_thinking; they win
    bool addGenerationPrompt = false; ///< ends with the opening of the assistant's answer
};

/// The chat templates that a model ships with, and the special tokens they may name.
class ChatTemplate {
public:
    /// From a GGUF file (tokenizer.chat_template and its named siblings) or a Hugging Face folder (chat_template.jinja,
    /// additional_chat_templates/, chat_template.json, tokenizer_config.json: the first that has one).
    /// @error as openModelFiles; NotFound when the model has no chat template; BadModelFile for files of another form.
    static Result<ChatTemplate> open(const std::filesystem::path &model);

    /// A template by itself. @param specialTokens  object: bos_token, eos_token, ...
    static ChatTemplate fromSource(std::string source, jinja::OrderedJson specialTokens);

    /// The template for a request: "tool_use" when there are tools and such a template, else "default".
    /// @error NotFound listing the names when neither exists.
    Result<std::string> source(const ChatRequest &request) const;

    /// The prompt, as transformers' apply_chat_template gives it (tokenize=False).
    /// @error as jinja::Template::parse and render; what the template raises is BadInput with its line.
    Result<std::string> render(const ChatRequest &request) const;

    /// By name; "default" is the one of a model with one template.
    const std::map<std::string, std::string> &sources() const { return m_sources; }
    const jinja::OrderedJson &specialTokens() const { return m_specialTokens; }
    /// These templates with another default, for a template that a person has edited.
    ChatTemplate withDefault(std::string source) const;

private:
    std::map<std::string, std::string> m_sources;
    jinja::OrderedJson m_specialTokens = jinja::OrderedJson::object();
};

} // namespace winnow
