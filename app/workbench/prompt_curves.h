#pragma once

#include "app/workbench/view_data.h"

namespace winnow {

/// Quality against achieved rate: for each prompt method and parameter set, owned by the lowest letter, one curve for every
/// measure that a measured cell or pinned run has. Seeds of one method and budget make one point with the band they span; a
/// hollow forecast stands at the form's budget where two measured points allow one.
struct PromptCurves {
    std::vector<Curve> curves;
    std::vector<std::vector<uint8_t>> unmatched; // as ViewData::unmatched
};
PromptCurves promptCurves(const ResultSource &document, const ViewContext &context);

/// y at x by straight lines between points with ascending x; nullopt outside of them.
std::optional<double> between(const std::vector<double> &x, const std::vector<double> &y, double at);

} // namespace winnow
