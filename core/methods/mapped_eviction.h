#pragma once

#include "core/eval/capture.h"
#include "core/methods/mapped_plan.h"
#include "core/methods/method.h"

#include <memory>
#include <string>
#include <vector>

namespace winnow {

// Mapped layers under an eviction method (iam.md 3 step 5).

/// The eviction method that unmapped layers follow, with what it made of a capture.
struct InnerMethod {
    std::string title;
    std::shared_ptr<const Method> method;
    Parameters parameters{Json::object()};
    Capture view; // the capture, with an ordinary layer in the place of each that has no keys
    std::shared_ptr<const Ranking> ranking;
};

/// A method of the registry with its defaults, tokens at their own positions.
/// @error NotFound.
Result<InnerMethod> makeInner(const std::string &id);

/// A copy in which layers without keys are replaced by their nearest ordinary one, so that a method that looks at every layer
/// can rank; what it says of those layers is not used.
Capture withOrdinaryLayers(const Capture &capture);

/// The nearest layer that is not mapped: below first, then above. -1 when all are mapped.
int64_t neighbourOf(const MappedPlan &plan, int64_t layer);

/// Replaces the sets of mapped layers: per KV head the tokens with the largest column sums of the serving rows, mean over the
/// group, as many as the neighbouring ordinary layer keeps. Ties keep the lower token.
/// @param small Capture of the small model over the same ids with its column sums.
void keepMappedTokens(const MappedPlan &mapped, const Capture &capture, const Capture &small, KvPlan &plan);

/// Adds each row up and lets the lowest sums go: at every row (hold), or at intervals.
std::unique_ptr<DecodePolicy> mappedPolicy(
    const MappedPlan &mapped, const Capture &capture, const KvPlan &plan, int64_t layer);

} // namespace winnow
