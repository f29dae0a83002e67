#include "core/eval/head_match.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    /// Top sets of all heads as bits, `words` words a head.
    std::vector<uint64_t> topBits(std::span<const float> sums, int64_t heads, int64_t n, int64_t kt, int64_t skipSinks)
    {
        const auto words = static_cast<size_t>((n + 63) / 64);
        std::vector<uint64_t> bits(static_cast<size_t>(heads) * words);
        for (size_t head = 0; head < static_cast<size_t>(heads); ++head) {
            for (const int32_t column : topSet(sums.subspan(head * size_t(n), size_t(n)), kt, skipSinks))
                bits[head * words + size_t(column) / 64] |= uint64_t(1) << (column % 64);
        }
        return bits;
    }

    double logChoose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

    /// Probability of each intersection size of two random sets of kt out of n.
    std::vector<double> intersectionChances(int64_t n, int64_t kt)
    {
        std::vector<double> chances(static_cast<size_t>(kt) + 1, 0.0);
        const double all = logChoose(double(n), double(kt));
        for (int64_t i = std::max<int64_t>(0, 2 * kt - n); i <= kt; ++i)
            chances[size_t(i)]
                = std::exp(logChoose(double(kt), double(i)) + logChoose(double(n - kt), double(kt - i)) - all);
        return chances;
    }

    double jaccardOf(size_t common, int64_t kt) { return double(common) / double(2 * kt - int64_t(common)); }

} // namespace

int64_t topCount(int64_t n, double fraction, int64_t skipSinks)
{
    const auto asked = static_cast<int64_t>(std::floor(fraction * double(n) + 0.5));
    return std::max<int64_t>(0, std::min(std::max<int64_t>(8, asked), n - skipSinks));
}

std::vector<int32_t> topSet(std::span<const float> sums, int64_t kt, int64_t skipSinks)
{
    const auto first = std::min(static_cast<size_t>(skipSinks), sums.size());
    std::vector<int32_t> order(sums.size() - first);
    std::iota(order.begin(), order.end(), static_cast<int32_t>(first));
    const auto count = std::min(static_cast<size_t>(std::max<int64_t>(0, kt)), order.size());
    std::partial_sort(order.begin(), order.begin() + int64_t(count), order.end(), [&](int32_t a, int32_t b) {
        const float x = sums[size_t(a)], y = sums[size_t(b)];
        return x != y ? x > y : a < b;
    });
    order.resize(count);
    std::sort(order.begin(), order.end());
    return order;
}

std::vector<float> jaccardTable(std::span<const float> large, std::span<const float> small, int64_t largeHeads, int64_t smallHeads,
    int64_t n, int64_t kt, int64_t skipSinks)
{
    kt = std::min(kt, std::max<int64_t>(0, n - skipSinks));
    std::vector<float> table(static_cast<size_t>(largeHeads * smallHeads));
    if (kt <= 0)
        return table;
    const auto words = static_cast<size_t>((n + 63) / 64);
    const auto a = topBits(large, largeHeads, n, kt, skipSinks);
    const auto b = topBits(small, smallHeads, n, kt, skipSinks);
    for (size_t i = 0; i < size_t(largeHeads); ++i) {
        for (size_t j = 0; j < size_t(smallHeads); ++j) {
            size_t common = 0;
            for (size_t w = 0; w < words; ++w)
                common += size_t(std::popcount(a[i * words + w] & b[j * words + w]));
            table[i * size_t(smallHeads) + j] = static_cast<float>(jaccardOf(common, kt));
        }
    }
    return table;
}

double chanceJaccard(int64_t n, int64_t kt)
{
    if (kt <= 0 || kt > n)
        return 0;
    const auto chances = intersectionChances(n, kt);
    double mean = 0;
    for (size_t i = 0; i < chances.size(); ++i)
        mean += chances[i] * jaccardOf(i, kt);
    return mean;
}

double bestOfChance(int64_t n, int64_t kt, int64_t many)
{
    if (kt <= 0 || kt > n || many <= 0)
        return 0;
    const auto chances = intersectionChances(n, kt);
    double mean = 0, below = 0, cumulated = 0;
    for (size_t i = 0; i < chances.size(); ++i) {
        cumulated = std::min(1.0, cumulated + chances[i]);
        const double upTo = std::pow(cumulated, double(many)); // the best of `many` is at most this
        mean += (upTo - below) * jaccardOf(i, kt);
        below = upTo;
    }
    return mean;
}

} // namespace winnow
