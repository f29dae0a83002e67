#pragma once

#include "core/methods/prompt_method.h"

#include <functional>
#include <string>

namespace winnow {

/// A plan whose length was searched for.
struct MatchedPlan {
    PromptPlan plan;
    double rate = 1; // the method's own rate that gave it
    int64_t readerTokens = 0;
    int64_t runs = 0;
    bool matched = false; // within 1 % of the target
};

using CompressAt = std::function<Result<PromptPlan>(double rate)>;
using CountTokens = std::function<Result<int64_t>(const std::string &text)>;

/// Searches a method's own rate until its text has `target` tokens of the reader, to 1 %, in at most 12 runs.
///
/// Deviation: the rate is interpolated inside the bracket instead of halved, and halved where that brings nothing; the first run is at
/// the asked rate.
/// @return the nearest plan that was found. @error of the first run that fails.
/// @source prompt-compression-baselines.md 3.6.
Result<MatchedPlan> matchLength(double rate, double target, const CompressAt &compress, const CountTokens &count);

} // namespace winnow
