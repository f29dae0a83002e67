#pragma once

#include "core/methods/prompt/fusion.h"
#include "core/methods/prompt/schedule.h"
#include "core/methods/prompt/token_choice.h"
#include "core/methods/prompt_scorer.h"

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

enum class AttentionRefresh { EveryStage, Once };
enum class ColumnScale { Sum, PerRow };
enum class FinalScore { Off, On };
/// Which score decides: the fused one, or a control in its place (prompt-compression-baselines.md 3.1).
enum class StageOrder { Fused, LowInformation, LowAttention, Shuffled };

/// Settings of a staged deletion (dac.md 4).
struct StageRules {
    double removed = 0.5; // c
    int64_t stages = 0; // N; 0 = by the length
    Fusion fusion = Fusion::Additive;
    double attentionWeight = 0.8;
    AttentionRefresh refresh = AttentionRefresh::EveryStage;
    ColumnScale columnScale = ColumnScale::Sum;
    NeighbourRule neighbours = NeighbourRule::Off;
    StageSchedule schedule = StageSchedule::Floor;
    FinalScore finalScore = FinalScore::Off;
    StageOrder order = StageOrder::Fused;
    uint64_t seed = 1; // of Shuffled
    std::vector<HeadIndex> heads{}; // empty = all
};

/// A piece of a text to delete from. Token 0 has no score and always stays.
struct StagedText {
    std::span<const int32_t> ids; // [n]
    std::span<const uint8_t> isProtected{}; // [n]; empty = none
    std::span<const int32_t> words{}; // [n] ascending; empty = tokens go one by one
};

/// What was measured before one deletion, and what it left. m scored tokens.
struct StageRecord {
    std::vector<int32_t> tokens; // [m + 1] original indices of the sequence
    std::vector<double> information, attention, fused; // [m] of tokens 1..m
    std::vector<int32_t> kept; // original indices that stay, 0 included
    double fraction = 0; // d
    double threshold = 0; // smallest score that stays
    double ms = 0;
    int64_t processed = 0; // rows that went through the model
};

struct StagedResult {
    std::vector<int32_t> kept; // ascending, contains 0
    std::vector<StageRecord> stages; // one a stage, and one behind the last where the final score was asked
    std::vector<int32_t> stageOf; // [n] 0 = stays
};

/// Deletes in N stages and scores what is left after each.
///
/// @error as PromptScorer::score.
/// @cost  N forward passes over the shrinking text, one more with the final score.
/// @source dac.md 3.1 to 3.6, arXiv:2507.11942. Deviation: indices are those of the original text, and no pass is made whose
///         scores nobody reads.
Result<StagedResult> deleteInStages(
    const StagedText &text, const StageRules &rules, PromptScorer &scorer, const RunContext &context);

} // namespace winnow
