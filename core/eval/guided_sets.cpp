#include "core/eval/guided_sets.h"

#include "core/eval/guided_late.h"
#include "core/eval/pair.h"
#include "core/methods/group_rule.h"
#include "core/methods/guided_ranking.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <bit>
#include <cassert>

namespace winnow {
namespace {

    /// Sets that the small model's rows choose anew at every row.
    class RankedSets : public GuidedSets {
    public:
        RankedSets(const GuidedSetting &setting, std::span<const int32_t> serving, const GuidedStart &start)
            : GuidedSets(setting)
            , m_config(setting.config)
            , m_rule(setting.plan.groupRule)
            , m_guided(*guidedPlanOf(setting.plan))
            , m_tokens(setting.plan.kept.tokens)
            , m_heads(serving.begin(), serving.end())
        {
            std::sort(m_heads.begin(), m_heads.end());
            m_heads.erase(std::unique(m_heads.begin(), m_heads.end()), m_heads.end());
            for (const int32_t head : serving)
                m_place.push_back(static_cast<size_t>(std::lower_bound(m_heads.begin(), m_heads.end(), head) - m_heads.begin()));
            for (const int32_t head : m_heads) {
                m_sums.push_back(start.sums(head));
                m_past.push_back(start.past ? start.past(head) : std::deque<std::vector<float>>());
            }
        }

        void advance(int64_t row, const SmallRows &small, int64_t smallRow) override
        {
            const int64_t slots = m_tokens + row + 1;
            for (size_t u = 0; u < m_heads.size(); ++u)
                addRow(u, small.row(m_heads[u], smallRow), slots);
            const ClassCounts counts = m_guided.budget.at(slots);
            for (size_t s = 0; s < m_sets.size(); ++s)
                choose(static_cast<int64_t>(s), slots, counts);
        }

    private:
        void addRow(size_t u, const float *row, int64_t slots)
        {
            std::vector<float> &sums = m_sums[u];
            const auto n = static_cast<size_t>(slots);
            if (m_guided.policy == GuidePolicy::Accumulated) {
                sums.resize(n, 0.0F);
                for (size_t v = 0; v < n; ++v)
                    sums[v] += row[v];
                return;
            }
            if (m_guided.policy == GuidePolicy::LastRow) {
                sums.assign(row, row + n);
                return;
            }
            // Summed again at every row: taking the oldest row off a running sum would leave its rounding behind.
            std::deque<std::vector<float>> &past = m_past[u];
            past.emplace_back(row, row + n);
            if (static_cast<int64_t>(past.size()) > m_guided.window)
                past.pop_front();
            sums.assign(n, 0.0F);
            for (const std::vector<float> &one : past) {
                for (size_t v = 0; v < one.size(); ++v)
                    sums[v] += one[v];
            }
        }

        /// @return [older] scores of the tokens before the recent ones.
        void scoreSet(int64_t set, int64_t older)
        {
            const HeadRange heads = queryHeadsOf(m_rule, m_config, set);
            m_rows.clear();
            for (int64_t h = heads.first; h < heads.first + heads.count; ++h) {
                const std::vector<float> &sums = m_sums[m_place[static_cast<size_t>(h)]];
                m_rows.insert(m_rows.end(), sums.begin(), sums.begin() + older);
            }
            m_scores.resize(static_cast<size_t>(older));
            reduceHeads(m_rule, {m_rows.data(), older, heads.count, 1}, older, m_scores.data());
        }

        void choose(int64_t set, int64_t slots, const ClassCounts &counts)
        {
            const int64_t older = slots - counts.recent;
            scoreSet(set, older);
            // Attention is not negative, so its bits sort like its value: one integer holds (falling value, rising position).
            m_order.resize(static_cast<size_t>(older));
            for (size_t v = 0; v < m_order.size(); ++v)
                m_order[v] = (static_cast<uint64_t>(~std::bit_cast<uint32_t>(m_scores[v])) << 32) | v;
            const auto critical = m_order.begin() + std::min(counts.critical, older);
            const auto marginal = m_order.begin() + std::min(counts.critical + counts.marginal, older);
            std::nth_element(m_order.begin(), critical, m_order.end());
            if (marginal != critical)
                std::nth_element(critical, marginal, m_order.end());
            GuidedSet &state = m_sets[static_cast<size_t>(set)];
            const auto take = [](auto first, auto last, std::vector<int32_t> &positions) {
                positions.clear();
                for (auto at = first; at != last; ++at)
                    positions.push_back(static_cast<int32_t>(*at & 0xFFFFFFFFU));
                std::sort(positions.begin(), positions.end());
            };
            take(m_order.begin(), critical, state.kept);
            take(critical, marginal, state.marginal);
            state.critical = static_cast<int64_t>(state.kept.size());
            for (int64_t v = older; v < slots; ++v)
                state.kept.push_back(static_cast<int32_t>(v));
        }

        const ModelConfig &m_config;
        GroupRule m_rule;
        const GuidedPlan &m_guided;
        int64_t m_tokens;
        std::vector<int32_t> m_heads; // small heads that serve here, ascending
        std::vector<size_t> m_place; // [H] of a head's serving one in m_heads
        std::vector<std::vector<float>> m_sums; // [heads][slots] the statistic
        std::vector<std::deque<std::vector<float>>> m_past; // last rows, GuidePolicy::Window
        std::vector<float> m_rows, m_scores;
        std::vector<uint64_t> m_order;
    };

    /// The sets of h2o, with the best of what they dropped as marginal tokens.
    class HeldSets : public GuidedSets {
    public:
        HeldSets(const Capture &capture, const EvaluationCell &cell, const GuidedPlan &guided, int64_t layer)
            : GuidedSets(GuidedSetting{capture.config, cell.plan, layer})
            , m_config(capture.config)
            , m_rule(cell.plan.groupRule)
            , m_layer(layer)
            , m_tokens(capture.tokens())
            , m_counts(guided.budget.at(capture.tokens()))
            , m_policy(cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, layer))
            , m_dropped(m_sets.size())
        {
            assert(m_policy);
            const float *sums = capture.layers[static_cast<size_t>(layer)].colSum.const_data_ptr<float>();
            std::vector<float> scores(static_cast<size_t>(m_tokens));
            for (size_t s = 0; s < m_sets.size(); ++s) {
                const HeadRange heads = queryHeadsOf(m_rule, m_config, static_cast<int64_t>(s));
                reduceHeads(m_rule, {sums + heads.first * m_tokens, m_tokens, heads.count, 1}, m_tokens, scores.data());
                for (const int32_t position : m_sets[s].marginal)
                    m_dropped[s].push_back({scores[static_cast<size_t>(position)], position});
            }
        }

        void advance(int64_t row, const SmallRows &, int64_t) override
        {
            for (size_t s = 0; s < m_sets.size(); ++s) {
                GuidedSet &set = m_sets[s];
                set.kept.push_back(static_cast<int32_t>(m_tokens + row));
                set.critical = static_cast<int64_t>(set.kept.size()) - m_counts.recent;
                set.marginal.clear();
                for (const Dropped &dropped : m_dropped[s])
                    set.marginal.push_back(dropped.position);
                std::sort(set.marginal.begin(), set.marginal.end());
            }
        }

        void attended(int64_t row, int64_t set, const float *weights) override
        {
            GuidedSet &state = m_sets[static_cast<size_t>(set)];
            DecodeRow view;
            view.row = row;
            view.set = set;
            view.layer = m_layer;
            view.weights = weights;
            view.heads = queryHeadsOf(m_rule, m_config, set).count;
            view.positions = state.kept.data();
            view.slots = static_cast<int64_t>(state.kept.size());
            m_drop.clear();
            m_policy->after(view, m_drop);
            std::vector<Dropped> &pool = m_dropped[static_cast<size_t>(set)];
            for (size_t i = m_drop.size(); i-- > 0;) {
                const auto at = state.kept.begin() + m_drop[i];
                pool.push_back({m_policy->dropScore(i), *at});
                state.kept.erase(at);
            }
            // Scores are final, so what is not among the best now never will be.
            std::sort(pool.begin(), pool.end(), [](const Dropped &a, const Dropped &b) {
                return a.score != b.score ? a.score > b.score : a.position < b.position;
            });
            pool.resize(std::min(pool.size(), static_cast<size_t>(m_counts.marginal)));
        }

    private:
        struct Dropped {
            float score = 0;
            int32_t position = 0;
        };

        const ModelConfig &m_config;
        GroupRule m_rule;
        int64_t m_layer;
        int64_t m_tokens;
        ClassCounts m_counts;
        std::unique_ptr<DecodePolicy> m_policy;
        std::vector<std::vector<Dropped>> m_dropped; // [sets] best first
        std::vector<int32_t> m_drop;
    };

    std::vector<float> rowOf(const at::Tensor &rows, int64_t head)
    {
        const float *row = rows.const_data_ptr<float>() + head * rows.size(1);
        return {row, row + rows.size(1)};
    }

    /// The state behind a captured prompt.
    GuidedStart promptStart(const Capture &small, const GuidedPlan &guided)
    {
        const auto layerOf = [&small](int32_t head) -> const LayerCapture & {
            return small.layers[static_cast<size_t>(head / small.config.heads)];
        };
        GuidedStart start;
        start.sums = [&small, &guided, layerOf](int32_t head) {
            return rowOf(guideStatistic(layerOf(head), guided.policy, guided.window), head % small.config.heads);
        };
        if (guided.policy == GuidePolicy::Window) {
            start.past = [&small, &guided, layerOf](int32_t head) {
                std::deque<std::vector<float>> past;
                const at::Tensor &rows = layerOf(head).winRows;
                for (int64_t r = rows.size(1) - std::min(guided.window, rows.size(1)); r < rows.size(1); ++r)
                    past.push_back(rowOf(rows.select(1, r).contiguous(), head % small.config.heads));
                return past;
            };
        }
        return start;
    }

} // namespace

GuidedSets::GuidedSets(const GuidedSetting &setting)
    : m_sets(static_cast<size_t>(setting.plan.kept.heads))
    , m_serving(guidedPlanOf(setting.plan)->serving.data() + setting.layer * setting.config.heads, static_cast<size_t>(setting.config.heads))
{
    const KeptTokens &kept = setting.plan.kept;
    for (size_t s = 0; s < m_sets.size(); ++s) {
        for (int64_t v = 0; v < kept.tokens; ++v) {
            const TokenClass tokenClass = kept.tokenClass(setting.layer, static_cast<int64_t>(s), v);
            if (tokenClass == TokenClass::Marginal)
                m_sets[s].marginal.push_back(static_cast<int32_t>(v));
            else if (tokenClass != TokenClass::Evicted)
                m_sets[s].kept.push_back(static_cast<int32_t>(v));
            m_sets[s].critical += tokenClass == TokenClass::Kept;
        }
    }
}

std::unique_ptr<GuidedSets> makeGuidedSets(const Capture &capture, const EvaluationCell &cell, int64_t layer)
{
    const GuidedPlan &guided = *guidedPlanOf(cell.plan);
    const GuidedSetting setting{capture.config, cell.plan, layer};
    if (guided.late)
        return std::make_unique<LateSets>(setting, capture, *capture.pair->small);
    if (!guided.ranksBySmall)
        return std::make_unique<HeldSets>(capture, cell, guided, layer);
    const std::span<const int32_t> serving(guided.serving.data() + layer * capture.config.heads, static_cast<size_t>(capture.config.heads));
    return rankedSets(setting, serving, promptStart(*capture.pair->small, guided));
}

std::unique_ptr<GuidedSets> rankedSets(const GuidedSetting &setting, std::span<const int32_t> serving, const GuidedStart &start)
{
    return std::make_unique<RankedSets>(setting, serving, start);
}

} // namespace winnow
