#include "core/model/router.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <string>

namespace winnow {
namespace {

    constexpr double kNever = -std::numeric_limits<double>::infinity();

    int64_t keptExperts(const MoeConfig &config, const RouterOptions &options)
    {
        return options.keep.defined() ? options.keep.sum().item<int64_t>() : config.experts;
    }

    /// Which experts lie in one of the best groups [T, N]; ties go to the lower group.
    at::Tensor inBestGroups(const MoeConfig &config, const at::Tensor &ranked)
    {
        const int64_t tokens = ranked.size(0), size = config.experts / config.groups;
        const at::Tensor grouped = ranked.view({tokens, config.groups, size});
        at::Tensor groupScores; // [T, G]
        if (config.groupRanking == ExpertGroups::TwoBest && size > 1) {
            const at::Tensor two = std::get<0>(grouped.topk(2, 2)); // [T, G, 2]
            // A group with one expert left is worth that expert.
            groupScores = two.select(2, 0) + two.select(2, 1).masked_fill(two.select(2, 1) == kNever, 0.0);
        } else {
            groupScores = grouped.amax(2);
        }
        const at::Tensor best = std::get<1>(groupScores.sort(true, 1, true)).narrow(1, 0, config.keptGroups);
        at::Tensor mask = at::zeros({tokens, config.groups}, ranked.options().dtype(at::kBool));
        mask.scatter_(1, best, true);
        return mask.unsqueeze(2).expand({tokens, config.groups, size}).reshape({tokens, config.experts});
    }

    /// Scores without bias [T, N] of logits whose dropped experts are -inf.
    at::Tensor scoresOf(const MoeConfig &config, const at::Tensor &logits)
    {
        return config.score == RouterScore::Sigmoid ? at::sigmoid(logits) : at::softmax(logits, 1);
    }

    bool grouped(const MoeConfig &config)
    {
        return config.groupRanking != ExpertGroups::None && config.groups > 1 && config.keptGroups < config.groups;
    }

} // namespace

at::Tensor routerMassKept(const Routing &routing) { return routing.mass / routing.stockMass.clamp_min(1e-20); }

Result<void> checkMoeConfig(const MoeConfig &config)
{
    const auto bounded = [&](const char *what, int64_t value, int64_t most) -> Result<void> {
        if (value >= 1 && value <= most)
            return {};
        return fail(ErrorCode::BadInput, std::string(what) + ": expected 1 to " + std::to_string(most) + ", found " + std::to_string(value));
    };
    if (auto fits = bounded("active experts", config.active, config.experts); !fits)
        return fits;
    if (auto fits = bounded("expert groups", config.groups, config.experts); !fits)
        return fits;
    if (config.experts % config.groups != 0)
        return fail(ErrorCode::BadInput, "expert groups: " + std::to_string(config.experts) + " experts do not divide into "
                + std::to_string(config.groups) + " groups");
    return bounded("kept expert groups", config.keptGroups, config.groups);
}

Result<void> checkRouterOptions(const MoeConfig &config, const RouterOptions &options)
{
    if (options.active < 0 || options.active > config.experts)
        return fail(ErrorCode::BadInput, "active experts: expected 1 to " + std::to_string(config.experts) + ", found "
                + std::to_string(options.active));
    if (!options.keep.defined())
        return {};
    if (options.keep.dim() != 1 || options.keep.size(0) != config.experts || options.keep.scalar_type() != at::kBool)
        return fail(ErrorCode::BadInput, "kept experts: expected one truth value for each of " + std::to_string(config.experts)
                + " experts, found " + std::to_string(options.keep.numel()));
    if (keptExperts(config, options) == 0)
        return fail(ErrorCode::BadInput, "kept experts: every expert of the layer is dropped", "keep at least one");
    return {};
}

Routing route(
    const MoeConfig &config, const at::Tensor &logits, const at::Tensor &selectionBias, const RouterOptions &options)
{
    Routing routing;
    routing.logits = logits;
    const at::Tensor dropped = options.keep.defined() ? options.keep.logical_not() : at::Tensor();
    const at::Tensor masked = dropped.defined() ? logits.masked_fill(dropped, kNever) : logits;
    routing.scores = scoresOf(config, masked);
    // gating 3 ranks the logits: a bias is added to what is ranked (llama.cpp, LLAMA_EXPERT_GATING_FUNC_TYPE_SOFTMAX_WEIGHT).
    at::Tensor ranked = config.score == RouterScore::SoftmaxOfChosen ? masked : routing.scores;
    if (selectionBias.defined())
        ranked = ranked + selectionBias;
    if (dropped.defined())
        ranked = ranked.masked_fill(dropped, kNever);
    if (grouped(config)) {
        const at::Tensor outside = inBestGroups(config, ranked).logical_not();
        ranked = ranked.masked_fill(outside, config.groupMaskZero ? 0.0 : kNever);
        if (dropped.defined())
            ranked = ranked.masked_fill(dropped, kNever);
        // Where the kept groups hold fewer than k experts, the reference of the zero mask gives the others no weight either.
        if (config.groupMaskZero)
            routing.scores = routing.scores.masked_fill(outside, 0.0);
    }
    const int64_t kept = keptExperts(config, options);
    const int64_t active = std::min(options.active > 0 ? options.active : config.active, kept);
    const int64_t stock = std::min(config.active, kept);
    // A stable sort leaves equal scores in the order of their index; topk does not promise that.
    const at::Tensor order = std::get<1>(ranked.sort(true, 1, true)).narrow(1, 0, std::max(active, stock)); // [T, k] i64
    routing.stockMass = routing.scores.gather(1, order.narrow(1, 0, stock)).sum(1);
    routing.ids = order.narrow(1, 0, active).to(at::kInt);
    weigh(config, options, routing);
    return routing;
}

void weigh(const MoeConfig &config, const RouterOptions &options, Routing &routing)
{
    const at::Tensor ids = routing.ids.to(at::kLong);
    const at::Tensor chosen = routing.scores.gather(1, ids); // [T, k]
    routing.mass = chosen.sum(1);
    const bool stock = options.mode == CombineMode::Default;
    const bool ofChosen = config.score == RouterScore::SoftmaxOfChosen && (stock || options.mode == CombineMode::On);
    if (ofChosen) {
        const at::Tensor logits = routing.logits.gather(1, ids);
        routing.weights = at::softmax(logits, 1);
    } else if (options.mode == CombineMode::Rescale) {
        routing.weights = chosen * (routing.stockMass / routing.mass.clamp_min(1e-20)).unsqueeze(1);
    } else if (options.mode == CombineMode::On || (stock && config.normalise)) {
        const double least = stock ? config.normaliseFloor : 1e-20;
        routing.weights = chosen / routing.mass.clamp_min(least).unsqueeze(1);
    } else {
        routing.weights = chosen;
    }
    if (config.scale != 1.0)
        routing.weights = routing.weights * config.scale;
}

Routing sortedById(const Routing &routing)
{
    Routing sorted = routing;
    const auto [ids, order] = routing.ids.sort(1);
    sorted.ids = ids;
    sorted.weights = routing.weights.gather(1, order);
    return sorted;
}

} // namespace winnow
