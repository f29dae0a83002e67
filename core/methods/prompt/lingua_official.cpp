#include "core/methods/prompt/lingua_tokens.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    double since(Clock::time_point began, Clock::time_point end) { return std::chrono::duration<double, std::milli>(end - began).count(); }

    /// The text as it shrinks, with the entries L: entry i is the NLL of token i + 1, as it was when it was last written.
    struct OfficialState {
        std::vector<int32_t> ids, original;
        std::vector<double> entries;
        const std::vector<uint8_t> &isForced; // [n] of the original; empty = none

        bool stays(size_t at, double threshold) const
        {
            return entries[at] > threshold || (!isForced.empty() && isForced[static_cast<size_t>(original[at])]);
        }

        /// Takes tokens out with their entries; the last token has none.
        int64_t removeBelow(int64_t first, int64_t end, double threshold)
        {
            int64_t write = first;
            const auto n = static_cast<int64_t>(ids.size());
            for (int64_t i = first; i < n; ++i) {
                const auto at = static_cast<size_t>(i);
                if (i < end && i + 1 < n && !stays(at, threshold))
                    continue;
                ids[static_cast<size_t>(write)] = ids[at];
                original[static_cast<size_t>(write)] = original[at];
                if (i + 1 < n)
                    entries[static_cast<size_t>(write)] = entries[at];
                ++write;
            }
            ids.resize(static_cast<size_t>(write));
            original.resize(static_cast<size_t>(write));
            entries.resize(static_cast<size_t>(write - 1));
            return n - write;
        }
    };

} // namespace

Result<LinguaResult> compressOfficially(const LinguaText &text, int64_t segment, PromptScorer &scorer, const RunContext &context)
{
    LinguaResult result;
    const std::vector<int32_t> &ids = text.ids;
    const double tau = text.parts.front().tau;
    OfficialState state{ids, std::vector<int32_t>(ids.size()), {}, text.isForced};
    std::iota(state.original.begin(), state.original.end(), 0);
    const auto began = Clock::now();
    auto whole = scorer.score(ids, {}, context);
    if (!whole)
        return fail(whole.error());
    const auto tokens = Clock::now();
    result.firstMs = since(began, tokens);
    result.first = whole->information;
    result.value = whole->information;
    result.threshold.assign(ids.size(), std::numeric_limits<double>::quiet_NaN());
    state.entries.assign(whole->information.begin() + 1, whole->information.end());
    // Range [first, last) of the current text; the first one is a token short.
    int64_t first = 0, last = segment - 1, end = segment, ready = 0;
    for (int64_t number = 0; end <= static_cast<int64_t>(state.ids.size()); ++number) {
        if (number > 0) {
            auto scored = scorer.score(std::span(state.ids).first(static_cast<size_t>(end)), {}, context);
            if (!scored)
                return fail(scored.error());
            for (int64_t i = ready; i <= end - 2; ++i)
                state.entries[static_cast<size_t>(i)] = scored->information[static_cast<size_t>(i) + 1];
        }
        const double threshold = poolThreshold(state.entries, tau);
        const auto pool = static_cast<int64_t>(state.entries.size());
        for (int64_t i = first; i < std::min(last, pool); ++i) {
            const auto token = static_cast<size_t>(state.original[static_cast<size_t>(i)]);
            result.value[token] = state.entries[static_cast<size_t>(i)];
            result.threshold[token] = threshold;
        }
        const int64_t dropped = state.removeBelow(first, last, threshold);
        result.trace.push_back({number, first, last, tau, pool, threshold, last - first - dropped});
        ready = first;
        first = last - dropped;
        last = first + segment;
        end = last;
    }
    result.kept = state.original;
    result.tokenMs = since(tokens, Clock::now());
    return result;
}

} // namespace winnow
