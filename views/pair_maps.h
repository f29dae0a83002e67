#pragma once

#include "core/base/report.h"
#include "views/pair_data.h"

namespace winnow {

/// Longest span whose two maps a session keeps: 2 MiB.
inline constexpr int kStoredMapTokens = 512;

/// Two attention maps as a report, to be kept in a session; null for spans longer than kStoredMapTokens.
ReportPtr mapsReport(const PairMaps &maps);

/// The maps of such a report; null when it holds none, or their sizes differ.
std::shared_ptr<const PairMaps> readMaps(const Report &report);

} // namespace winnow
