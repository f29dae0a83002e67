#pragma once

#include "core/eval/guided_sets.h"
#include "core/methods/guided_plan.h"

#include <cstdint>

namespace winnow {

/// Where the attention of one row lies before rescaling.
struct RowMass {
    double marginal = 0; // m: the small model's row on the marginal tokens
    double smallKept = 1; // z: the small model's row on the kept ones
    double ownKept = 1; // the large model's own full row on the kept ones, Rescale::Oracle only
};

/// What the large model's output over kept tokens, and the stand-in output over marginal ones, are multiplied by.
struct RowFactors {
    double kept = 1, marginal = 1;
};

/// O* = kept * Oc + marginal * Om. With Rescale::Oracle Om is made of the large model's own full weights instead of the small
/// model's. Where the small model looks at no token that is there (ratio: z + m = 0), Oc stays as it is.
/// @source smallkv.md 3, step 5.
RowFactors rowFactors(Rescale rescale, const RowMass &mass);

/// Weights of the marginal tokens by the small model's row, and its masses.
///
/// @param small     its row over all slots; null while every token is kept. @param firstSeen positions before it are outside the layer's window.
/// @param marginal  [set.marginal] receives the weights.
RowMass standInWeights(const float *small, const GuidedSet &set, int32_t firstSeen, float *marginal);

/// The same for Rescale::Oracle, by the large model's own full row.
RowMass ownWeights(const float *own, const GuidedSet &set, float *marginal);

} // namespace winnow
