#pragma once

#include "core/serve/engine_state.h"

#include <string>

namespace winnow {

/// The prompt of the chat fields of a request or input: `messages`, `tools`, `documents` (lists, or JSON as text, which
/// keeps the order of keys), `add_generation_prompt`, `variables` (an object, likewise) and `template` (instead of the
/// model's own).
///
/// @error BadInput for fields of another form; what ChatTemplate::open and render report.
Result<std::string> renderedChat(const ModelRequest &wanted, const Json &fields, bool addGenerationPrompt);

/// The request with the messages of its `input` rendered to a text without further special tokens, so that all that
/// comes after works on one text and a repeated request has the same prompt. `generate` asks for the generation prompt
/// unless the input says otherwise.
Result<Json> withRenderedChat(EngineState &state, const Json &request);

/// Whether the input of a request is messages.
bool hasChatInput(const Json &request);

} // namespace winnow
