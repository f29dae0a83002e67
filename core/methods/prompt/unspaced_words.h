#pragma once

#include "core/methods/prompt_method.h"
#include "core/methods/segmenter.h"

#include <memory>
#include <string>
#include <vector>

namespace winnow {

/// Words of text that is written without spaces: the jieba-like segmenter with a dictionary, or one word a character.
class UnspacedWords {
public:
    /// @param dictionary file of `word count` lines; empty: characters are words.
    /// @error Io and BadInput of the dictionary's reader.
    static Result<UnspacedWords> open(const std::string &dictionary, const RunContext &context);

    /// Cuts the words that begin with a Han or kana character further.
    /// @param words byte ranges of `text`.
    std::vector<ByteSpan> cut(std::string_view text, const std::vector<ByteSpan> &words) const;
    bool hasDictionary() const { return m_model != nullptr; }

private:
    SegmentModelPtr m_model;
};

} // namespace winnow
