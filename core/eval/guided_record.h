#pragma once

#include "core/base/report.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// Columns of the masses of a head (smallkv.md 2, `mass`, and what rescaling made of them).
enum class GuidedMass { Critical, Recent, Marginal, Lost, KeptRescaled, MarginalRescaled };
inline constexpr int64_t kGuidedMasses = 6;

/// Sums of a guided cell over its layers and rows; empty for other cells.
struct GuidedRecord {
    std::vector<double> surplus, marginal, revived; // [T] sums over the layers of means over heads or sets
    std::vector<double> masses; // [L, H, kGuidedMasses] sums over rows
    std::vector<ClassChange> changes;
    int64_t hostFloats = 0; // distinct ones ever copied to the host
    int64_t toHostFloats = 0, fromHostFloats = 0; // moved by the rows, the cut after the prompt not among them

    bool used() const { return !masses.empty(); }
};

/// Rows between a critical set and the one it is compared with (revival rate, smallkv.md 6).
inline constexpr int64_t kRevivalRows = 16;

} // namespace winnow
