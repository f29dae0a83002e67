#pragma once

#include "core/base/error.h"
#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace winnow {

/// How the chosen experts' scores become combine weights (moe-efficiency.md 3.1 step 4). All but Default ignore the family's
/// normalise switch; all multiply by the family's scale.
enum class CombineMode : uint8_t {
    Default, // the family's rule
    Off, // the scores as they are
    On, // divided by their sum Pk
    Rescale, // times P0/Pk: the mass the file's k would have had
};

/// What a plan changes in the router of one layer.
struct RouterOptions {
    CombineMode mode = CombineMode::Default;
    int64_t active = 0; // k; 0 = the file's
    at::Tensor keep; // [N] bool: experts that may be chosen; undefined = all
};

/// Choice of experts of T tokens, in rank order. `scores` are what combine weights are made of: without the selection bias.
struct Routing {
    at::Tensor logits; // [T, N] f32 as the router gave them
    at::Tensor scores; // [T, N] f32
    at::Tensor ids; // [T, k] i32
    at::Tensor weights; // [T, k] f32, all factors applied
    at::Tensor mass; // [T] Pk: sum of the chosen scores
    at::Tensor stockMass; // [T] P0: sum over the first min(k of the file, kept) of the ranking
};

/// Pk / P0. @return [T]
at::Tensor routerMassKept(const Routing &routing);

/// @error BadInput when k, groups and kept groups do not fit the number of experts.
Result<void> checkMoeConfig(const MoeConfig &config);

/// @error BadInput when k is not within 1..N, `keep` is not [N] or keeps no expert.
Result<void> checkRouterOptions(const MoeConfig &config, const RouterOptions &options);

/// Scores, ranks and weighs experts in the order of model-families.md 3.6: score, selection bias, group mask, top-k, gather the
/// score without bias, normalise, scale. Ties go to the lower index. Experts that are not kept get a logit of -inf before
/// softmax (sigmoid: rank -inf, score 0) and k is at most the number of kept experts.
///
/// @param logits        [T, N] f32.
/// @param selectionBias [N] f32, ranks only; undefined = none.
/// @param options       valid for `config` (checkRouterOptions).
/// @cost O(T N log N); waits for the device only when `keep` is given.
/// @source arXiv:2412.19437 section 2.1.2 (groups by two best, selection bias), arXiv:2405.04434 section 2.2.2 (groups by best).
Routing route(const MoeConfig &config, const at::Tensor &logits, const at::Tensor &selectionBias, const RouterOptions &options = {});

/// Combine weights of given experts under the same rule, for choices that something else made. Sets weights and mass.
void weigh(const MoeConfig &config, const RouterOptions &options, Routing &routing);

/// The same choice with every token's experts in ascending order of id, as captures write it.
Routing sortedById(const Routing &routing);

} // namespace winnow
