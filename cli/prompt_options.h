#pragma once

#include "cli/arguments.h"
#include "core/base/json.h"

namespace winnow {

/// Options of methods that compress prompts.
OptionGroup promptOptions();

/// Adds `prompt`, `answer`, `generate` and `matched` where the options are given. Contexts are those of --contexts, else the text of
/// --text or --text-file.
/// @error BadInput, Io, NotFound for files.
Result<void> addPrompt(const Arguments &arguments, Json &request);

/// Whether the method or one of the methods of a request compresses prompts.
bool isPromptCompression(const Json &request);

/// Whether the options name contexts, so that no other input is needed.
bool hasContexts(const Arguments &arguments);

} // namespace winnow
