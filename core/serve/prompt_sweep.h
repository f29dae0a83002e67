#pragma once

#include "core/serve/prompt_reading.h"

#include <map>
#include <string>
#include <vector>

namespace winnow {

enum class LengthMatching { On, Off };

/// A sweep over methods, sizes and seeds of one prompt.
struct PromptSweepPlan {
    std::vector<MethodRequest> methods;
    std::vector<Budget> budgets;
    std::vector<int64_t> seeds; // of methods that draw at random; empty = the one of the parameters
    LengthMatching matching = LengthMatching::On;
    std::map<std::string, Json> known; // finished cells by key: {metrics} or null
};

/// Reads `methods`, `budgets`, `seeds`, `matched`, `knownCells`. DAC and its relatives use the cumulative schedule and make no final pass
/// unless the request says otherwise (dac.md 4).
/// @error BadInput as for other sweeps; methods of another family.
Result<PromptSweepPlan> readPromptSweep(const Json &request);

/// One cell: a method at a size with a seed.
struct PromptCell {
    const MethodRequest *method = nullptr;
    Json parameters;
    Budget budget;
    int64_t seed = -1; // -1 = the method draws nothing
    std::string key;
    std::string state = "measured"; // or unmatched, known, failed
    std::string reason;
    PromptMetrics metrics;

    MethodRequest request() const { return {method->spec, parameters}; }
};

/// Cells in order, one per method where it keeps all or nothing. @param identity what the numbers depend on beside the cell: models and texts.
std::vector<PromptCell> promptCells(const PromptSweepPlan &plan, const std::string &identity);

/// Curves over the kept share of reader tokens, a band over seeds; with lines of the full prompt.
std::vector<Curve> promptCurves(const std::vector<PromptCell> &cells);

TableArtifact promptCellTable(const std::vector<PromptCell> &cells);

} // namespace winnow
