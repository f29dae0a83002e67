#include "core/methods/guided_plan.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    int64_t roundHalfUp(double value) { return static_cast<int64_t>(std::floor(value + 0.5)); }

} // namespace

int64_t guidedCount(double tau, int64_t base)
{
    return std::clamp<int64_t>(roundHalfUp(tau * static_cast<double>(base)), 2, std::max<int64_t>(2, base));
}

ClassCounts splitBudget(int64_t count, int64_t base, double criticalFloor)
{
    const int64_t half = (count + 1) / 2;
    const int64_t floor = std::min(roundHalfUp(criticalFloor * static_cast<double>(base)), count);
    ClassCounts counts;
    counts.critical = std::min(std::max(half, floor), count - 1);
    const int64_t rest = count - counts.critical;
    counts.recent = (rest + 1) / 2;
    counts.marginal = 2 * (rest - counts.recent);
    if (counts.values() > base) { // near tau = 1 the marginal share shrinks, so that tau = 1 is the full cache
        counts.marginal = 2 * (base - count);
        counts.critical = base - counts.recent - counts.marginal;
    }
    return counts;
}

const GuidedPlan *guidedPlanOf(const KvPlan &plan) { return dynamic_cast<const GuidedPlan *>(plan.standIn.get()); }

ClassCounts GuidedBudget::at(int64_t slots) const
{
    // With a growing base tau is what was asked of the prompt.
    const double tau = static_cast<double>(count) / static_cast<double>(tokens);
    const bool grows = base == BudgetBase::Current && slots > tokens;
    const int64_t all = grows ? slots : tokens;
    const int64_t whole = grows ? guidedCount(tau, slots) : count;
    ClassCounts counts = splitBudget(whole, all, criticalFloor);
    if (!marginal) {
        counts.critical = whole - counts.recent;
        counts.marginal = 0;
    }
    return counts;
}

} // namespace winnow
