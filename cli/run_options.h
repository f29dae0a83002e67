#pragma once

#include "cli/arguments.h"
#include "core/base/json.h"

#include <string>

namespace winnow {

/// The options of `run`, `sweep` and `generate` beyond model and input.
OptionGroup methodOptions();
OptionGroup sweepOptions();

/// The request of `run`, `sweep` or `generate` (`command`), from --request or from the options; options that are given
/// beside --request replace its fields.
/// @error BadInput for a wrong command line (exit status 2), Io and NotFound for files.
Result<Json> runRequest(const Arguments &arguments, const std::string &command);

/// Help of the methods: all with their parameters, or the one of --method in full.
std::string methodHelp(const Arguments &arguments);

} // namespace winnow
