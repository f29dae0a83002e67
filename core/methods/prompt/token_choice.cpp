#include "core/methods/prompt/token_choice.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    std::vector<int32_t> complement(std::span<const int32_t> chosen, size_t total)
    {
        std::vector<int32_t> rest;
        size_t next = 0;
        for (size_t i = 0; i < total; ++i) {
            if (next < chosen.size() && chosen[next] == static_cast<int32_t>(i))
                ++next;
            else
                rest.push_back(static_cast<int32_t>(i));
        }
        return rest;
    }

    std::vector<int32_t> withEverySecondBack(std::vector<int32_t> chosen, size_t total)
    {
        const std::vector<int32_t> deleted = complement(chosen, total);
        bool before = false; // whether the one before was put back
        for (size_t i = 1; i < deleted.size(); ++i) {
            before = deleted[i] == deleted[i - 1] + 1 && !before;
            if (before)
                chosen.push_back(deleted[i]);
        }
        std::sort(chosen.begin(), chosen.end());
        return chosen;
    }

    /// f[i][j][b]: smallest sum over the first i tokens with j deletions, b = token i-1 is one of them.
    std::vector<int32_t> cheapestDeletions(std::span<const double> scores, size_t deletions)
    {
        constexpr double kNever = std::numeric_limits<double>::infinity();
        const size_t width = deletions + 1, m = scores.size();
        std::vector<double> kept(width, kNever), gone(width, kNever), nextKept(width), nextGone(width);
        kept[0] = 0;
        std::vector<bool> fromGone(m * width); // whether the best way to a kept token i comes from a deleted i-1
        for (size_t i = 0; i < m; ++i) {
            for (size_t j = 0; j < width; ++j) {
                fromGone[i * width + j] = gone[j] < kept[j];
                nextKept[j] = std::min(kept[j], gone[j]);
                nextGone[j] = j > 0 ? kept[j - 1] + scores[i] : kNever;
            }
            kept.swap(nextKept);
            gone.swap(nextGone);
        }
        std::vector<int32_t> stay;
        size_t j = deletions;
        bool isGone = gone[j] < kept[j];
        for (size_t i = m; i-- > 0;) {
            if (isGone) {
                --j;
                isGone = false; // its neighbour stays
            } else {
                stay.push_back(static_cast<int32_t>(i));
                isGone = fromGone[i * width + j];
            }
        }
        std::reverse(stay.begin(), stay.end());
        return stay;
    }

    struct Word {
        double sum = 0;
        int64_t first = 0, count = 0;
        double mean() const { return sum / static_cast<double>(count); }
    };

} // namespace

std::vector<int32_t> largest(std::span<const double> scores, int64_t k)
{
    std::vector<int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    const auto middle = order.begin() + std::clamp<int64_t>(k, 0, static_cast<int64_t>(order.size()));
    const auto better = [&](int32_t a, int32_t b) {
        const double left = scores[static_cast<size_t>(a)], right = scores[static_cast<size_t>(b)];
        return left != right ? left > right : a < b;
    };
    std::partial_sort(order.begin(), middle, order.end(), better);
    order.erase(middle, order.end());
    std::sort(order.begin(), order.end());
    return order;
}

std::vector<int32_t> largestWords(std::span<const double> scores, std::span<const int32_t> words, int64_t k)
{
    std::vector<Word> groups;
    for (size_t i = 0; i < scores.size(); ++i) {
        if (groups.empty() || words[i] != words[i - 1])
            groups.push_back({0, static_cast<int64_t>(i), 0});
        groups.back().sum += scores[i];
        ++groups.back().count;
    }
    std::stable_sort(groups.begin(), groups.end(), [](const Word &a, const Word &b) { return a.mean() > b.mean(); });
    std::vector<int32_t> chosen;
    for (const Word &word : groups) {
        if (!chosen.empty() && static_cast<int64_t>(chosen.size()) + word.count > k)
            break;
        for (int64_t i = 0; i < word.count; ++i)
            chosen.push_back(static_cast<int32_t>(word.first + i));
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

std::vector<int32_t> withNeighbourRule(NeighbourRule rule, std::span<const double> scores, std::vector<int32_t> chosen)
{
    if (rule == NeighbourRule::Add)
        return withEverySecondBack(std::move(chosen), scores.size());
    if (rule == NeighbourRule::Exact)
        return cheapestDeletions(scores, std::min(scores.size() - chosen.size(), (scores.size() + 1) / 2));
    return chosen;
}

} // namespace winnow
