#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/evaluate_saliency.h"
#include "core/model/attention.h"
#include "core/model/forward.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <QtGlobal>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace winnow::test {

/// The plain way to decode under a plan: one token at a time, each slot a row of its own, attention in f64, slots really
/// taken out, shifted keys really rotated to their slot's position. What evaluate() must reproduce.
class TokenLoop {
public:
    TokenLoop(const Capture &capture, const EvaluationCell &cell)
        : m_capture(capture)
        , m_config(capture.config)
        , m_cell(cell)
        , m_kind(headSetsOf(cell.plan.kept, capture.config))
        , m_layers(static_cast<size_t>(capture.config.layers))
        , m_promptKeys(promptKeys(capture))
    {
        for (int64_t l = 0; l < m_config.layers; ++l) {
            Layer &layer = m_layers[static_cast<size_t>(l)];
            if (cell.method && cell.ranking)
                layer.policy = cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, l);
            layer.sets.resize(static_cast<size_t>(setCount(m_kind, m_config)));
            for (size_t s = 0; s < layer.sets.size(); ++s) {
                for (int64_t v = 0; v < capture.tokens(); ++v) {
                    if (cell.plan.kept.kept(l, static_cast<int64_t>(s), v))
                        layer.sets[s].push_back(promptSlot(l, static_cast<int64_t>(s), v));
                }
            }
        }
    }

    /// Feeds one token. @return logits [V] of its row.
    at::Tensor step(int32_t id)
    {
        const Model &model = *m_capture.model;
        const auto position = static_cast<int32_t>(m_capture.tokens() + m_row);
        at::Tensor x = embedRows(model, {&id, 1}, {&position, 1});
        for (int64_t l = 0; l < m_config.layers; ++l) {
            Projections p = projectQkv(model, l, attentionInput(model, l, x));
            at::Tensor attended = at::empty({1, m_config.heads * m_config.valueWidth()}, at::kFloat);
            for (int64_t s = 0; s < static_cast<int64_t>(m_layers[static_cast<size_t>(l)].sets.size()); ++s)
                attendSet(l, s, p, attended.data_ptr<float>());
            if (!finishLayer(model, l, attended, x, RunContext{}))
                qFatal("layer %lld did not end", static_cast<long long>(l));
        }
        ++m_row;
        return headLogits(model, finalNorm(model, x))[0];
    }

    int64_t slots() const
    {
        int64_t count = 0;
        for (const Layer &layer : m_layers) {
            for (const std::vector<Slot> &set : layer.sets)
                count += static_cast<int64_t>(set.size());
        }
        return count;
    }
    const std::vector<Eviction> &evictions() const { return m_evictions; }

private:
    struct Slot {
        int32_t position;
        at::Tensor keys, values; // [kv heads of the set, D] and [.., Dv], keys before RoPE
    };
    struct Layer {
        std::unique_ptr<DecodePolicy> policy;
        std::vector<std::vector<Slot>> sets;
        std::vector<at::Tensor> queries; // [H, D] of each row so far, after RoPE
    };

    int64_t setHeads() const { return m_config.heads / setCount(m_kind, m_config); }
    int64_t firstKv(int64_t set) const { return set * setHeads() / m_config.groups(); }
    int64_t setKvHeads() const { return std::max<int64_t>(1, setHeads() / m_config.groups()); }

    /// Keys of the prompt before RoPE, [Hkv, N, D] a layer: a pass with a hook, as the capture holds them turned.
    static std::vector<at::Tensor> promptKeys(const Capture &capture)
    {
        std::vector<at::Tensor> keys;
        Hooks hooks;
        const HookScope scope = hooks.add(HookPoint::Key, kEveryLayer, [&](const at::Tensor &value, const HookSite &) {
            keys.push_back(value.clone());
            return std::nullopt;
        });
        KvCache cache(capture.config);
        if (!forward(*capture.model, capture.ids, cache, ForwardOptions{.logits = LogitsRows::None, .hooks = &hooks}, RunContext{}))
            qFatal("the prompt does not run");
        return keys;
    }

    at::Tensor rotated(int64_t layer, const at::Tensor &heads, int64_t position) const // [heads, D]
    {
        at::Tensor copy = heads.clone().unsqueeze(0);
        const int32_t place = static_cast<int32_t>(position);
        const ModelRope &rope = m_capture.model->rope();
        rope.rotate(layer, copy, rope.rows({&place, 1}, at::kCPU, m_capture.tokens()));
        return copy[0];
    }

    Slot promptSlot(int64_t layer, int64_t set, int64_t position) const
    {
        const LayerCapture &cache = m_capture.layers[static_cast<size_t>(layer)];
        const at::Tensor keys = m_promptKeys[static_cast<size_t>(layer)].narrow(0, firstKv(set), setKvHeads()).select(1, position);
        const at::Tensor values = cache.values.narrow(0, firstKv(set), setKvHeads()).select(1, position);
        return {static_cast<int32_t>(position), keys, values};
    }

    void drop(int64_t layer, int64_t set, const std::vector<int32_t> &indices)
    {
        Layer &state = m_layers[static_cast<size_t>(layer)];
        std::vector<Slot> &slots = state.sets[static_cast<size_t>(set)];
        for (size_t i = 0; i < indices.size(); ++i)
            m_evictions.push_back({static_cast<int32_t>(m_row), static_cast<int32_t>(layer), static_cast<int32_t>(set),
                slots[static_cast<size_t>(indices[i])].position, state.policy->dropScore(i)});
        for (auto it = indices.rbegin(); it != indices.rend(); ++it)
            slots.erase(slots.begin() + *it);
    }

    void attendSet(int64_t l, int64_t s, const Projections &p, float *out)
    {
        Layer &layer = m_layers[static_cast<size_t>(l)];
        std::vector<Slot> &slots = layer.sets[static_cast<size_t>(s)];
        const int64_t own = m_capture.tokens() + m_row, heads = setHeads(), width = m_config.headDim;
        slots.push_back({static_cast<int32_t>(own), p.k[0].narrow(0, firstKv(s), setKvHeads()).clone(),
            p.v[0].narrow(0, firstKv(s), setKvHeads()).clone()});
        if (s == 0)
            layer.queries.push_back(rotated(l, p.q[0], own));
        DecodeRow row;
        row.row = m_row, row.set = s, row.layer = l, row.heads = heads, row.headDim = width, row.valueDim = m_config.valueWidth();
        row.rule = ScoreRule::of(m_config, l);
        std::vector<int32_t> positions, indices;
        const auto look = [&] {
            positions.clear();
            for (const Slot &slot : slots)
                positions.push_back(slot.position);
            row.positions = positions.data();
            row.slots = static_cast<int64_t>(slots.size());
        };
        look();
        if (layer.policy) {
            layer.policy->before(row, indices);
            drop(l, s, indices);
            look();
        }
        const int64_t n = row.slots;
        const bool shift = m_cell.plan.positions == PositionMode::Shift;
        at::Tensor keys = at::empty({setKvHeads(), n, width}), values = at::empty({setKvHeads(), n, row.valueDim});
        at::Tensor hidden = at::zeros({n}, at::kBool);
        for (int64_t j = 0; j < n; ++j) {
            const Slot &slot = slots[static_cast<size_t>(j)];
            keys.select(1, j).copy_(rotated(l, slot.keys, shift ? j : slot.position));
            values.select(1, j).copy_(slot.values);
            const int64_t distance = shift ? n - 1 - j : own - slot.position;
            hidden[j] = row.rule.window > 0 && distance >= row.rule.window;
        }
        const at::Tensor queries = rotated(l, p.q[0].narrow(0, s * heads, heads), shift ? n - 1 : own); // [heads, D]
        at::Tensor weights = at::empty({heads, n});
        for (int64_t h = 0; h < heads; ++h) {
            const int64_t g = (s * heads + h) / m_config.groups() - firstKv(s);
            at::Tensor scores = at::mv(keys[g].to(at::kDouble), queries[h].to(at::kDouble)) * m_config.scale();
            if (m_config.scoreCap > 0)
                scores = at::tanh(scores / m_config.scoreCap) * m_config.scoreCap;
            const at::Tensor softmax = scores.masked_fill(hidden, -INFINITY).softmax(0);
            weights[h].copy_(softmax);
            const at::Tensor sum = at::mv(values[g].to(at::kDouble).t(), softmax).to(at::kFloat).contiguous();
            std::copy_n(sum.data_ptr<float>(), row.valueDim, out + (s * heads + h) * row.valueDim);
        }
        if (!layer.policy || !layer.policy->wants(m_row))
            return;
        at::Tensor recent;
        row.weights = weights.data_ptr<float>();
        if (layer.policy->needsRows()) {
            row.keys = keys.data_ptr<float>(), row.values = values.data_ptr<float>();
            row.kvHeads = setKvHeads(), row.kvStride = n * width, row.valueStride = n * row.valueDim;
            row.queryRows = std::min(m_row + 1, layer.policy->queryRows());
            std::vector<at::Tensor> last(layer.queries.end() - row.queryRows, layer.queries.end());
            recent = last.empty() ? at::empty({0}) : at::stack(last).narrow(1, s * heads, heads).contiguous();
            row.queries = recent.data_ptr<float>();
        }
        indices.clear();
        layer.policy->after(row, indices);
        drop(l, s, indices);
    }

    const Capture &m_capture;
    const ModelConfig &m_config;
    const EvaluationCell &m_cell;
    HeadSets m_kind;
    std::vector<Layer> m_layers;
    std::vector<at::Tensor> m_promptKeys;
    std::vector<Eviction> m_evictions;
    int64_t m_row = 0;
};

} // namespace winnow::test
