#include "core/eval/prompt_metrics.h"

#include "core/eval/task_metrics.h"
#include "core/methods/prompt/fusion.h"
#include "core/methods/prompt/text_units.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace winnow {
namespace {

    double characters(std::string_view text)
    {
        return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    }

    /// Characters of a range, and those of them whose bytes all stay.
    std::pair<int64_t, int64_t> charactersThatStay(std::string_view text, const std::vector<uint8_t> &stays, const ByteSpan &range)
    {
        std::pair<int64_t, int64_t> counts;
        for (auto at = static_cast<size_t>(range.first), end = static_cast<size_t>(range.second); at < end;) {
            const size_t begin = at;
            takeCodePoint(text, at);
            ++counts.first;
            counts.second += std::all_of(stays.begin() + static_cast<std::ptrdiff_t>(begin), stays.begin() + static_cast<std::ptrdiff_t>(at),
                [](uint8_t stay) { return stay != 0; });
        }
        return counts;
    }

    /// Words of which some but not all characters survive.
    double brokenShare(const PromptInput &input, const std::vector<int32_t> &kept)
    {
        const std::vector<ByteSpan> words = whiteSpaceWords(input.text);
        if (words.empty())
            return 0;
        std::vector<uint8_t> stays(input.text.size(), 0);
        for (const int32_t token : kept) {
            const auto &[begin, end] = input.spans[static_cast<size_t>(token)];
            std::fill(stays.begin() + begin, stays.begin() + end, uint8_t(1));
        }
        int64_t broken = 0;
        for (const ByteSpan &word : words) {
            const auto [all, left] = charactersThatStay(input.text, stays, word);
            broken += left > 0 && left < all;
        }
        return 100.0 * static_cast<double>(broken) / static_cast<double>(words.size());
    }

    double keptShare(std::span<const double> values, const std::vector<int32_t> &kept)
    {
        double all = 0, stays = 0;
        for (size_t t = 1; t < values.size(); ++t)
            all += values[t];
        for (const int32_t token : kept)
            stays += token > 0 ? values[static_cast<size_t>(token)] : 0;
        return all > 0 ? stays / all : 0;
    }

} // namespace

void addSizes(const PromptInput &input, const PromptPlan &plan, PromptMetrics &metrics)
{
    const auto in = static_cast<double>(input.tokens()), out = static_cast<double>(plan.kept.size());
    metrics["tokensIn"] = in;
    metrics["tokensOut"] = out;
    metrics["achievedRate"] = in > 0 ? out / in : 0;
    metrics["charactersIn"] = characters(input.text);
    metrics["charactersOut"] = characters(plan.text);
    metrics["brokenWords"] = brokenShare(input, plan.kept);
    if (plan.droppedBytes > 0)
        metrics["droppedBytes"] = static_cast<double>(plan.droppedBytes);
}

void addInformation(const PromptPlan &plan, const SequenceScores &uncut, PromptMetrics &metrics)
{
    if (uncut.information.size() < 2)
        return;
    metrics["keptInformation"] = keptShare(uncut.information, plan.kept);
    if (uncut.attention.size() != uncut.information.size())
        return;
    const std::span information = std::span(uncut.information).subspan(1), attention = std::span(uncut.attention).subspan(1);
    std::vector<double> fused = fuse(Fusion::Additive, 0.8, information, attention);
    fused.insert(fused.begin(), 0);
    metrics["keptAttention"] = keptShare(uncut.attention, plan.kept);
    metrics["keptFused"] = keptShare(fused, plan.kept);
    if (const double r = pearson(information, attention); !std::isnan(r))
        metrics["signalR"] = r;
}

void addSurvival(const PromptInput &input, const std::string &text, PromptMetrics &metrics)
{
    const auto add = [&](const char *name, std::optional<double> value) {
        if (value)
            metrics[name] = *value;
    };
    add("numberSurvival", numberSurvival(input.text, text));
    add("capitalSurvival", capitalSurvival(input.text, text));
    const TextUnits units = textUnitsOf("auto", input.text);
    add("answerSurvival", answerSurvives(input.answers, text, units));
    add("answerSurvivalOrdered", answerSurvivesInOrder(input.answers, text, units));
}

double perplexityOf(const SequenceScores &scores)
{
    const size_t count = scores.information.size() - 1;
    return std::exp(std::accumulate(scores.information.begin() + 1, scores.information.end(), 0.0) / static_cast<double>(count));
}

} // namespace winnow
