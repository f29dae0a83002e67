#include "core/eval/guided_row.h"

#include "core/eval/metrics_vector.h"

namespace winnow {

RowFactors rowFactors(Rescale rescale, const RowMass &mass)
{
    switch (rescale) {
    case Rescale::Literal:
        return {1, 1}; // eq. 6, arXiv:2508.02751
    case Rescale::Mass:
        return {1 - mass.marginal, 1};
    case Rescale::MassDrop:
        return {mass.smallKept, 1}; // 1 - m - u
    case Rescale::Ratio: {
        const double seen = mass.smallKept + mass.marginal;
        return seen > 0 ? RowFactors{mass.smallKept / seen, 1 / seen} : RowFactors{1, 0};
    }
    case Rescale::Oracle:
        return {mass.ownKept, 1};
    case Rescale::None:
        break;
    }
    return {1, 0};
}

RowMass standInWeights(const float *small, const GuidedSet &set, int32_t firstSeen, float *marginal)
{
    if (!small)
        return {};
    RowMass mass{0, 0, 1};
    for (size_t i = 0; i < set.marginal.size(); ++i) {
        const int32_t position = set.marginal[i];
        marginal[i] = position >= firstSeen ? small[position] : 0;
        mass.marginal += static_cast<double>(marginal[i]);
    }
    for (const int32_t position : set.kept)
        mass.smallKept += position >= firstSeen ? static_cast<double>(small[position]) : 0;
    return mass;
}

RowMass ownWeights(const float *own, const GuidedSet &set, float *marginal)
{
    RowMass mass{0, 0, gatheredSum(own, set.kept.data(), set.kept.size())};
    for (size_t i = 0; i < set.marginal.size(); ++i) {
        marginal[i] = own[set.marginal[i]];
        mass.marginal += static_cast<double>(marginal[i]);
    }
    return mass;
}

} // namespace winnow
