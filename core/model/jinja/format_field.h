#pragma once

#include "core/model/jinja/machine.h"
#include "core/model/jinja/number_text.h"

#include <string>

namespace winnow::jinja {

/// Widest field and longest precision of a format.
constexpr int64_t kWidestField = 1'000'000;

/// ascii(): what is not ASCII as escapes.
std::string asciiOnly(const std::string &text);

/// int(float). @error as Python raises it.
int64_t wholeOf(Machine &machine, double value);

/// The first `points` code points, or all when the number is negative.
std::string cutText(const std::string &text, int64_t points);

/// Counts the work of a field before it is written.
void checkWidth(Machine &machine, const NumberFormat &format);

} // namespace winnow::jinja
