#pragma once

#include <cstdint>

namespace winnow {

/// Where one random number belongs; row and key are absolute positions.
struct NoiseSite {
    uint64_t layer = 0, head = 0, row = 0, key = 0;
};

/// 64 random bits as a pure function of seed and site: no generator, no order of calls.
/// @source kv-eviction-baselines.md 3, R8 (splitmix64 finaliser).
uint64_t noiseBits(uint64_t seed, const NoiseSite &site);

/// Uniform in (0, 1): ((bits >> 11) + 0.5) * 2^-53.
double noiseUniform(uint64_t seed, const NoiseSite &site);

/// Standard Gumbel: -ln(-ln u).
double noiseGumbel(uint64_t seed, const NoiseSite &site);

} // namespace winnow
