#include "core/methods/sort_order.h"

#include <array>
#include <bit>
#include <cstddef>

namespace winnow {
namespace {

    constexpr int kBits = 11;
    constexpr size_t kBuckets = size_t(1) << kBits;

    /// Unsigned key that ascends as the score descends.
    uint32_t descendingKey(float score)
    {
        const auto bits = std::bit_cast<uint32_t>(score + 0.0F); // -0 becomes +0
        const uint32_t ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
        return ~ascending;
    }

} // namespace

void SortOrder::descending(const float *score, int64_t n, int32_t *order)
{
    m_items.resize(static_cast<size_t>(n));
    m_other.resize(static_cast<size_t>(n));
    std::array<std::array<uint32_t, kBuckets>, 3> counts{};
    for (int64_t v = 0; v < n; ++v) {
        const uint32_t key = descendingKey(score[v]);
        m_items[static_cast<size_t>(v)] = {key, static_cast<int32_t>(v)};
        for (size_t pass = 0; pass < 3; ++pass)
            ++counts[pass][key >> (kBits * pass) & (kBuckets - 1)];
    }
    for (size_t pass = 0; pass < 3; ++pass) {
        uint32_t start = 0;
        for (uint32_t &bucket : counts[pass]) {
            const uint32_t size = bucket;
            bucket = start;
            start += size;
        }
        for (const Item &item : m_items)
            m_other[counts[pass][item.key >> (kBits * pass) & (kBuckets - 1)]++] = item;
        m_items.swap(m_other);
    }
    for (const Item &item : m_items)
        *order++ = item.position;
}

int64_t findNan(const float *score, int64_t n)
{
    bool any = false;
    for (int64_t v = 0; v < n; ++v)
        any |= score[v] != score[v];
    for (int64_t v = 0; any && v < n; ++v) {
        if (score[v] != score[v])
            return v;
    }
    return -1;
}

} // namespace winnow
