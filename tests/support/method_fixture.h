#pragma once

#include "core/base/method_info.h"
#include "core/eval/capture.h"
#include "core/eval/pair.h"
#include "core/methods/group_rule.h"
#include "core/methods/method.h"
#include "core/methods/noise.h"
#include "core/methods/registry.h"
#include "core/methods/selection.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace winnow::test {

/// Canonical parameters of a method; fails the calling test (and returns the defaults) when one is refused.
inline Parameters parametersOf(const std::string &id, const Json &given = Json::object())
{
    const MethodInfo info = methodInfo(*findMethod(id));
    auto canonical = canonicalParameters(info, given);
    if (!canonical) {
        QTest::qFail(canonical.error().message.c_str(), __FILE__, __LINE__);
        return Parameters(*canonicalParameters(info, Json::object()));
    }
    return Parameters(*canonical);
}

/// A method with its ranking of one capture.
struct Ranked {
    std::shared_ptr<const Method> method;
    std::shared_ptr<const Ranking> ranking;
    Parameters parameters{Json::object()};
    const Capture *capture = nullptr;
    std::shared_ptr<const Capture> ofPair; // `capture` with what a small model saw, for methods of a pair
    std::string error; // of rank; empty when it went well

    Result<KvPlan> select(int64_t count) const { return method->select(*capture, *ranking, parameters, count); }
    KvPlan plan(int64_t count) const
    {
        auto result = select(count);
        if (!result) {
            QTest::qFail(result.error().message.c_str(), __FILE__, __LINE__);
            return emptyPlan(*capture, GroupRule::KvHeadMean, count);
        }
        return *result;
    }
    std::unique_ptr<DecodePolicy> policy(const KvPlan &plan, int64_t layer) const
    {
        return method->decodePolicy(*capture, *ranking, plan, parameters, layer);
    }
};

inline std::shared_ptr<const Capture> withNoisePair(const Capture &capture, const PairNeeds &needs);

inline Ranked rankMethod(const std::string &id, const Capture &capture, const Json &given = Json::object())
{
    Ranked ranked{findMethod(id)->create(), nullptr, parametersOf(id, given), &capture, nullptr, {}};
    const PairNeeds pair = ranked.method->needs(ranked.parameters).pair;
    if (pair.small && !capture.pair) {
        ranked.ofPair = withNoisePair(capture, pair);
        ranked.capture = ranked.ofPair.get();
    }
    auto ranking = ranked.method->rank(*ranked.capture, ranked.parameters, RunContext{});
    if (ranking)
        ranked.ranking = std::move(*ranking);
    else
        ranked.error = ranking.error().message;
    return ranked;
}

/// Kept positions of one set for a method, parameters and count.
inline std::vector<int32_t> keptBy(const std::string &id, const Capture &capture, const Json &given, int64_t count,
    int64_t layer = 0, int64_t set = 0)
{
    const Ranked ranked = rankMethod(id, capture, given);
    if (!ranked.ranking) {
        QTest::qFail(ranked.error.c_str(), __FILE__, __LINE__);
        return {};
    }
    return keptPositions(ranked.plan(count).kept, layer, set);
}

using Positions = std::vector<int32_t>;

inline at::Tensor tensor2(const std::vector<std::vector<float>> &rows)
{
    at::Tensor out = at::zeros({int64_t(rows.size()), int64_t(rows.front().size())}, at::kFloat);
    float *data = out.mutable_data_ptr<float>();
    for (const std::vector<float> &row : rows)
        data = std::copy(row.begin(), row.end(), data);
    return out;
}

/// An empty capture of the given shape: one layer entry each, tensors to be filled by the test.
inline Capture shapedCapture(int64_t layers, int64_t heads, int64_t kvHeads, int64_t headDim, int64_t tokens)
{
    Capture capture;
    capture.config.layers = layers;
    capture.config.heads = heads;
    capture.config.kvHeads = kvHeads;
    capture.config.headDim = headDim;
    capture.config.ropes.emplace_back().dim = headDim;
    capture.config.layerConfigs.resize(static_cast<size_t>(layers));
    capture.ids.assign(static_cast<size_t>(tokens), 1);
    capture.needs = {.colSum = true, .queryMoments = true, .window = 256};
    capture.window = std::min<int64_t>(256, tokens);
    capture.layers.resize(static_cast<size_t>(layers));
    return capture;
}

/// One layer, one head whose attention matrix is given row by row (row u sees keys 0..u).
inline Capture attentionCapture(const std::vector<std::vector<float>> &attention)
{
    const auto n = static_cast<int64_t>(attention.size());
    Capture capture = shapedCapture(1, 1, 1, 2, n);
    at::Tensor map = at::zeros({n, n}, at::kFloat);
    for (int64_t u = 0; u < n; ++u) {
        for (int64_t v = 0; v <= u; ++v)
            map[u][v] = attention[size_t(u)][size_t(v)];
    }
    capture.layers[0].winRows = map.unsqueeze(0).contiguous();
    capture.layers[0].colSum = map.sum(0).unsqueeze(0).contiguous();
    return capture;
}

/// Pseudo-random tensor in (-1, 1), the same on every machine.
inline at::Tensor noiseTensor(at::IntArrayRef shape, uint64_t seed, at::ScalarType type = at::kFloat)
{
    at::Tensor out = at::zeros(shape, at::kDouble);
    double *data = out.mutable_data_ptr<double>();
    for (int64_t i = 0; i < out.numel(); ++i)
        data[i] = 2 * noiseUniform(seed, {.key = static_cast<uint64_t>(i)}) - 1;
    return out.to(type);
}

/// A capture with every statistic, consistent with itself: random queries and keys, causal softmax.
inline Capture noiseCapture(int64_t layers, int64_t heads, int64_t kvHeads, int64_t headDim, int64_t tokens)
{
    Capture capture = shapedCapture(layers, heads, kvHeads, headDim, tokens);
    const int64_t groups = heads / kvHeads;
    const at::Tensor causal = at::ones({tokens, tokens}, at::kBool).tril();
    for (int64_t l = 0; l < layers; ++l) {
        LayerCapture &layer = capture.layers[size_t(l)];
        const auto seed = static_cast<uint64_t>(l) * 10;
        layer.keys = noiseTensor({kvHeads, tokens, headDim}, seed + 1);
        layer.values = noiseTensor({kvHeads, tokens, headDim}, seed + 2);
        const at::Tensor queries = noiseTensor({heads, tokens, headDim}, seed + 3) * 3;
        const at::Tensor keys = layer.keys.repeat_interleave(groups, 0);
        const at::Tensor logits = at::matmul(queries, keys.transpose(1, 2)) / std::sqrt(double(headDim));
        const at::Tensor map = at::softmax(logits.masked_fill(~causal, -INFINITY), -1);
        layer.colSum = map.sum(1).contiguous();
        layer.winRows = map.narrow(1, tokens - capture.window, capture.window).contiguous();
        const int64_t head = std::min(tokens, kHeadQueries);
        layer.headQueries = queries.narrow(1, 0, head).contiguous();
        const at::Tensor rest = queries.narrow(1, head, tokens - head).to(at::kDouble);
        layer.querySum = rest.sum(1);
        layer.queryOuter = at::matmul(rest.transpose(1, 2), rest);
    }
    return capture;
}

/// The same capture with a small model of noise beside it: 2 layers of 3 heads, tables of noise over the spans asked for.
inline std::shared_ptr<const Capture> withNoisePair(const Capture &capture, const PairNeeds &needs)
{
    auto pair = std::make_shared<PairCapture>();
    const int64_t large = capture.config.layers * capture.config.heads, small = 6;
    pair->small = std::make_shared<const Capture>(noiseCapture(2, 3, 1, capture.config.headDim, capture.tokens()));
    for (const PairSpan &span : needs.spans) {
        PairTables tables;
        tables.span = span;
        const int64_t columns = std::min(span.tokens, capture.tokens());
        tables.largeSums = noiseTensor({large, columns}, 71);
        tables.smallSums = noiseTensor({small, columns}, 72);
        if (!span.metric.empty())
            tables.table = noiseTensor({large, small}, 73);
        pair->spans.push_back(std::move(tables));
    }
    auto both = std::make_shared<Capture>(capture);
    both->pair = std::move(pair);
    both->needs.pair = needs;
    return both;
}

/// What a small model saw of the same tokens, made up as noiseCapture makes it (its window has to hold every row): the tables of
/// column sums of every span, from the maps themselves.
inline std::shared_ptr<const PairCapture> noisePair(const Capture &large, const std::vector<PairSpan> &spans)
{
    Capture small = noiseCapture(2, 3, 1, 4, large.tokens());
    for (LayerCapture &layer : small.layers) { // other numbers than the large one's
        layer.winRows = layer.winRows.flip(0).contiguous();
        layer.colSum = layer.colSum.flip(0).contiguous();
    }
    const auto sums = [](const Capture &capture, const PairSpan &span) {
        const int64_t n = std::min(span.tokens, capture.tokens()), first = span.last ? capture.tokens() - n : 0;
        std::vector<at::Tensor> layers;
        for (const LayerCapture &layer : capture.layers)
            layers.push_back(layer.winRows.narrow(1, first, n).narrow(2, first, n).sum(1));
        return at::stack(layers).flatten(0, 1).contiguous();
    };
    auto pair = std::make_shared<PairCapture>();
    for (const PairSpan &span : spans)
        pair->spans.push_back({span, sums(large, span), sums(small, span), {}});
    pair->small = std::make_shared<const Capture>(std::move(small));
    return pair;
}

} // namespace winnow::test
