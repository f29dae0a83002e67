#pragma once

#include "core/methods/prompt/text_units.h"

#include <vector>

namespace winnow {

/// What the stand-in tagger sees of a word: mean and largest I, mean s, length, capital, digit, punctuation, stop word, place in the text,
/// logarithm of its count, I of both neighbours.
/// @param words white-space words of the text. @return [words][features]
/// @source prompt-compression-baselines.md 3.5.
std::vector<std::vector<double>> wordFeatures(const PromptInput &input, const std::vector<ByteSpan> &words, const SequenceScores &scores);

} // namespace winnow
