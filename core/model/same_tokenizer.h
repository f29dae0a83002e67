#pragma once

#include "core/base/error.h"
#include "core/model/tokenizer.h"

#include <string>

namespace winnow {

class Model; // core/model/model.h

/// Whether one list of ids means the same to two models: token texts, kinds (normal, added, special) and the token put in front
/// of a text. Embedding rows and padding tokens behind the last real token do not count (smallkv.md 2: Qwen2.5 0.5B has 151,936
/// rows, 7B 152,064); neither do ending tokens and chat templates, which do not change what an id means.
///
/// @error Unsupported naming the first differing token: its id and what it is in either model.
/// @cost  One comparison a token; none when both files describe the same tokenizer.
Result<void> checkSameTokenizer(
    const Tokenizer &large, const Tokenizer &small, const std::string &largeName, const std::string &smallName);

/// The same for two models. Models without a tokenizer (made from parts) agree when both have as many ids.
Result<void> checkSameTokenizer(const Model &large, const Model &small);

} // namespace winnow
