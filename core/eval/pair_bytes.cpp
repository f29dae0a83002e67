#include "core/eval/pair_bytes.h"

#include "core/eval/pair.h"
#include "core/eval/small_pass.h"
#include "core/methods/mapped_layers.h"

#include <limits>

namespace winnow {

int64_t smallLayersRun(const KvPlan &plan, const ModelConfig &small)
{
    return plan.standIn ? smallLayersRun(*plan.standIn, small) : 0;
}

CacheBytes cellBytes(const KvPlan &plan, const Capture &capture, int64_t elementBytes)
{
    CacheBytes bytes = planBytes(plan, CacheShape::of(capture.config, elementBytes));
    if (!plan.standIn || !capture.pair || !capture.pair->small)
        return bytes;
    const ModelConfig &small = capture.pair->small->config;
    const int64_t layers = smallLayersRun(plan, small);
    bytes.slmCache = static_cast<double>(plan.kept.tokens * layers * small.kvHeads
        * small.slotBytes(elementBytes > 0 ? elementBytes : small.cacheElementBytes()));
    if (const auto &model = capture.pair->small->model; model && layers > 0)
        bytes.slmWeights = static_cast<double>(
            SmallPass(model, servingHeads({&plan.standIn->serving, 1}), plan.standIn->earlyExit).weightBytes());
    return bytes;
}

double countedBytes(const CacheBytes &bytes, CountSmall countSmall)
{
    return bytes.native + (countSmall == CountSmall::Yes ? bytes.slmCache : 0);
}

double breakEvenTokens(double smallWeightBytes, double kept, double largePerToken, double smallPerToken)
{
    const double saved = (1 - kept) * largePerToken - smallPerToken;
    return saved > 0 ? smallWeightBytes / saved : std::numeric_limits<double>::infinity();
}

} // namespace winnow
