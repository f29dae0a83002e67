#include "core/methods/noise.h"

#include <cmath>

namespace winnow {
namespace {

    uint64_t mix(uint64_t x)
    {
        x += 0x9E3779B97F4A7C15ULL;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
        return x ^ x >> 31;
    }

} // namespace

uint64_t noiseBits(uint64_t seed, const NoiseSite &site)
{
    uint64_t x = mix(seed);
    x = mix(x ^ site.layer);
    x = mix(x ^ site.head);
    x = mix(x ^ site.row);
    return mix(x ^ site.key);
}

double noiseUniform(uint64_t seed, const NoiseSite &site)
{
    return (static_cast<double>(noiseBits(seed, site) >> 11) + 0.5) * 0x1p-53;
}

double noiseGumbel(uint64_t seed, const NoiseSite &site)
{
    return -std::log(-std::log(noiseUniform(seed, site)));
}

} // namespace winnow
