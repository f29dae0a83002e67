#pragma once

#include "core/model/tokenizer/pipeline.h"

namespace winnow {

/// Adds an id to those that end a text, once.
void addEndId(TokenizerParts &parts, int32_t id);

/// Adds the special tokens that end a turn or a document by convention.
void addConventionalEndIds(TokenizerParts &parts);

} // namespace winnow
