#include "app/workbench/prompt_parts.h"

#include "core/base/json_fields.h"

namespace winnow {
namespace {

    QString text(const Json &json, const char *name) { return QString::fromStdString(stringField(json, name)); }

    /// The answer of a file: a text, or the first of a list of accepted ones.
    QString answerOf(const Json &json)
    {
        const Json &answer = childField(json, "answer");
        if (answer.is_array() && !answer.empty() && answer[0].is_string())
            return QString::fromStdString(answer[0].get<std::string>());
        return text(json, "answer");
    }

    QStringList listOf(const Json &json)
    {
        QStringList texts;
        for (const Json &entry : json) {
            if (!entry.is_string())
                return {};
            texts << QString::fromStdString(entry.get<std::string>());
        }
        return texts;
    }

} // namespace

PromptParts promptParts(const InputRecord &input)
{
    PromptParts parts;
    const Json &given = childField(input.extra, "prompt");
    parts.instruction = text(given, "instruction");
    parts.question = text(given, "question");
    if (const Json &contexts = childField(given, "contexts"); contexts.is_array())
        parts.contexts = listOf(contexts);
    if (parts.contexts.isEmpty())
        parts.contexts << QString::fromStdString(input.content);
    parts.answer = text(input.extra, "answer");
    return parts;
}

InputRecord withPromptParts(InputRecord input, const PromptParts &parts)
{
    if (!input.extra.is_object())
        input.extra = Json::object();
    Json given{{"instruction", parts.instruction.toStdString()}, {"question", parts.question.toStdString()}};
    if (parts.contexts.size() > 1) {
        given["contexts"] = Json::array();
        for (const QString &context : parts.contexts)
            given["contexts"].push_back(context.toStdString());
    }
    input.content = parts.contexts.join(QStringLiteral("\n\n")).toStdString();
    if (parts.hasFrame() || given.contains("contexts"))
        input.extra["prompt"] = std::move(given);
    else
        input.extra.erase("prompt");
    if (parts.answer.isEmpty())
        input.extra.erase("answer");
    else
        input.extra["answer"] = parts.answer.toStdString();
    return input;
}

void addPromptFields(Json &request, const InputRecord &input)
{
    const PromptParts parts = promptParts(input);
    Json contexts = Json::array();
    for (const QString &context : parts.contexts)
        contexts.push_back(context.toStdString());
    request["prompt"] = {{"instruction", parts.instruction.toStdString()}, {"question", parts.question.toStdString()}, {"contexts", std::move(contexts)}};
    if (!parts.answer.isEmpty())
        request["answer"] = parts.answer.toStdString();
}

std::optional<PromptParts> promptPartsFromJson(const QByteArray &bytes)
{
    const QByteArray plain = bytes.trimmed();
    if (!plain.startsWith('{') && !plain.startsWith('['))
        return std::nullopt;
    const Json json = Json::parse(plain.constData(), plain.constData() + plain.size(), nullptr, false);
    PromptParts parts;
    const Json &contexts = json.is_array() ? json : childField(json, "contexts");
    if (!contexts.is_array() || contexts.empty())
        return std::nullopt;
    parts.contexts = listOf(contexts);
    if (parts.contexts.isEmpty())
        return std::nullopt;
    parts.instruction = text(json, "instruction");
    parts.question = text(json, "question");
    parts.answer = answerOf(json);
    return parts;
}

} // namespace winnow
