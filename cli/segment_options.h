#pragma once

#include "cli/arguments.h"
#include "core/base/json.h"

namespace winnow {

/// Options of methods that cut lines into words.
OptionGroup segmentOptions();

/// Whether a request is for such methods.
bool isSegmentation(const Json &request);

/// Lines, gold words, dictionary, training and replies as fields of the request. Files of lines and words are read here;
/// dictionaries, tag models and replies stay paths, made absolute.
/// @error BadInput: options that cannot be, a file that is not UTF-8; Io.
Result<void> addSegmentFields(const Arguments &arguments, Json &request);

} // namespace winnow
