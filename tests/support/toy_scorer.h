#pragma once

#include "core/base/split_mix.h"
#include "core/methods/prompt_method.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace winnow::test {

/// The scorer of dac.md 8: one layer, two heads, no model.
class ToyScorer final : public PromptScorer {
public:
    int64_t window() const override { return m_window; }
    void setWindow(int64_t window) { m_window = window; }

    Result<SequenceScores> score(std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &) override
    {
        if (static_cast<int64_t>(ids.size()) > m_window)
            return fail(ErrorCode::BadInput, "longer than the window");
        ++m_costs.forwards;
        m_costs.tokensProcessed += static_cast<int64_t>(ids.size());
        m_costs.tokensAsked += static_cast<int64_t>(ids.size());
        SequenceScores scores;
        scores.information.push_back(std::numeric_limits<double>::quiet_NaN());
        for (size_t t = 1; t < ids.size(); ++t)
            scores.information.push_back((1 + (31 * ids[t - 1] + 17 * ids[t]) % 97) / 16.0);
        if (wish.attention)
            scores.attention = columnSums(ids, wish.heads);
        return scores;
    }

    /// One token a byte.
    Result<std::vector<ScorerToken>> tokens(std::string_view text) const override
    {
        std::vector<ScorerToken> out;
        for (size_t i = 0; i < text.size(); ++i)
            out.push_back({static_cast<unsigned char>(text[i]), static_cast<int64_t>(i), static_cast<int64_t>(i) + 1});
        return out;
    }
    std::optional<int32_t> startToken() const override { return 0; }
    const ScorerCosts &costs() const override { return m_costs; }

private:
    static std::vector<double> columnSums(std::span<const int32_t> ids, std::span<const HeadIndex> heads)
    {
        std::vector<int> chosen{0, 1};
        if (!heads.empty()) {
            chosen.clear();
            for (const HeadIndex &head : heads)
                chosen.push_back(head.head);
        }
        std::vector<double> sums(ids.size(), 0.0);
        for (const int g : chosen) {
            for (size_t i = 0; i < ids.size(); ++i) {
                std::vector<double> row;
                for (size_t j = 0; j <= i; ++j)
                    row.push_back(1 + std::pow((7 * ids[i] + 13 * ids[j] + 5 * g) % 11, 3));
                const double total = std::accumulate(row.begin(), row.end(), 0.0);
                for (size_t j = 0; j <= i; ++j)
                    sums[j] += row[j] / total / static_cast<double>(chosen.size());
            }
        }
        return sums;
    }

    int64_t m_window = 1 << 20;
    ScorerCosts m_costs;
};

inline const std::vector<int32_t> &toyIds()
{
    static const std::vector<int32_t> ids{12, 7, 33, 7, 41, 5, 18, 7, 2, 29, 41, 5, 9, 16, 7, 33, 50, 3, 18, 21, 7, 2, 44, 1};
    return ids;
}

/// An input whose tokens are words of a text: one context, a space in front of every word but the first.
inline PromptInput wordInput(const std::vector<std::string> &words, std::vector<int32_t> ids = {})
{
    PromptInput input;
    for (size_t i = 0; i < words.size(); ++i) {
        const auto begin = static_cast<int64_t>(input.text.size());
        input.text += (i > 0 ? " " : "") + words[i];
        input.spans.emplace_back(begin, static_cast<int64_t>(input.text.size()));
        input.ids.push_back(ids.empty() ? static_cast<int32_t>(i) : ids[i]);
    }
    input.contexts = {input.text};
    input.contextTokens = {{0, static_cast<int32_t>(input.ids.size())}};
    return input;
}

/// The toy ids as words "t0 t1 ...".
inline PromptInput toyInput()
{
    std::vector<std::string> words;
    for (size_t i = 0; i < toyIds().size(); ++i)
        words.push_back("t" + std::to_string(i));
    return wordInput(words, toyIds());
}

/// "0-3 5" as 0 1 2 3 5.
inline std::vector<int32_t> indices(const std::string &text)
{
    std::vector<int32_t> out;
    size_t at = 0;
    while (at < text.size()) {
        size_t used = 0;
        const int32_t first = std::stoi(text.substr(at), &used);
        at += used;
        int32_t last = first;
        if (at < text.size() && text[at] == '-') {
            last = std::stoi(text.substr(at + 1), &used);
            at += used + 1;
        }
        for (int32_t i = first; i <= last; ++i)
            out.push_back(i);
        while (at < text.size() && text[at] == ' ')
            ++at;
    }
    return out;
}

} // namespace winnow::test
