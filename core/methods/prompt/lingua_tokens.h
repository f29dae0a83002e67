#pragma once

#include "core/methods/prompt_method.h"

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

enum class LinguaPool { Prompt, Segment };

/// Tokens [begin, end) of a text that share a kept share tau.
struct LinguaPart {
    int64_t begin = 0, end = 0;
    double tau = 0.5;
};

/// A text for the token step of LLMLingua and LongLLMLingua.
struct LinguaText {
    std::vector<int32_t> ids; // [n] in output order
    std::vector<LinguaPart> parts; // ascending, cover the text
    std::vector<uint8_t> isForced; // [n] never removed; empty = none
    std::vector<int32_t> question; // not empty: a token's value is what the question takes off its NLL
};

struct LinguaRules {
    int64_t segment = 200; // G
    LinguaPool pool = LinguaPool::Prompt;
};

/// One line of the trace: a part of a segment.
struct LinguaTrace {
    int64_t segment = 0, first = 0, end = 0;
    double tau = 0;
    int64_t pool = 0;
    double threshold = 0;
    int64_t kept = 0;
};

struct LinguaResult {
    std::vector<int32_t> kept; // ascending indices of the text, contains 0
    std::vector<double> first; // [n] value in the uncompressed text, NaN where there is none
    std::vector<double> value; // [n] value that was compared
    std::vector<double> threshold; // [n] with what
    std::vector<LinguaTrace> trace;
    double firstMs = 0, tokenMs = 0;
};

/// Element clamp(floor(|pool| tau) - 1, 0, |pool| - 1) of the pool in descending order; -infinity for tau = 1.
/// @source prompt-compression-baselines.md 3.3 C.
double poolThreshold(std::vector<double> pool, double tau);

/// Segment by segment: tokens of a value above the threshold of a pool stay, given what stayed before.
///
/// Deviation: a token is judged by its own NLL and all of the kept ones are scored again, where the published mask looks at the next
/// token's; where kept tokens and segment exceed the window, the first 10 stay and the oldest others go, positions counted anew.
/// @error as PromptScorer::score.
/// @cost  One pass over the text (pool of the prompt only), then each segment and, with the next one, its survivors.
/// @source arXiv:2310.05736, prompt-compression-baselines.md 3.3 C.
Result<LinguaResult> compressSegments(const LinguaText &text, const LinguaRules &rules, PromptScorer &scorer, const RunContext &context);

/// The published loop with its shift by one token, short first segment and stale entries.
/// @param text has one kept share, that of its first part, and no question. @source prompt-compression-baselines.md 8, last block.
Result<LinguaResult> compressOfficially(const LinguaText &text, int64_t segment, PromptScorer &scorer, const RunContext &context);

} // namespace winnow
