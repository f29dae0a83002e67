#pragma once

#include "core/base/report.h"

#include <string>
#include <vector>

namespace winnow {

/// A report for people: what was run, quality, bytes, time, checks, notices; the cells of a sweep as a table.
std::string reportText(const Report &report);

/// One finished cell of a sweep on one line.
std::string cellLine(const Report &report);

/// Points of curves in long form with a head row.
std::string curvesCsv(const std::vector<Curve> &curves);

/// Title of a method of the registry, its id when it is not there.
std::string methodTitleOf(const std::string &id);

} // namespace winnow
