#pragma once

#include "cli/command.h"

#include <functional>
#include <string>

namespace winnow {

/// Batch form: one JSON value a line of `path` through `answer`, one JSON result a line in the same order. A line that
/// fails gives {"error": ..} in its place; the exit status is then 1.
Result<int> runLines(
    CommandContext &context, const std::string &path, const std::function<Result<Json>(const Json &line)> &answer);
/// The same with the text of each line, for values whose keys keep their order.
Result<int> runTextLines(CommandContext &context, const std::string &path, const std::function<Result<Json>(const std::string &line)> &answer);

/// A line as the fields of a request: a string becomes `text`, a list of ids `ids`, a list of objects `messages`; an object is taken as it is, option names
/// ("no-special", "ids-file" is not one of them) included.
/// @error BadInput for other values.
Result<Json> lineFields(const Json &line);

} // namespace winnow
