#pragma once

#include "core/methods/plan.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// Layers that multiply their values with attention rows of a small model and have no queries and keys of their own
/// (IAM, iam.md 3; arXiv:2507.11953). `serving` names small heads in mapped layers and -1 in the others.
struct MappedPlan : StandIn {
    std::vector<uint8_t> mapped; // [L] 1 = attention comes from the small model
    int64_t span = 0; // n: prompt rows before it attend as usual, whatever the mode
    bool chunked = true; // prompt rows behind the span use the map; false: only the rows of decoding do
    int64_t rowBytes = int64_t{256} << 20; // memory for rows of the small model while a prompt is read
    int64_t staying = 0; // layers with keys of their own as they were asked for: what select() was given
    bool evicts = false; // mapped layers keep some tokens only: rows are divided by what they leave
    std::vector<float> score; // [L * H] similarity with the serving head; 0 in layers that are not mapped
    std::vector<float> margin; // [L * H] to the second best
    double matchMs = 0; // what comparing the heads took, without the passes over the span; 0 = column sums

    bool isMapped(int64_t layer) const { return mapped[static_cast<size_t>(layer)] != 0; }
    int64_t mappedLayers() const;
    /// Query rows of a block of a prompt of S tokens with U serving heads: clamp(floor(rowBytes / (4 U S)), 1, 256).
    int64_t blockRows(int64_t servingHeads, int64_t tokens) const;
};

/// Null when the plan maps no layers.
const MappedPlan *mappedPlanOf(const KvPlan &plan);

/// Whether a layer of the plan holds values without keys.
bool holdsValuesOnly(const KvPlan &plan, int64_t layer);

} // namespace winnow
