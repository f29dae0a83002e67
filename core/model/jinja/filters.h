#pragma once

#include "core/model/jinja/machine.h"

#include <string>
#include <unordered_map>

namespace winnow::jinja {

/// One filter: the value in front of the bar, and the arguments.
using Filter = Value (*)(Machine &, const Value &, Arguments &);
using FilterTable = std::unordered_map<std::string, Filter>;

// The filters of jinja2.filters by what they work on.
const FilterTable &textFilters();
const FilterTable &numberFilters();
const FilterTable &sequenceFilters();
const FilterTable &orderFilters();
const FilterTable &lazyFilters();

/// soft_str: str() that leaves Markup as it is.
Value softText(Machine &machine, const Value &value);

/// ignore_case: text in lower case, everything else as it is.
Value withoutCase(Machine &machine, const Value &value);

} // namespace winnow::jinja
