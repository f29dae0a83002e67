#pragma once

#include "core/eval/head_match.h"
#include "core/methods/guided_plan.h"
#include "core/methods/method.h"
#include "core/methods/score_table.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace winnow {

/// Everything about a prompt that does not depend on the budget.
struct GuidedRanking : Ranking {
    ScoreTablePtr table; // what critical and marginal tokens are chosen by
    std::vector<int32_t> serving; // [L * H] flat small heads; empty when no small model is used
    HeadMatch match; // before the control
    double matchMs = 0; // of choosing the small heads
    int64_t shortOf = 0; // tokens a prompt needs at least, when this one has fewer: nothing is matched
};

/// f: the small head that serves each head of the large model, and what a control makes of it.
/// @error BadInput: a capture without its pair, NaN column sums (R3; names layer, head, position).
/// @cost  kv: a partial sort per head, n / 64 words per pair of heads.
Result<void> matchGuides(const Capture &capture, const GuideMatch &match, GuidedRanking &ranking);

/// What the rows of a small model's layer say about the prompt: column sums, the last row, or the last `window` rows summed.
/// @return [Hs, N]
at::Tensor guideStatistic(const LayerCapture &small, GuidePolicy policy, int64_t window);

/// Scores of every set by the statistic of the heads that serve its query heads.
Result<ScoreTablePtr> guidedTable(
    const Capture &capture, GroupRule rule, const std::vector<int32_t> &serving, GuidePolicy policy, int64_t window);

/// Scores of every set by the large model's own column sums, as h2o has them.
Result<ScoreTablePtr> heavyTable(const Capture &capture, GroupRule rule);

/// Fills the classes of all sets: the newest are Window, the best of the others Kept, the next ones Marginal (not in the mask).
void fillClasses(KvPlan &plan, const ScoreTable &table, const ClassCounts &counts);

} // namespace winnow
