#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Bytes [begin, end) of a text that an expression matches.
struct RegexMatch {
    size_t begin = 0, end = 0;
};

/// The same expression in ICU's syntax: tokenizer files are written for Oniguruma, where \s, \w, \h, ^, $, possessive
/// intervals and a few signs mean something else.
/// @error Unsupported naming a construct that ICU lacks.
Result<std::string> icuExpression(std::string_view oniguruma);

/// A regular expression as tokenizer files hold them. Immutable; any thread.
class Regex {
public:
    /// @param pattern  Oniguruma's syntax, UTF-8.
    /// @error BadModelFile when it is no expression, Unsupported naming a construct that is not known here.
    static Result<std::shared_ptr<const Regex>> compile(std::string_view pattern);
    ~Regex();

    /// Appends all matches in well-formed UTF-8, left to right. An empty match directly behind a match does not count.
    /// @error BadInput when the expression takes too long on this text.
    /// @cost  A step budget proportional to the text: an expression that backtracks without end is stopped.
    Result<void> findAll(std::string_view text, std::vector<RegexMatch> &matches) const;

private:
    struct Program;
    explicit Regex(std::unique_ptr<Program> program);
    std::unique_ptr<Program> m_program;
};

} // namespace winnow
