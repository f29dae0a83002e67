#pragma once

#include "core/eval/task_text.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

// Task metrics of one reply: shares in 0..1 (tables show them in percent). Texts are well-formed UTF-8.
// Source of all: prompt-compression-baselines.md 6; "plain" forms, libraries differ in theirs.

/// Bag overlap F1 of the units of reply and gold; where one of them has no units, 1 if both have none, else 0.
double qaF1(std::string_view reply, std::string_view gold, TextUnits units = TextUnits::Words);

/// 1 when reply and gold have the same units in the same order.
double exactMatch(std::string_view reply, std::string_view gold, TextUnits units = TextUnits::Words);

/// 2 * LCS / (|reply| + |gold|) over plainUnits.
double rougeL(std::string_view reply, std::string_view gold, TextUnits units = TextUnits::Words);

/// 1 / number of classes whose names stand in the reply when the gold one is among them, else 0; a found class that is a proper
/// part of the gold one is ignored.
double classificationScore(std::string_view reply, std::string_view gold, std::span<const std::string> classes);

/// Share of the numbers in the reply that equal the first number of `gold` (counting and passage retrieval); 0 without a number.
double numberShare(std::string_view reply, std::string_view gold);

/// Similarity of the first reply line that holds no back-tick, hash sign or `//` to the gold line, over characters, rounded to
/// whole percent.
double codeSimilarity(std::string_view reply, std::string_view gold);

/// What a chain-of-thought reply to a GSM8K item answers: cut after the first line with "answer is", commas removed, last
/// match of `digits* .? digits+`. Empty when there is none. Signs are ignored.
std::string gsm8kAnswer(std::string_view reply);
/// Whether gsm8kAnswer of the reply and of the gold text are the same.
double gsm8kMatch(std::string_view reply, std::string_view gold);

/// What a reply to a BBH item answers: text after the first "answer is " (else all of it); with options the first "(A)".."(Z)",
/// else up to the first full stop, without white space around it.
enum class BbhKind { Options, Free };
std::string bbhAnswer(std::string_view reply, BbhKind kind);
/// The kind of an item: Options when the target is "(X)".
BbhKind bbhKind(std::string_view target);
double bbhMatch(std::string_view reply, std::string_view target);

/// The first line of a reply behind leading line feeds: all that counts for trec, triviaqa, samsum and lsht.
std::string_view firstReplyLine(std::string_view reply);

/// The metric of a data set by the name that PromptItem::meta carries.
enum class TaskMetric { None, QaF1, RougeL, Classification, Count, Retrieval, Code, Gsm8k, Bbh };
const char *taskMetricName(TaskMetric metric);
TaskMetric taskMetricFromName(std::string_view name);

/// The best score over the gold answers.
double taskScore(TaskMetric metric, std::string_view reply, std::span<const std::string> answers, std::span<const std::string> classes,
    TextUnits units);

// Survival: what of a text is still there after compression, without any model.

/// Whether the normalised answer stands inside the normalised text; with several answers, whether any does. An answer without
/// units does not count. @return nullopt when no answer counts.
std::optional<bool> answerSurvives(std::span<const std::string> answers, std::string_view text, TextUnits units);

/// Whether the words of an answer stand in the text in their order with at most `gap` words between neighbours.
std::optional<bool> answerSurvivesInOrder(
    std::span<const std::string> answers, std::string_view text, TextUnits units, int64_t gap = 10);

/// Numbers of a text in order: digits, with a point and digits behind it; commas before groups of three digits are left out.
std::vector<std::string> numbersOf(std::string_view text);
/// Words of a text that begin with an upper-case letter, without punctuation at their ends.
std::vector<std::string> capitalisedWords(std::string_view text);

/// Share of `wanted` that is in `found`, each occurrence once; nullopt when nothing is wanted.
std::optional<double> keptShare(const std::vector<std::string> &wanted, const std::vector<std::string> &found);
/// Share of the numbers of `text` that `compressed` still holds.
std::optional<double> numberSurvival(std::string_view text, std::string_view compressed);
/// The same of capitalised words.
std::optional<double> capitalSurvival(std::string_view text, std::string_view compressed);

struct EvidenceRetention {
    double inside = 0; // kept share of the tokens inside the evidence
    double outside = 0; // kept share of all others
    int64_t insideTokens = 0, outsideTokens = 0;
};
/// Kept share of tokens inside the evidence against the kept share elsewhere.
/// @param isEvidence [n] 1 where the token touches the evidence.  @param kept ascending token indices.
EvidenceRetention evidenceRetention(const std::vector<uint8_t> &isEvidence, const std::vector<int64_t> &kept);

/// A mean with its interval.
struct MeanInterval {
    double mean = 0;
    double low = 0, high = 0; // 95 %
};

/// Percentile in 0..100 with linear interpolation between order statistics; NaN of nothing.
double percentile(std::vector<double> values, double percent);

/// Mean over items with the interval of a bootstrap: `draws` times n items drawn with replacement, percentiles 2.5 and 97.5.
/// One SplitMix64 stream of `seed`, item = next mod n. All NaN for no values.
MeanInterval bootstrapMean(const std::vector<double> &values, int64_t draws = 1000, uint64_t seed = 1);

/// Mean of b - a over the same items with its interval (paired: an item is drawn with both values).
/// @param a, b of equal length.
MeanInterval pairedBootstrap(
    const std::vector<double> &a, const std::vector<double> &b, int64_t draws = 1000, uint64_t seed = 1);

} // namespace winnow
