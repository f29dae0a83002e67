#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

/// Keep labels of a text from one that was shortened by deleting words (prompt-compression-baselines.md 3.5).
struct WordLabels {
    std::vector<uint8_t> keep; // [original words]
    std::vector<int32_t> match; // [short words] index of the original word it labelled, -1 = none
    double variation = 0; // VR: short words that the original does not have
    double hitting = 0; // HR: short words it has, per original word
    double matching = 0; // MR: labelled words per original word
    double gap = 0; // AG = HR - MR
};

/// For each word of the shortened text the nearest equal unlabelled word around the last one, forward before backward, at most 150 words
/// away, whatever the case; a forward jump of more than half of that moves on by the half only.
WordLabels alignLabels(const std::vector<std::string> &original, const std::vector<std::string> &shortened);

/// Which pairs stay for training: VR, then AG of the rest, below its 90th percentile.
/// Deviation: pairs without any stay also where the percentile itself is 0.
std::vector<uint8_t> keptPairs(const std::vector<WordLabels> &pairs);

} // namespace winnow
