#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace winnow {

/// The generator behind every random choice of prompt compression and segmentation: same seed, same choice, on every machine.
/// `below` is a remainder, as the specifications have it; its bias is below n / 2^64.
/// @source llaca.md 8 (SplitMix64).
class SplitMix64 {
public:
    constexpr explicit SplitMix64(uint64_t seed)
        : m_state(seed)
    {
    }

    constexpr uint64_t next()
    {
        uint64_t z = m_state += 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// Uniform in [0, 1): 53 bits.
    constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

    /// 0 .. n-1, n >= 1.
    constexpr uint64_t below(uint64_t n) { return next() % n; }

    /// Fisher-Yates from the end: for i = n-1 down to 1 swap(i, below(i + 1)).
    template <typename T> constexpr void shuffle(std::span<T> values)
    {
        for (size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[static_cast<size_t>(below(i))]);
    }

private:
    uint64_t m_state;
};

} // namespace winnow
