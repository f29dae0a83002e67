#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// One option of a command line. An empty `value` is a flag.
struct OptionSpec {
    std::string_view name; // "--model"
    std::string_view value{}; // "PATH|NAME"
    std::string_view help{};
    bool repeatable = false;
};

/// Options with a heading, as --help prints them.
struct OptionGroup {
    std::string_view title;
    std::span<const OptionSpec> options;
};

/// A parsed command line. Options are `--name value` or `--name=value`; `--` ends them.
class Arguments {
public:
    /// @error BadInput (one line, for exit status 2): unknown option with the nearest known one, missing value, an option
    ///        given twice.
    static Result<Arguments> parse(const std::vector<std::string> &words, std::span<const OptionGroup> groups);

    bool has(std::string_view option) const { return m_values.contains(std::string(option)); }
    std::optional<std::string> value(std::string_view option) const;
    std::vector<std::string> values(std::string_view option) const;
    /// A whole number in minimum..maximum.
    /// @error BadInput naming option, text and range.
    Result<std::optional<int64_t>> integer(std::string_view option, int64_t minimum, int64_t maximum) const;
    /// A number in minimum..maximum.
    Result<std::optional<double>> number(std::string_view option, double minimum, double maximum) const;
    const std::vector<std::string> &positional() const { return m_positional; }

private:
    std::map<std::string, std::vector<std::string>> m_values;
    std::vector<std::string> m_positional;
};

/// The option part of a help page.
std::string optionHelp(std::span<const OptionGroup> groups);

/// "a,b,c" into its parts, without blanks around them and without empty ones.
std::vector<std::string> splitList(std::string_view text);

/// The word of `known` that takes the fewest edits to become `word`, or "" when none is near.
std::string nearestWord(const std::string &word, const std::vector<std::string> &known);

} // namespace winnow
