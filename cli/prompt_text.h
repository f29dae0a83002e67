#pragma once

#include "core/base/report.h"

#include <string>

namespace winnow {

/// A report of prompt compression for people: sizes, what is kept, the answer, time, the text that is left.
std::string promptReportText(const Report &report);

/// One finished cell of a sweep of prompt methods on one line.
std::string promptCellLine(const Report &report);

} // namespace winnow
