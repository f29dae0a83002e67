#pragma once

#include "core/eval/head_match.h"
#include "core/eval/pair.h"
#include "core/methods/plan.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace winnow {

/// Tokens of each class in one head set (smallkv.md 3, step 0).
struct ClassCounts {
    int64_t critical = 0; // K and V
    int64_t recent = 0; // K and V, the newest ones with the new token
    int64_t marginal = 0; // V only

    int64_t keys() const { return critical + recent; }
    int64_t values() const { return critical + recent + marginal; }
    friend bool operator==(const ClassCounts &, const ClassCounts &) = default;
};

/// Splits a budget of K full tokens: critical + recent + marginal / 2 = K exactly, 2:1:2 above the floor.
///
/// @param count  K, 2..base. @param base N_b. @param criticalFloor of N_b.
/// @source smallkv.md 3, step 0; arXiv:2508.02751 has the ratio.
ClassCounts splitBudget(int64_t count, int64_t base, double criticalFloor);

/// K = clamp(floor(tau * base + .5), 2, base).
int64_t guidedCount(double tau, int64_t base);

enum class BudgetBase { Prompt, Current };

/// How many tokens of each class a row sees.
struct GuidedBudget {
    int64_t count = 0; // K of the prompt
    int64_t tokens = 0; // N
    double criticalFloor = 0.04;
    BudgetBase base = BudgetBase::Prompt;
    bool marginal = true; // compensateMarginal; without it the marginal part goes to the critical one

    /// @param slots S of the row, its own token included; N stands for the prompt itself.
    ClassCounts at(int64_t slots) const;
};

/// Which statistic of the small model's rows ranks the tokens.
enum class GuidePolicy { Accumulated, LastRow, Window };

/// What becomes of the attention mass of tokens whose keys are not there (smallkv.md 3, step 5).
enum class Rescale { Literal, Mass, MassDrop, Ratio, Oracle, None };

/// How the heads of the two models are matched (smallkv.md 3, step 2).
struct GuideMatch {
    int64_t least = 100, most = 200; // tokens of the span
    bool last = false; // the last tokens of a long prompt instead of the first
    double topFraction = 0.2; // of the span: size of the compared top sets
    int64_t skipSinks = 0; // columns left out
    MapControl control = MapControl::None;
    uint64_t seed = 0; // of the control

    PairSpan span() const { return {most, last, {}, 0}; }
};

/// SmallKV: rows of a small model rank the tokens at every step and stand in for those whose keys are gone.
struct GuidedPlan : StandIn {
    GuidedBudget budget;
    GuidePolicy policy = GuidePolicy::Accumulated;
    int64_t window = 32; // rows, GuidePolicy::Window
    Rescale rescale = Rescale::Literal;
    bool ranksBySmall = true; // compensateSaliency; else the sets of h2o, dropped for ever
    // A prompt shorter than `late->least` stays whole, and the heads are matched when the text has so many tokens. Then `serving`
    // names none for the large model's heads; behind them stand all small heads, whose rows are all collected.
    std::optional<GuideMatch> late;
    std::vector<float> matchScore, matchMargin; // [L * H]
    double matchMs = 0; // of choosing the small heads
};

/// Null when no small model guides the plan.
const GuidedPlan *guidedPlanOf(const KvPlan &plan);

} // namespace winnow
