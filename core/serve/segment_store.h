#pragma once

#include "core/methods/segmenter.h"

#include <list>
#include <string>

namespace winnow {

/// What a method learned for one request, and how it reads lines.
struct LearnedSegmenter {
    std::string id; // of method, parameters and training source
    std::string method;
    Json parameters;
    std::string language;
    WhiteSpaceMode whiteSpace = WhiteSpaceMode::Strip;
    SegmentModelPtr model;
    double trainSeconds = 0; // CPU
};

/// The last few learned segmenters, so that a lattice of a line needs neither its dictionary nor its training again.
class SegmentStore {
public:
    /// nullptr when it was never there or made room for others.
    const LearnedSegmenter *find(const std::string &id);
    const LearnedSegmenter &put(LearnedSegmenter learned);

private:
    static constexpr size_t kMost = 32;

    std::list<LearnedSegmenter> m_entries; // most recently used first
};

} // namespace winnow
