#pragma once

#include "cli/arguments.h"

namespace winnow {

/// Option groups that several subcommands share.
OptionGroup outputOptions();
OptionGroup modelOptions();
OptionGroup inputOptions();

} // namespace winnow
