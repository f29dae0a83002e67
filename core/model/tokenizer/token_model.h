#pragma once

#include "core/base/error.h"
#include "core/model/tokenizer.h"
#include "core/model/tokenizer/vocabulary.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// The part of a tokenizer that knows the vocabulary: cuts one piece of normalised text into tokens.
class TokenModel {
public:
    virtual ~TokenModel() = default;

    /// Appends the tokens of one piece that is not empty and begins at byte `begin` of its text.
    /// @error BadInput when the vocabulary lacks a part of the piece and has no token for what is unknown.
    virtual Result<void> encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const = 0;
    virtual const Vocabulary &vocabulary() const = 0;
    /// "byte-level BPE", "Unigram", ...
    virtual std::string name() const = 0;
    /// A token's text without what only marks its place in a word ("##ing" -> "ing").
    virtual std::string_view bareText(std::string_view token) const { return token; }
};

/// The 256 texts "<0x00>" to "<0xFF>" of byte-fallback tokens; -1 where the vocabulary lacks one.
std::array<int32_t, 256> byteFallbackIds(const Vocabulary &vocabulary);

/// The byte a text such as "<0x0A>" stands for, -1 when it is no such text.
int byteFallbackValue(std::string_view token);

} // namespace winnow
