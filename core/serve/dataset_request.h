#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/data_sets.h"

#include <string>

namespace winnow {

/// The part of a request that names the items of a data set: `dataset`, `datasetFile`, `items`, `dataOptions`.
struct DatasetRequest {
    const DataSet *set = nullptr;
    std::string path;
    std::string items; // as it was typed
    DataSettings settings;
    ItemChoice choice;
};

/// Whether a request runs over the items of a data set.
bool namesDataset(const Json &request);

/// @error BadInput and NotFound, before any file is read.
Result<DatasetRequest> datasetRequest(const Json &request);

/// `dataOptions` as readers take them: language, task, promptFile, whiteSpace (strip, separator, literal), braceMarks (remove, keep), split
/// (whole, blankLines), documents, goldPosition, largeFiles (ask, read).
/// @error BadInput naming the option and what is allowed.
Result<DataSettings> dataSettings(const Json &options);

/// The request of one item: `prompt`, `answer` and `item` in place of the data set's fields. Where the answer is forced, the question ends
/// with what the set puts in front of an answer.
enum class AnswerCue { Forced, Generated };
Json itemRequest(const Json &request, const PromptItem &item, int64_t number, AnswerCue cue);

} // namespace winnow
