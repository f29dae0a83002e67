#pragma once

#include "core/base/report.h"

#include <string>

namespace winnow {

/// A report of segmenters for people: words of the first lines, scores, what was learned.
std::string segmentText(const Report &report);

} // namespace winnow
