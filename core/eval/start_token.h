#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <optional>

namespace winnow {

/// The token a text by itself begins with for a model: what its file names as start token, whether or not the tokenizer adds it, else the
/// end token of its file, else the first token that ends a text.
std::optional<int32_t> startTokenOf(const Model &model);

} // namespace winnow
