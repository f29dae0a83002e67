#pragma once

#include "core/base/error.h"

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// Path of a program in the folder of this one.
std::string siblingProgram(const std::string &name);

/// Runs a program to its end and gives the lines of its standard output; its standard error goes to ours.
/// @error NotFound when it cannot be started, Internal when it ends with a status that is not 0 (its last line of output
///        is told), Cancelled (the program is asked to end).
Result<std::vector<std::string>> runChild(const std::vector<std::string> &words,
    const std::vector<std::pair<std::string, std::string>> &environment, const std::stop_token &stop);

} // namespace winnow
