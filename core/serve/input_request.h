#pragma once

#include "core/base/json.h"
#include "core/model/config.h"
#include "core/model/tokenizer.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// An input of a request as ids: N context tokens, then the continuation y_0..y_{n-1} that is scored (may be empty).
struct PreparedInput {
    std::vector<int32_t> ids; // context, then continuation
    std::vector<std::string> pieces; // one per id
    std::vector<std::pair<int64_t, int64_t>> spans; // bytes of `text`, one per id
    std::string text;
    int64_t contextTokens = 0; // N

    std::vector<int32_t> context() const { return {ids.begin(), ids.begin() + contextTokens}; }
    std::vector<int32_t> continuation() const { return {ids.begin() + contextTokens, ids.end()}; }
};

/// Reads `input`, `scoreLast` and `continuation` of a request and checks them against the model, before any model work.
///
/// @error BadInput: no input, text that is not UTF-8, an id outside the vocabulary, fewer than two scored ids, no context
///        left, longer than the model's context (with both numbers); Unsupported for images (messages
///        are rendered before, chat_input.h).
Result<PreparedInput> prepareInput(const Json &request, const ModelConfig &config, const Tokenizer &tokenizer);

/// Ids of a JSON list.
/// @error BadInput naming the first entry that is no id of the vocabulary.
Result<std::vector<int32_t>> idList(const Json &list, int64_t vocabulary, const char *where);

/// The whole ids as one text with their pieces and spans.
Result<PreparedInput> describeIds(std::vector<int32_t> ids, const Tokenizer &tokenizer);

} // namespace winnow
