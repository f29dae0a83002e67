#pragma once

#include "cli/arguments.h"
#include "core/base/json.h"

namespace winnow {

/// Options that name the items of a data set.
OptionGroup datasetOptions();

/// Adds `dataset`, `datasetFile`, `items`, `dataOptions` where --dataset is given. A path is made absolute.
/// @error BadInput for options without --dataset and for a --data-option that is not NAME=VALUE.
Result<void> addDataset(const Arguments &arguments, Json &request);

} // namespace winnow
