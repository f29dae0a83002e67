#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/guided_plan.h"
#include "core/model/attention.h"
#include "core/model/forward.h"

#include <ATen/ATen.h>

#include <QtGlobal>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

namespace winnow::test {

/// Attention maps of all heads of a model over a text, [L * H, n, n] f64: plain forward pass, one hook.
inline at::Tensor attentionMaps(const Model &model, const std::vector<int32_t> &ids)
{
    const ModelConfig &config = model.config();
    const auto n = static_cast<int64_t>(ids.size());
    at::Tensor maps = at::zeros({config.layers * config.heads, n, n}, at::kDouble);
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &p, const HookSite &site) {
        maps.narrow(0, site.layer * config.heads + site.firstHead, p.size(0)).narrow(1, site.firstRow, p.size(1)).narrow(2, 0, p.size(2)).copy_(p);
        return std::optional<at::Tensor>();
    });
    KvCache cache(config);
    if (!forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::None, .hooks = &hooks}, RunContext{}))
        qFatal("the text does not run");
    return maps;
}

/// SmallKV as its specification has it (smallkv.md 3): one token at a time, all keys and values at hand, sets by stable sorts,
/// sums in f64. What evaluate() and the measured run must reproduce.
class GuidedLoop {
public:
    using Rows = std::vector<std::vector<double>>;

    /// @param continuation what will be fed: the small model reads the whole text at once.
    /// @param serving      heads of the small model, when they are matched only later: rows before `firstRow` see every token.
    GuidedLoop(const Capture &capture, const EvaluationCell &cell, const std::vector<int32_t> &continuation,
        std::vector<int32_t> serving = {}, int64_t firstRow = 0)
        : m_capture(capture)
        , m_config(capture.config)
        , m_plan(cell.plan)
        , m_guided(dynamic_cast<const GuidedPlan &>(*cell.plan.standIn))
        , m_serving(serving.empty() ? m_guided.serving : std::move(serving))
        , m_firstRow(firstRow)
    {
        std::vector<int32_t> ids = capture.ids;
        ids.insert(ids.end(), continuation.begin(), continuation.end());
        m_small = attentionMaps(*capture.pair->small->model, ids);
        m_large = attentionMaps(*capture.model, capture.ids);
        for (const LayerCapture &layer : capture.layers) {
            m_keys.push_back(layer.keys.to(at::kDouble));
            m_values.push_back(layer.values.to(at::kDouble));
        }
        startHeld();
    }

    /// Feeds one token. @return logits [V].
    at::Tensor step(int32_t id)
    {
        const Model &model = *m_capture.model;
        const auto position = static_cast<int32_t>(m_capture.tokens() + m_row);
        const RopeRows rope = model.rope().rows({&position, 1}, at::kCPU);
        at::Tensor x = embedRows(model, {&id, 1}, {&position, 1});
        for (int64_t l = 0; l < m_config.layers; ++l) {
            Projections p = projectQkv(model, l, attentionInput(model, l, x));
            model.rope().rotate(l, p.q, rope);
            model.rope().rotate(l, p.k, rope);
            m_keys[size_t(l)] = at::cat({m_keys[size_t(l)], p.k[0].unsqueeze(1).to(at::kDouble)}, 1);
            m_values[size_t(l)] = at::cat({m_values[size_t(l)], p.v[0].unsqueeze(1).to(at::kDouble)}, 1);
            at::Tensor out = at::zeros({1, m_config.heads * m_config.valueWidth()}, at::kFloat);
            for (int64_t s = 0; s < m_plan.kept.heads; ++s)
                attendSet(l, s, p.q[0].to(at::kDouble), out);
            if (!finishLayer(model, l, out, x, RunContext{}))
                qFatal("layer %lld did not end", static_cast<long long>(l));
        }
        ++m_row;
        return headLogits(model, finalNorm(model, x))[0];
    }

    /// Critical positions of the last step, [L * sets].
    const std::vector<std::vector<int64_t>> &critical() const { return m_critical; }

private:
    struct Held { // h2o's slots of one set
        std::vector<int64_t> positions;
        Rows sums; // [heads][positions]
        std::vector<std::pair<double, int64_t>> dropped;
    };

    int64_t setHeads() const { return m_config.heads / m_plan.kept.heads; }
    int64_t slots() const { return m_capture.tokens() + m_row + 1; }
    int64_t serving(int64_t layer, int64_t head) const { return m_serving[size_t(layer * m_config.heads + head)]; }

    /// The ranking statistic of one small head after the row of this step.
    std::vector<double> statistic(int64_t small) const
    {
        const int64_t n = slots();
        const int64_t rows = m_guided.policy == GuidePolicy::Accumulated ? n : m_guided.policy == GuidePolicy::LastRow ? 1 : std::min(n, m_guided.window);
        const at::Tensor sums = m_small[small].narrow(0, n - rows, rows).narrow(1, 0, n).sum(0).contiguous();
        return {sums.data_ptr<double>(), sums.data_ptr<double>() + n};
    }

    double reduce(const std::vector<double> &values) const
    {
        if (m_plan.groupRule == GroupRule::KvHeadMax)
            return *std::max_element(values.begin(), values.end());
        return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    }

    void startHeld()
    {
        m_critical.resize(size_t(m_config.layers * m_plan.kept.heads));
        const ClassCounts counts = m_guided.budget.at(m_capture.tokens());
        for (int64_t l = 0; l < m_config.layers; ++l) {
            for (int64_t s = 0; s < m_plan.kept.heads; ++s) {
                Held &held = m_held.emplace_back();
                Rows sums;
                for (int64_t h = s * setHeads(); h < (s + 1) * setHeads(); ++h) {
                    const at::Tensor sum = m_large[l * m_config.heads + h].sum(0).contiguous();
                    sums.emplace_back(sum.data_ptr<double>(), sum.data_ptr<double>() + sum.numel());
                }
                held.sums.resize(sums.size());
                const std::vector<int64_t> order = ranked(sums, m_capture.tokens() - counts.recent);
                std::vector<int64_t> keep(order.begin(), order.begin() + counts.critical);
                for (int64_t v = m_capture.tokens() - counts.recent; v < m_capture.tokens(); ++v)
                    keep.push_back(v);
                std::sort(keep.begin(), keep.end());
                held.positions = keep;
                for (size_t h = 0; h < sums.size(); ++h) {
                    for (const int64_t v : keep)
                        held.sums[h].push_back(sums[h][size_t(v)]);
                }
                for (auto it = order.begin() + counts.critical; it != order.end(); ++it)
                    held.dropped.emplace_back(scoreOf(sums, size_t(*it)), *it);
            }
        }
    }

    double scoreOf(const Rows &rows, size_t v) const
    {
        std::vector<double> values;
        for (const std::vector<double> &row : rows)
            values.push_back(row[v]);
        return reduce(values);
    }

    /// Positions 0..older-1, best first.
    std::vector<int64_t> ranked(const Rows &rows, int64_t older) const
    {
        std::vector<double> score;
        for (int64_t v = 0; v < older; ++v)
            score.push_back(scoreOf(rows, size_t(v)));
        std::vector<int64_t> order(static_cast<size_t>(older));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return score[size_t(a)] > score[size_t(b)]; });
        return order;
    }

    void chooseSet(int64_t l, int64_t s, std::vector<int64_t> &keep, std::vector<int64_t> &marginal)
    {
        if (m_row < m_firstRow) {
            keep.resize(size_t(slots()));
            std::iota(keep.begin(), keep.end(), 0);
            return;
        }
        std::vector<int64_t> &critical = m_critical[size_t(l * m_plan.kept.heads + s)];
        if (!m_guided.ranksBySmall) {
            Held &held = m_held[size_t(l * m_plan.kept.heads + s)];
            held.positions.push_back(slots() - 1);
            keep = held.positions;
            std::stable_sort(held.dropped.begin(), held.dropped.end(), [](const auto &a, const auto &b) {
                return a.first > b.first || (a.first == b.first && a.second < b.second);
            });
            const ClassCounts counts = m_guided.budget.at(m_capture.tokens());
            for (int64_t i = 0; i < std::min<int64_t>(counts.marginal, int64_t(held.dropped.size())); ++i)
                marginal.push_back(held.dropped[size_t(i)].second);
            return;
        }
        const ClassCounts counts = m_guided.budget.at(slots());
        Rows rows;
        for (int64_t h = s * setHeads(); h < (s + 1) * setHeads(); ++h)
            rows.push_back(statistic(serving(l, h)));
        const std::vector<int64_t> order = ranked(rows, slots() - counts.recent);
        critical.assign(order.begin(), order.begin() + counts.critical);
        keep = critical;
        for (int64_t v = slots() - counts.recent; v < slots(); ++v)
            keep.push_back(v);
        marginal.assign(order.begin() + counts.critical, order.begin() + counts.critical + counts.marginal);
    }

    void attendSet(int64_t l, int64_t s, const at::Tensor &queries, at::Tensor &out)
    {
        std::vector<int64_t> keep, marginal;
        chooseSet(l, s, keep, marginal);
        Rows kept;
        for (int64_t h = s * setHeads(); h < (s + 1) * setHeads(); ++h) {
            const int64_t g = h / m_config.groups();
            const ScoreRule rule = ScoreRule::of(m_config, l);
            std::vector<double> logit;
            for (int64_t v = 0; v < slots(); ++v) {
                double score = at::dot(queries[h], m_keys[size_t(l)][g][v]).item<double>() * rule.scale;
                if (rule.cap > 0)
                    score = rule.cap * std::tanh(score / rule.cap);
                logit.push_back(v >= rule.firstSeen(slots() - 1) ? score : -INFINITY);
            }
            std::vector<int64_t> all(logit.size());
            std::iota(all.begin(), all.end(), 0);
            const std::vector<double> w = softmax(logit, keep), full = softmax(logit, all);
            at::Tensor o = combine(l, h, keep, marginal, w, full, logit);
            out[0].narrow(0, h * m_config.valueWidth(), m_config.valueWidth()).copy_(o);
            std::vector<double> weights;
            for (const int64_t v : keep)
                weights.push_back(w[size_t(v)]);
            kept.push_back(weights);
        }
        if (!m_guided.ranksBySmall)
            dropWorst(m_held[size_t(l * m_plan.kept.heads + s)], kept);
    }

    static std::vector<double> softmax(const std::vector<double> &logit, const std::vector<int64_t> &keep)
    {
        double top = -INFINITY, sum = 0;
        for (const int64_t v : keep)
            top = std::max(top, logit[size_t(v)]);
        std::vector<double> w(logit.size(), 0.0);
        for (const int64_t v : keep)
            sum += w[size_t(v)] = std::exp(logit[size_t(v)] - top);
        for (double &value : w)
            value /= sum;
        return w;
    }

    at::Tensor combine(int64_t l, int64_t h, const std::vector<int64_t> &keep, const std::vector<int64_t> &marginal,
        const std::vector<double> &w, const std::vector<double> &full, const std::vector<double> &logit) const
    {
        const at::Tensor values = m_values[size_t(l)][h / m_config.groups()];
        const at::Tensor row = m_small[serving(l, h)][slots() - 1];
        at::Tensor oc = at::zeros({m_config.valueWidth()}, at::kDouble), om = oc.clone(), oracle = oc.clone();
        double m = 0, z = 0;
        for (const int64_t v : keep) {
            oc += w[size_t(v)] * values[v];
            oracle += full[size_t(v)] * values[v];
            z += std::isfinite(logit[size_t(v)]) ? row[v].item<double>() : 0;
        }
        for (const int64_t v : marginal) {
            const double a = std::isfinite(logit[size_t(v)]) ? row[v].item<double>() : 0;
            m += a;
            om += a * values[v];
            oracle += full[size_t(v)] * values[v];
        }
        switch (m_guided.rescale) {
        case Rescale::Literal: return oc + om;
        case Rescale::Mass: return (1 - m) * oc + om;
        case Rescale::MassDrop: return z * oc + om;
        case Rescale::Ratio: return (z * oc + om) / (z + m);
        case Rescale::Oracle: return oracle;
        case Rescale::None: break;
        }
        return oc;
    }

    /// h2o: the row is added, then the lightest of the older slots goes for ever.
    void dropWorst(Held &held, const Rows &weights)
    {
        for (size_t h = 0; h < weights.size(); ++h) {
            held.sums[h].push_back(0);
            for (size_t i = 0; i < held.positions.size(); ++i)
                held.sums[h][i] += weights[h][i];
        }
        const ClassCounts counts = m_guided.budget.at(m_capture.tokens());
        size_t worst = 0;
        for (size_t i = 1; i < held.positions.size() - size_t(counts.recent); ++i) {
            if (scoreOf(held.sums, i) <= scoreOf(held.sums, worst))
                worst = i;
        }
        held.dropped.emplace_back(scoreOf(held.sums, worst), held.positions[worst]);
        held.positions.erase(held.positions.begin() + std::ptrdiff_t(worst));
        for (std::vector<double> &sums : held.sums)
            sums.erase(sums.begin() + std::ptrdiff_t(worst));
    }

    const Capture &m_capture;
    const ModelConfig &m_config;
    const KvPlan &m_plan;
    const GuidedPlan &m_guided;
    std::vector<int32_t> m_serving;
    int64_t m_firstRow;
    at::Tensor m_small, m_large; // maps
    std::vector<at::Tensor> m_keys, m_values; // [L] of [Hkv, S, D]
    std::vector<Held> m_held; // [L * sets]
    std::vector<std::vector<int64_t>> m_critical;
    int64_t m_row = 0;
};

} // namespace winnow::test
