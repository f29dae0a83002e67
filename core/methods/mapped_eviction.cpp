#include "core/methods/mapped_eviction.h"

#include "core/base/method_info.h"
#include "core/eval/pair.h"
#include "core/methods/group_rule.h"
#include "core/methods/interval_policy.h"
#include "core/methods/registry.h"
#include "core/methods/selection.h"
#include "core/methods/sort_order.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Column sums of the rows that serve one of `sets` head sets of a layer, mean over its query heads. [N]
    std::vector<float> servedSums(
        const MappedPlan &mapped, const ModelConfig &config, const Capture &small, int64_t layer, int64_t set, int64_t sets)
    {
        const int64_t tokens = small.tokens(), groups = config.heads / sets;
        std::vector<float> sums(static_cast<size_t>(tokens));
        for (int64_t head = set * groups; head < (set + 1) * groups; ++head) {
            const int32_t serving = mapped.serving[static_cast<size_t>(layer * config.heads + head)];
            const LayerCapture &from = small.layers[static_cast<size_t>(serving / small.config.heads)];
            const float *row = from.colSum.const_data_ptr<float>() + serving % small.config.heads * tokens;
            for (int64_t v = 0; v < tokens; ++v)
                sums[static_cast<size_t>(v)] += row[v] / static_cast<float>(groups);
        }
        return sums;
    }

    class MappedPolicy : public DecodePolicy {
    public:
        MappedPolicy(const MappedPlan &mapped, const Capture &capture, const KvPlan &plan, int64_t layer)
            : m_count(plan.layerCounts[static_cast<size_t>(layer)])
            , m_interval(plan.decodeRule == DecodeRule::Hold ? 1 : plan.interval)
            , m_sums(static_cast<size_t>(plan.kept.heads))
        {
            for (int64_t s = 0; s < plan.kept.heads; ++s) {
                const std::vector<float> all = servedSums(mapped, capture.config, *capture.pair->small, layer, s, plan.kept.heads);
                for (const int32_t v : keptPositions(plan.kept, layer, s))
                    m_sums[static_cast<size_t>(s)].push_back(all[static_cast<size_t>(v)]);
            }
        }

        void after(const DecodeRow &row, std::vector<int32_t> &drop) override
        {
            drop.clear();
            m_dropScores.clear();
            std::vector<float> &sums = m_sums[static_cast<size_t>(row.set)];
            sums.resize(static_cast<size_t>(row.slots), 0.0F);
            for (int64_t h = 0; h < row.heads; ++h) {
                for (int64_t i = 0; i < row.slots; ++i)
                    sums[static_cast<size_t>(i)] += row.weights[h * row.slots + i] / static_cast<float>(row.heads);
            }
            if ((row.row + 1) % m_interval != 0 || row.slots <= m_count)
                return;
            dropWorst(sums, 0, row.slots, m_count, drop, m_dropScores);
            for (size_t i = drop.size(); i-- > 0;)
                sums.erase(sums.begin() + drop[i]);
        }

        float dropScore(size_t i) const override { return m_dropScores[i]; }

    private:
        int64_t m_count;
        int64_t m_interval;
        std::vector<std::vector<float>> m_sums; // [sets][slots]
        std::vector<float> m_dropScores;
    };

} // namespace

Result<InnerMethod> makeInner(const std::string &id)
{
    const MethodSpec *spec = findMethod(id);
    if (!spec)
        return fail(ErrorCode::NotFound, "unknown eviction method \"" + id + "\"");
    const MethodInfo info = methodInfo(*spec);
    // Packed positions would need keys that mapped layers do not have.
    auto parameters = canonicalParameters(info, info.parameter("posMode") ? Json{{"posMode", "original"}} : Json::object());
    if (!parameters)
        return fail(parameters.error());
    InnerMethod inner;
    inner.title = spec->title;
    inner.method = spec->create();
    inner.parameters = Parameters(*parameters);
    return inner;
}

Capture withOrdinaryLayers(const Capture &capture)
{
    Capture view = capture;
    const auto ordinary = [&](int64_t l) { return capture.layers[static_cast<size_t>(l)].keys.size(2) > 0; };
    const auto layers = static_cast<int64_t>(capture.layers.size());
    for (int64_t l = 0; l < layers; ++l) {
        for (int64_t gap = 1; !ordinary(l) && gap < layers; ++gap) {
            const int64_t near = l - gap >= 0 && ordinary(l - gap) ? l - gap : l + gap;
            if (near < layers && ordinary(near)) {
                view.layers[static_cast<size_t>(l)] = capture.layers[static_cast<size_t>(near)];
                break;
            }
        }
    }
    return view;
}

int64_t neighbourOf(const MappedPlan &plan, int64_t layer)
{
    const auto layers = static_cast<int64_t>(plan.mapped.size());
    for (int64_t gap = 1; gap < layers; ++gap) {
        if (layer - gap >= 0 && !plan.isMapped(layer - gap))
            return layer - gap;
        if (layer + gap < layers && !plan.isMapped(layer + gap))
            return layer + gap;
    }
    return -1;
}

void keepMappedTokens(const MappedPlan &mapped, const Capture &capture, const Capture &small, KvPlan &plan)
{
    const int64_t tokens = plan.kept.tokens;
    const std::vector<int64_t> counts = plan.layerCounts;
    SortOrder sort;
    std::vector<int32_t> order(static_cast<size_t>(tokens));
    for (int64_t l = 0; l < plan.kept.layers; ++l) {
        if (!mapped.isMapped(l))
            continue;
        const int64_t near = neighbourOf(mapped, l);
        plan.layerCounts[static_cast<size_t>(l)] = near < 0 ? plan.budget : counts[static_cast<size_t>(near)];
        for (int64_t s = 0; s < plan.kept.heads; ++s) {
            const std::vector<float> sums = servedSums(mapped, capture.config, small, l, s, plan.kept.heads);
            sort.descending(sums.data(), tokens, order.data());
            const int64_t row = (l * plan.kept.heads + s) * tokens;
            std::fill_n(plan.kept.classes.begin() + row, tokens, uint8_t(TokenClass::Evicted));
            fillSet(plan, l, s, {}, order);
            if (!plan.kept.score.empty())
                std::copy(sums.begin(), sums.end(), plan.kept.score.begin() + row);
        }
    }
    std::fill(plan.kept.mask.begin(), plan.kept.mask.end(), uint8_t{0});
    packMask(plan.kept);
}

std::unique_ptr<DecodePolicy> mappedPolicy(
    const MappedPlan &mapped, const Capture &capture, const KvPlan &plan, int64_t layer)
{
    return std::make_unique<MappedPolicy>(mapped, capture, plan, layer);
}

} // namespace winnow
