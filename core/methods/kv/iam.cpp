#include "core/methods/kv/iam_parameters.h"
#include "core/methods/mapped_eviction.h"
#include "core/methods/mapped_layers.h"
#include "core/methods/mapped_map.h"
#include "core/methods/selection.h"

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    class MapRanking : public Ranking {
    public:
        HeadMatch match; // [L * H]; empty for prompts that are too short
        std::optional<InnerMethod> inner;
    };

    bool isShort(const Capture &capture, const Parameters &parameters) { return capture.tokens() < parameters.integer("matchMin"); }

    /// Every token in every layer, as the full cache has it.
    KvPlan wholePlan(const Capture &capture)
    {
        KvPlan plan = emptyPlan(capture, GroupRule::KvHeadMean, capture.tokens());
        std::vector<int32_t> all(static_cast<size_t>(capture.tokens()));
        std::iota(all.begin(), all.end(), 0);
        for (int64_t l = 0; l < plan.kept.layers; ++l) {
            for (int64_t s = 0; s < plan.kept.heads; ++s)
                fillSet(plan, l, s, {}, all);
        }
        packMask(plan.kept);
        plan.storesPositions = false;
        return plan;
    }

    /// Attention rows of a small model replace those of chosen layers (iam.md 3; arXiv:2507.11953, section 4). The count of
    /// select() is that of layers with keys of their own, so that more of it takes more bytes and all of it is the full cache.
    class Iam : public Method {
    public:
        CaptureNeeds needs(const Parameters &parameters) const override
        {
            CaptureNeeds needs;
            if (const std::string evict = parameters.word("evict"); evict != "none") {
                if (auto inner = makeInner(evict))
                    needs.include(inner->method->needs(inner->parameters));
            }
            needs.pair.small = true;
            needs.pair.spans = {mapSpan(parameters)};
            return needs;
        }

        Result<std::unique_ptr<const Ranking>> rank(
            const Capture &capture, const Parameters &parameters, const RunContext &context) const override
        {
            auto ranking = std::make_unique<MapRanking>();
            if (!isShort(capture, parameters)) {
                auto match = buildMap(capture, parameters);
                if (!match)
                    return fail(match.error());
                ranking->match = std::move(*match);
            }
            if (parameters.word("evict") != "none") {
                auto inner = makeInner(parameters.word("evict"));
                if (!inner)
                    return fail(inner.error());
                inner->view = withOrdinaryLayers(capture);
                auto ranked = inner->method->rank(inner->view, inner->parameters, context);
                if (!ranked)
                    return fail(ranked.error());
                inner->ranking = std::move(*ranked);
                ranking->inner = std::move(*inner);
            }
            return ranking;
        }

        Result<KvPlan> select(const Capture &capture, const Ranking &ranking, const Parameters &parameters, int64_t count) const override
        {
            if (count < 1)
                return fail(ErrorCode::BadInput, std::to_string(count) + " layers with keys of their own: expected at least 1");
            const auto *map = dynamic_cast<const MapRanking *>(&ranking);
            const int64_t layers = capture.config.layers;
            if (!map || (!map->match.f.empty() && static_cast<int64_t>(map->match.f.size()) != layers * capture.config.heads))
                return fail(ErrorCode::BadInput, "the ranking belongs to another method or capture");
            // Deviation: the specification maps a short prompt once decoding has made it long enough; here it stays unmapped to the end,
            // and says so: what is measured behind a prompt of some tokens would otherwise be two methods in one number.
            if (isShort(capture, parameters)) {
                KvPlan plan = wholePlan(capture);
                plan.notices.push_back("inactive: prompt shorter than " + std::to_string(parameters.integer("matchMin")) + " tokens");
                return plan;
            }
            auto choice = chooseLayers(capture.config, capture.pair->small->config, parameters, layers - std::min(count, layers));
            if (!choice)
                return fail(choice.error());
            auto plan = innerPlan(capture, *map, parameters);
            if (!plan)
                return fail(plan.error());
            plan->notices.insert(plan->notices.begin(), choice->notices.begin(), choice->notices.end());
            if (!choice->layers.empty())
                mapLayers(capture, *map, parameters, choice->layers, count, *plan);
            return plan;
        }

        std::unique_ptr<DecodePolicy> decodePolicy(const Capture &capture, const Ranking &ranking, const KvPlan &plan,
            const Parameters &, int64_t layer) const override
        {
            const auto *map = dynamic_cast<const MapRanking *>(&ranking);
            if (!map || !map->inner || plan.decodeRule == DecodeRule::Grow || isIdentity(plan))
                return nullptr;
            const MappedPlan *mapped = mappedPlanOf(plan);
            if (mapped && mapped->isMapped(layer))
                return mappedPolicy(*mapped, capture, plan, layer);
            const InnerMethod &inner = *map->inner;
            return inner.method->decodePolicy(inner.view, *inner.ranking, plan, inner.parameters, layer);
        }

    private:
        /// What tokens all layers keep, before layers are mapped.
        static Result<KvPlan> innerPlan(const Capture &capture, const MapRanking &map, const Parameters &parameters)
        {
            if (!map.inner)
                return wholePlan(capture);
            const InnerMethod &inner = *map.inner;
            const int64_t slots = budgetCount({BudgetKind::Fraction, parameters.number("evictBudget")}, capture.tokens());
            auto plan = inner.method->select(inner.view, *inner.ranking, inner.parameters, slots);
            if (plan && plan->kept.heads > capture.config.kvHeads)
                return fail(ErrorCode::Unsupported, inner.title + " keeps tokens per query head: mapped layers have one set per KV head");
            return plan;
        }

        static void mapLayers(const Capture &capture, const MapRanking &map, const Parameters &parameters,
            const std::vector<int64_t> &layers, int64_t count, KvPlan &plan)
        {
            const int64_t heads = capture.config.heads, tokens = capture.tokens();
            auto mapped = std::make_shared<MappedPlan>();
            mapped->staying = count;
            mapped->earlyExit = parameters.flag("slmEarlyExit");
            mapped->chunked = parameters.word("prefillMode") == "chunked";
            mapped->rowBytes = parameters.integer("rowBudget") << 20;
            mapped->span = std::min(tokens, parameters.integer("matchMax"));
            if (const PairTables *tables = capture.pair->find(mapSpan(parameters)))
                mapped->matchMs = tables->compareMs;
            mapped->mapped.assign(static_cast<size_t>(capture.config.layers), 0);
            mapped->serving.assign(map.match.f.size(), -1);
            mapped->score.assign(map.match.f.size(), 0.0F);
            mapped->margin.assign(map.match.f.size(), 0.0F);
            for (const int64_t layer : layers) {
                mapped->mapped[static_cast<size_t>(layer)] = 1;
                const auto from = static_cast<std::ptrdiff_t>(layer * heads), to = static_cast<std::ptrdiff_t>((layer + 1) * heads);
                std::copy(map.match.f.begin() + from, map.match.f.begin() + to, mapped->serving.begin() + from);
                std::copy(map.match.score.begin() + from, map.match.score.begin() + to, mapped->score.begin() + from);
                std::copy(map.match.margin.begin() + from, map.match.margin.begin() + to, mapped->margin.begin() + from);
            }
            mapped->evicts = map.inner && !plan.inactive;
            plan.inactive = false;
            if (mapped->evicts) {
                keepMappedTokens(*mapped, capture, *capture.pair->small, plan);
                plan.expectTotal = plan.expectTotal && plan.expectUniform;
                if (!plan.expectUniform)
                    plan.notices.push_back("mapped layers keep as many tokens as the ordinary layer beside them");
            } else {
                plan.decodeRule = DecodeRule::Grow; // nothing leaves
            }
            for (std::string &notice : costNotices(*mapped, capture.config, capture.pair->small->config, tokens))
                plan.notices.push_back(std::move(notice));
            plan.standIn = std::move(mapped);
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec iam;
}

constinit const MethodSpec methodspecs::iam{.id = "iam",
    .title = "IAM",
    .family = "kv",
    .summary = "Chosen layers use the attention of a small model and hold no keys.",
    .source = "arXiv:2507.11953",
    .sourceUrl = "https://arxiv.org/abs/2507.11953",
    .budget = {.unit = "layers", .defaultFraction = 0.3, .minimumFraction = 0, .meaning = BudgetMeaning::ReplacedLayers, .parameter = "mappingRatio"},
    .parameters = kv::iam_parameters::kParameters,
    .needs = "pair",
    .artifacts = "KeptTokens,SimilarityMatrix,Table,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<Iam>(); }};

} // namespace winnow
