#pragma once

#include "core/eval/matched_length.h"
#include "core/serve/dataset_reading.h"
#include "core/serve/dataset_request.h"
#include "core/serve/prompt_sweep.h"

#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// Whether items with the same contexts share one compressed prompt, made without their questions.
enum class SharedContexts { Yes, No };

/// Whether the scorer reads every compressed text once more for its perplexity.
enum class Fluency { Measure, Skip };

/// The cells of a run or sweep over items.
struct DatasetPlan {
    PromptSweepPlan sweep; // of `run`: one method at one size, lengths not matched
    SharedContexts shared = SharedContexts::Yes;
    Fluency fluency = Fluency::Skip;
};

/// Reads methods, sizes, seeds, `matched`, `shareContexts`, `fluency`, `knownCells`.
/// @error BadInput as of `run` and `sweep`; methods of another family.
Result<DatasetPlan> datasetPlan(const Json &request);

/// Whether a method can do without the question and the answer of an item.
bool isTaskAgnostic(const MethodRequest &method, const PromptSetup &setup);

/// The same contexts without question and answer.
PromptSetup withoutTask(PromptSetup setup);

/// One item under one cell.
struct ItemResult {
    const PromptCell *cell = nullptr;
    std::string id;
    int64_t number = 0;
    std::string key, state = "measured", reason;
    PromptMetrics metrics;
};

/// Items of a set under all cells: tables `items`, `means` (mean and bootstrap interval over items), `differences` (paired, against the first
/// method), curves of the means over the kept share.
void addDatasetTables(ReportBuilder &builder, const std::vector<PromptCell> &cells, const std::vector<ItemResult> &results);

} // namespace winnow
