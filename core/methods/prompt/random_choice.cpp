#include "core/methods/prompt/random_choice.h"

#include <algorithm>
#include <numeric>

namespace winnow {

std::vector<int32_t> randomChoice(int64_t n, int64_t k, SplitMix64 &random)
{
    std::vector<int32_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    k = std::clamp<int64_t>(k, 0, n);
    for (int64_t i = 0; i < k; ++i)
        std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(i) + random.below(static_cast<uint64_t>(n - i))]);
    order.resize(static_cast<size_t>(k));
    std::sort(order.begin(), order.end());
    return order;
}

} // namespace winnow
