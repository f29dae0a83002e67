#pragma once

#include "core/base/json.h"
#include "core/base/method_info.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Files that stand for what does not belong on a command line. Empty = there is none.
struct CommandFiles {
    std::string text; // holds input.text
    std::string ids; // holds input.ids as a JSON list
    std::string continuation; // holds continuation.text or continuation.ids
    std::string request = "request.json"; // would hold the whole request
};

/// A request as words of a command line.
struct Command {
    std::vector<std::string> words; // unquoted: "winnow-cli", "run", "--model", ...
    /// The request cannot be written as options (ids without a file, a field without an option, a
    /// text too long for one word): the words are `winnow-cli run --request FILE`, and
    /// files.request must be given the request.
    bool needsRequestFile = false;
};

/// "Copy as command": the command that repeats a canonical request with the same numbers.
/// Parameters that equal the default of their method are left out when `methods` knows it.
Command commandFor(
    const Json &request, const CommandFiles &files = {}, std::span<const MethodInfo> methods = {});

/// One word for a POSIX shell: as it is when no character is special, in single quotes otherwise.
std::string quoteForShell(std::string_view word);

/// The command on one line, quoted.
std::string shellLine(const Command &command);

/// The same with one option a line, continued by backslashes; pasting it into a shell runs it.
std::string shellBlock(const Command &command);

} // namespace winnow
