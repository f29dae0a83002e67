#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A sub-word of a text as a trained token classifier sees it.
struct TaggedPiece {
    int32_t id = 0;
    int64_t begin = 0, end = 0; // bytes of the text
    double keep = 0; // probability of class 1
    bool beginsWord = true;
    int32_t chunk = 0;
};

/// A bidirectional encoder with a two-class head over its sub-words (prompt-compression-baselines.md 3.5).
class TokenTagger {
public:
    virtual ~TokenTagger() = default;
    /// Tags a text in chunks of at most `chunkPieces` sub-words, each ending at "." or a line break where one is found going back from the
    /// limit.
    virtual Result<std::vector<TaggedPiece>> tag(std::string_view text, int64_t chunkPieces, const RunContext &context) const = 0;
    /// Sub-words as text, joined as the tokenizer does it.
    virtual Result<std::string> join(std::span<const int32_t> ids) const = 0;
    virtual std::string name() const = 0;
    /// Sub-words of the longest chunk, without special ones.
    virtual int64_t window() const = 0;
};

} // namespace winnow
