#pragma once

#include "sessions/session.h"
#include "sessions/table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// A run of a session with its report, as tables and reports read it.
struct ComparedRun {
    RunRecord record;
    ReportPtr report; // null while it was not measured
    bool baseline = false;

    std::string letter() const;
    std::string budget() const; // as shown: "25 %"
};

/// All runs of a session in letter order. The baseline is the run whose id stands in state
/// "baseline", else the first run of method "full".
Result<std::vector<ComparedRun>> comparedRuns(const Session &session);

/// What the compare table says about a run; absent = not measured, or no baseline to compare with.
struct RunNumbers {
    std::optional<double> nll, deltaNll, kl, top1; // nats per token; top1 as a share
    std::optional<double> nativeBytes, deltaStored; // deltaStored as a share: -0.748
    std::optional<double> msPerToken;
    int checksPassed = 0, checks = 0;
    bool nominalOnly = false;
};

/// The method did nothing because the prompt is shorter than it needs: quality of such a run is that of the full cache.
bool waitsForText(const Report &report);

/// Deltas are against the baseline, and only between runs over the same input and the same scored
/// rows.
RunNumbers runNumbers(const ComparedRun &run, const std::vector<ComparedRun> &runs);

/// The compare table of the window: Run, Budget, NLL, ΔNLL, KL, Top-1, Stored, Δ stored, Decode,
/// Checks.
Table compareTable(const std::vector<ComparedRun> &runs);

/// Mean of the per-token deltaNll of a report with its 95 % bootstrap interval over the scored
/// tokens (1,000 resamples, seeded: the same report gives the same interval).
struct MeanInterval {
    double mean = 0, low = 0, high = 0;
    int64_t tokens = 0;
};
std::optional<MeanInterval> deltaNllInterval(const Report &report);

} // namespace winnow
