#pragma once

#include "core/methods/prompt_method.h"

#include <functional>
#include <string_view>
#include <vector>

namespace winnow {

/// White-space words of a text: byte ranges without the spaces.
std::vector<ByteSpan> whiteSpaceWords(std::string_view text);

/// The word each token belongs to: that of its last non-space character; tokens of white space go with the word behind them (one
/// beyond the last at the end of the text). Ascending.
/// @source dac.md 3.4.
std::vector<int32_t> wordsOfTokens(const PromptInput &input, const std::vector<ByteSpan> &words);
std::vector<int32_t> wordsOfTokens(const PromptInput &input);

/// Where a text is cut into sentences.
enum class SentenceRule {
    Ours, // white space after . ? or !, and behind a CJK full stop also without
    Official, // white space after . or ?
};

/// Sentences: byte ranges without white space at their ends; empty ones are left out. No cut after letter-dot-letter-dot, nor after
/// capital, small letter, dot.
/// @source prompt-compression-baselines.md 3.2 step 1.
std::vector<ByteSpan> sentences(std::string_view text, SentenceRule rule);

/// The unit of each token, 0..units.size(): that of its last non-space character, or of the one behind it.
std::vector<int32_t> unitsOfTokens(const PromptInput &input, const std::vector<ByteSpan> &units);

/// Calls `use` with the first byte of every visible character of a token.
void forVisible(const PromptInput &input, size_t token, const std::function<void(size_t byte)> &use);

/// Tokens at least half of whose visible characters stay; white space goes with the token behind it.
/// @param byteStays [text bytes]. @source prompt-compression-baselines.md 3.2.
std::vector<int32_t> tokensMostlyKept(const PromptInput &input, const std::vector<uint8_t> &byteStays);

/// Units of a sentence that cover it without gaps: words and punctuation marks joined to phrases, each with the white space before it.
/// A phrase is a run of at most 5 neighbouring words that are no stop words, with a determiner directly before it.
/// @param words byte ranges of words and punctuation marks of the sentence, ascending (phraseWords, or a segmenter's).
/// @source prompt-compression-baselines.md 3.2 ("approximate phrases").
std::vector<ByteSpan> phrases(std::string_view sentence, const std::vector<ByteSpan> &words);

/// Words and punctuation marks of a text: runs of word characters (with inner apostrophes, hyphens, and dots or commas between digits),
/// every other visible character alone.
std::vector<ByteSpan> phraseWords(std::string_view text);

/// White-space runs made one space; where `keepNewlines`, those with a line break are made one line break.
struct FoldedText {
    std::string text;
    std::vector<int64_t> source; // [text bytes + 1] byte of the original each one comes from
};
FoldedText foldWhiteSpace(std::string_view text, bool keepNewlines);

} // namespace winnow
