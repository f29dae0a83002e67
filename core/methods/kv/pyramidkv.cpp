#include "core/methods/kv/common.h"
#include "core/methods/window_method.h"

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    /// Slots outside the window per layer, from `most` in the first layer to `least` in the last, both as whole numbers
    /// over `unit`.
    struct Slope {
        int64_t most = 0, least = 0, unit = 1;
    };

    /// mn = base / beta, mx = 2 base - mn, capped by what there is to keep.
    Slope slopeOf(int64_t base, int64_t candidates, int64_t beta, bool official)
    {
        Slope slope{2 * base * beta - base, base, beta};
        if (official)
            slope = {2 * base - base / beta, base / beta, 1};
        if (slope.most > candidates * slope.unit)
            slope = {candidates, 2 * base - candidates, 1};
        return slope;
    }

    /// Official rounding: whole steps, so that the asked total is missed.
    std::vector<int64_t> officialCounts(const Slope &slope, int64_t layers)
    {
        const int64_t step = layers > 1 ? (slope.most - slope.least) / (layers - 1) : 0;
        std::vector<int64_t> counts;
        for (int64_t l = 0; l < layers; ++l)
            counts.push_back(slope.most - l * step);
        return counts;
    }

    /// Floors, then the missing slots to the largest fractions, ties to the lower layer; all in whole numbers.
    std::vector<int64_t> exactCounts(const Slope &slope, int64_t layers, int64_t base)
    {
        if (layers == 1)
            return {base};
        const int64_t unit = slope.unit * (layers - 1);
        std::vector<int64_t> counts, fractions;
        for (int64_t l = 0; l < layers; ++l) {
            const int64_t quota = slope.most * (layers - 1) - l * (slope.most - slope.least);
            counts.push_back(quota / unit);
            fractions.push_back(quota % unit);
        }
        std::vector<size_t> order(counts.size());
        std::iota(order.begin(), order.end(), size_t(0));
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return fractions[a] > fractions[b]; });
        const int64_t missing = layers * base - std::accumulate(counts.begin(), counts.end(), int64_t(0));
        for (int64_t i = 0; i < missing; ++i)
            ++counts[order[static_cast<size_t>(i)]];
        return counts;
    }

    /// SnapKV's scores with more slots in low layers than in high ones (kv-eviction-baselines.md 3.6; arXiv:2406.02069,
    /// section 4).
    class PyramidKv : public WindowMethod {
    public:
        void finishPlan(const Capture &capture, const Parameters &parameters, KvPlan &plan) const override
        {
            const int64_t tokens = capture.tokens();
            const int64_t layers = capture.config.layers;
            const int64_t base = plan.budget - plan.window;
            if (plan.inactive)
                return;
            if (tokens < 2 * base) {
                plan.notices.push_back("flat: the context is too short for a pyramid of this budget");
                return;
            }
            const bool official = parameters.word("rounding") == "official";
            const Slope slope = slopeOf(base, tokens - plan.window, parameters.integer("beta"), official);
            plan.layerCounts = official ? officialCounts(slope, layers) : exactCounts(slope, layers, base);
            plan.expectUniform = false;
            int64_t total = 0;
            for (int64_t &count : plan.layerCounts) {
                count += plan.window;
                total += count;
            }
            plan.expectTotal = total == layers * plan.budget;
            if (!plan.expectTotal) {
                plan.notices.push_back("official rounding keeps " + std::to_string(total) + " slots over all layers where "
                    + std::to_string(layers * plan.budget) + " were asked");
            }
        }
    };

    constexpr std::array<std::string_view, 2> kRoundings{"exact", "official"};
    constexpr std::array<std::string_view, 2> kRoundingTitles{"Exact (meets the total)", "Official"};
    constexpr std::array kParameters{
        ParameterSpec{.name = "beta",
            .title = "Steepness",
            .tooltip = "The last layer gets the mean budget divided by this; 1 gives every layer the same.",
            .type = ParameterType::Int,
            .defaultValue = 20,
            .minimum = 1,
            .maximum = 100},
        ParameterSpec{.name = "rounding",
            .title = "Rounding",
            .tooltip = "Exact meets the asked total over all layers; official repeats the published code, which misses it.",
            .type = ParameterType::Choice,
            .defaultValue = 0,
            .choices = kRoundings,
            .choiceTitles = kRoundingTitles},
        kv::kWindow, kv::kPool, kv::kKernel, kv::kGroupRule, kv::kDecodeGrow, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec pyramidkv;
}

constinit const MethodSpec methodspecs::pyramidkv{.id = "pyramidkv",
    .title = "PyramidKV",
    .family = "kv",
    .summary = "Like SnapKV, with more slots in low layers and fewer in high ones.",
    .source = "arXiv:2406.02069",
    .sourceUrl = "https://arxiv.org/abs/2406.02069",
    .budget = {},
    .parameters = kParameters,
    .needs = "winRows",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<PyramidKv>(); }};

} // namespace winnow
