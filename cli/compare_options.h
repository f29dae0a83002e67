#pragma once

#include "cli/arguments.h"

namespace winnow {

/// Options of `compare` beside those of model, input and output.
OptionGroup compareOptions();

} // namespace winnow
