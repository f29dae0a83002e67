#pragma once

#include "core/methods/prompt_method.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

/// A word with what a classifier gave it.
struct ValuedWord {
    ByteSpan bytes; // of the text
    double value = 0; // probability to stay; 1 = forced
    int tokens = 1; // of the reader
    bool forced = false;
    bool kept = false;
    int32_t chunk = 0, context = 0;
    std::vector<int32_t> pieces; // sub-words of the classifier
};

/// Forces words: those named, and those with a digit where digits are reserved.
struct ForcedWords {
    std::vector<std::string> words;
    bool digits = false;
    bool collapse = false; // equal forced words next to each other become one
};

/// Words of a comma or white-space separated list; "\n" stands for a line break and "comma" for a comma.
std::vector<std::string> forcedList(const std::string &text);

void forceWords(std::string_view text, const ForcedWords &forced, std::vector<ValuedWord> &words);

/// The threshold of one chunk: percentile floor(100 c + 1 + 1e-9) of the values, each repeated by its reader tokens.
double wordThreshold(const std::vector<ValuedWord> &words, double removed);

/// Keeps words above the threshold of their chunk (a threshold of 1: those of value 1), then collapses forced ones if asked.
/// @return thresholds by chunk. @source prompt-compression-baselines.md 3.5.
std::vector<double> filterWords(std::string_view text, double removed, const ForcedWords &forced, std::vector<ValuedWord> &words);

/// The share of contexts coarse filtering aims at: (r + 1) / 2, or what twice the typed number of tokens is of all n.
double coarseShare(const PromptBudget &budget, int64_t tokens);

/// Contexts by the mean value of their unforced words: those at or above percentile floor(100 (1 - share)) stay.
std::vector<uint8_t> coarseContexts(const std::vector<ValuedWord> &words, size_t contexts, double share);

TableArtifact wordTable(std::string_view text, const std::vector<ValuedWord> &words);

/// Value of the word of each token, as stage.0, under a name.
TokenScores wordScores(const PromptInput &input, const std::vector<ValuedWord> &words, const std::string &name);

/// Tokens at least half of whose visible characters lie in kept words.
std::vector<int32_t> tokensOfKeptWords(const PromptInput &input, const std::vector<ValuedWord> &words);

} // namespace winnow
