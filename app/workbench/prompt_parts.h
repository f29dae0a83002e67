#pragma once

#include "core/base/json.h"
#include "sessions/session.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace winnow {

/// What a prompt consists of. Only contexts are compressed; instruction and question stay as they are.
struct PromptParts {
    QString instruction, question;
    QStringList contexts;
    QString answer; // the one to compare with, empty = none

    bool operator==(const PromptParts &) const = default;
    bool hasFrame() const { return !instruction.isEmpty() || !question.isEmpty(); }
};

/// The parts of an input: those that were given with it, else its text as the one context.
PromptParts promptParts(const InputRecord &input);
/// The input with other parts; its text becomes the contexts joined by a blank line.
InputRecord withPromptParts(InputRecord input, const PromptParts &parts);

/// Fields of a request: `prompt` and, where there is one, `answer`.
void addPromptFields(Json &request, const InputRecord &input);

/// A dropped JSON file: {"instruction", "question", "contexts": [..], "answer"} or a list of texts. nullopt when it is neither.
std::optional<PromptParts> promptPartsFromJson(const QByteArray &bytes);

} // namespace winnow
