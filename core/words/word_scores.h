#pragma once

#include "core/words/cut_text.h"
#include "core/words/word_dictionary.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// One line as gold standard and segmenter cut it: ends of words over the same characters.
struct ScoredLine {
    const CutText *text = nullptr;
    std::vector<int32_t> gold, predicted;
    double score = 0; // of the best path, where the method has one
};

/// What a resampled score is made of.
struct LineCounts {
    int64_t gold = 0, predicted = 0, both = 0;
};

struct LengthScores {
    int64_t gold = 0, predicted = 0, both = 0;
};

enum class WordErrorKind { FalseSplit, FalseJoin, Crossing };
const char *wordErrorName(WordErrorKind kind);

/// A stretch between two shared boundaries that gold and segmenter cut differently: where it is first, and how often it is.
struct WordError {
    WordErrorKind kind = WordErrorKind::Crossing;
    int32_t line = 0, first = 0, end = 0; // characters of the CutText
    std::u32string gold, found; // words with "/" between
    int64_t count = 0;
};

/// llaca.md 6. Shares are 0..1; what does not apply is NaN.
struct WordScores {
    double precision = 0, recall = 0, f1 = 0;
    double low = 0, high = 0; // 95 % interval of f1
    double boundaryPrecision = 0, boundaryRecall = 0, boundaryF1 = 0; // inner boundaries only
    int64_t exactLines = 0, lines = 0;
    double oov = 0, recallIv = 0, recallOov = 0; // against a list of words
    double meanLength = 0; // of predicted words, in characters
    int64_t goldWords = 0, predictedWords = 0, vocabulary = 0; // vocabulary: predicted types
    double typeF1 = 0;
    std::map<int32_t, LengthScores> byLength;
    std::vector<LineCounts> counts; // one a line
    std::vector<double> draws; // f1 of each resample, in order: those of two methods over the same lines are paired
};

/// @param list  the training list, or nullptr where there is none.
/// @param drawCount  resamples of the lines; 0 leaves the interval NaN.
WordScores scoreWords(std::span<const ScoredLine> lines, const WordDictionary *list, int drawCount = 1000);

/// The value below which `share` of the draws lie, between neighbours by proportion. Draws of empty lines alone have no score
/// (NaN) and do not count; NaN without draws.
double drawQuantile(std::vector<double> draws, double share);

/// All stretches cut differently, most frequent first (ties: where they are first).
std::vector<WordError> wordErrors(std::span<const ScoredLine> lines);

/// 2^(-mean over lines with characters of score / length).
double pathPerplexity(std::span<const ScoredLine> lines);

} // namespace winnow
