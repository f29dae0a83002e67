#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Bytes [begin, end) of a text that an expression matches.
struct RegexMatch {
    size_t begin = 0, end = 0;
};

/// What all expressions together may spend on one text, in ticks of ICU's matcher (10,000 steps, about a third of a
/// millisecond). Published expressions need a few ticks for a megabyte; one that backtracks without end is stopped.
constexpr int64_t regexBudget(size_t bytes) { return 2000 + static_cast<int64_t>(bytes / 1000); }

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
    /// @param ticks  What is left of the budget; falls.
    /// @error BadInput when the budget is used up.
    Result<void> findAll(std::string_view text, std::vector<RegexMatch> &matches, int64_t &ticks) const;

private:
    struct Program;
    explicit Regex(std::unique_ptr<Program> program);
    std::unique_ptr<Program> m_program;
};

} // namespace winnow
