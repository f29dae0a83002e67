#include "core/methods/mapped_plan.h"

#include <algorithm>

namespace winnow {

int64_t MappedPlan::mappedLayers() const { return std::count(mapped.begin(), mapped.end(), uint8_t{1}); }

int64_t MappedPlan::blockRows(int64_t servingHeads, int64_t tokens) const
{
    constexpr int64_t kMostRows = 256;
    const int64_t bytesPerRow = 4 * std::max<int64_t>(1, servingHeads) * std::max<int64_t>(1, tokens);
    return std::clamp<int64_t>(rowBytes / bytesPerRow, 1, kMostRows);
}

const MappedPlan *mappedPlanOf(const KvPlan &plan) { return dynamic_cast<const MappedPlan *>(plan.standIn.get()); }

bool holdsValuesOnly(const KvPlan &plan, int64_t layer)
{
    const MappedPlan *mapped = mappedPlanOf(plan);
    return mapped && mapped->isMapped(layer);
}

} // namespace winnow
