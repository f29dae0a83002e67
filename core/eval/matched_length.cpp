#include "core/eval/matched_length.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    constexpr int64_t kMostRuns = 12;
    constexpr double kTolerance = 0.01;
    constexpr double kSmallestRate = 1e-3;

    struct Point {
        double rate = 0, tokens = 0;
    };

    /// Where the line between two points meets the target, inside the middle 80 % of the bracket.
    double nextRate(const Point &low, const Point &high, double target, bool halve)
    {
        const double width = high.rate - low.rate;
        if (halve || high.tokens <= low.tokens)
            return low.rate + width / 2;
        const double place = (target - low.tokens) / (high.tokens - low.tokens);
        return low.rate + width * std::clamp(place, 0.1, 0.9);
    }

} // namespace

Result<MatchedPlan> matchLength(double rate, double target, const CompressAt &compress, const CountTokens &count)
{
    MatchedPlan best;
    double distance = std::numeric_limits<double>::infinity();
    Point low{0, 0}, high{1, -1}; // the whole text is counted when it is asked for
    double next = std::clamp(rate, kSmallestRate, 1.0);
    for (int64_t run = 1; run <= kMostRuns; ++run) {
        auto plan = compress(next);
        if (!plan)
            return fail(plan.error());
        auto tokens = count(plan->text);
        if (!tokens)
            return fail(tokens.error());
        const auto found = static_cast<double>(*tokens);
        if (std::abs(found - target) < distance) {
            distance = std::abs(found - target);
            best.plan = std::move(*plan);
            best.rate = next;
            best.readerTokens = *tokens;
        }
        best.runs = run;
        // Below a hundred tokens one token is more than 1 %.
        best.matched = distance <= std::max(kTolerance * target, 0.5);
        if (best.matched || (found < target && next >= 1) || high.rate - low.rate < 1e-6)
            break;
        (found < target ? low : high) = {next, found};
        // A bracket open above is stretched by what is missing.
        next = high.tokens < 0 ? std::clamp(next * std::clamp(target / std::max(1.0, found), 1.05, 2.0), next, 1.0)
                               : std::max(kSmallestRate, nextRate(low, high, target, run % 3 == 0));
    }
    return best;
}

} // namespace winnow
