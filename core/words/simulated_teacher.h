#pragma once

#include "core/base/split_mix.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// A chat model that makes mistakes on purpose: walks gold words with one stream of random numbers, cuts words with
/// `splitShare` and then glues pieces to the one before with `mergeShare`.
/// @source llaca.md 3.6.
class SimulatedTeacher {
public:
    SimulatedTeacher(uint64_t seed, double mergeShare, double splitShare)
        : m_random(seed)
        , m_mergeShare(mergeShare)
        , m_splitShare(splitShare)
    {
    }

    /// Ends of its words for the gold ends of the next line. Lines must come in order: the stream goes on.
    std::vector<int32_t> next(const std::vector<int32_t> &goldEnds);

private:
    SplitMix64 m_random;
    double m_mergeShare, m_splitShare;
};

} // namespace winnow
