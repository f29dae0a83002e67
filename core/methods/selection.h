#pragma once

#include "core/eval/capture.h"
#include "core/methods/plan.h"

#include <cstdint>
#include <span>

namespace winnow {

/// Slots a set holds whatever their score: the first `sinks` positions and the last `window`.
struct ProtectedSlots {
    int64_t sinks = 0;
    int64_t window = 0;
};

/// R5: min(window, max(1, floor(count / 2))).
int64_t effectiveWindow(int64_t window, int64_t count);

/// A plan with no token kept yet: sizes, rules, R6 flag, `count` slots in every layer.
KvPlan emptyPlan(const Capture &capture, GroupRule rule, int64_t count);

/// Whether nothing ever leaves: tau = 1 is the identity, also while decoding (R1).
bool isIdentity(const KvPlan &plan);

/// Fills one head set of one layer: `slots` tokens, protected ones first, then along `order`.
/// @param order Positions, best first; may be empty when the protected slots fill the set.
void fillSet(KvPlan &plan, int64_t layer, int64_t set, ProtectedSlots protectedSlots, std::span<const int32_t> order);

/// Turns the classes into the packed mask; call once after the last fillSet.
void packMask(KeptTokens &kept);

/// Positions of one head set, ascending.
std::vector<int32_t> keptPositions(const KeptTokens &kept, int64_t layer, int64_t set);

} // namespace winnow
