#pragma once

#include "core/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <vector>

namespace winnow::test {

/// A decoder of the llama type (RMS norms, half rotation, gated SiLU, no bias) written down step by step in f64: what a product
/// reads is rounded to the element type, everything else is exact.
class PlainDecoder {
public:
    PlainDecoder(const ModelConfig &config, const Weights &weights, at::ScalarType type)
        : m_config(config)
        , m_weights(weights)
        , m_type(type)
    {
    }

    /// @return [T, V]
    at::Tensor logits(const std::vector<int32_t> &ids) const
    {
        at::Tensor x = at::empty({int64_t(ids.size()), m_config.hidden}, at::kDouble);
        for (size_t t = 0; t < ids.size(); ++t)
            x[int64_t(t)].copy_(rounded(dense(m_weights.embedding)[ids[t]]));
        for (int64_t l = 0; l < m_config.layers; ++l)
            x = layer(m_weights.layers[size_t(l)], x);
        return product(norm(x, m_weights.finalNorm.weight), m_weights.head);
    }

private:
    static at::Tensor dense(const WeightMatrix &matrix) { return matrix.rowsF32(0, matrix.rows()).to(at::kDouble); }
    at::Tensor rounded(const at::Tensor &x) const { return x.to(m_type).to(at::kDouble); }
    at::Tensor product(const at::Tensor &x, const WeightMatrix &matrix) const { return at::mm(rounded(x), rounded(dense(matrix)).t()); }

    at::Tensor norm(const at::Tensor &x, const at::Tensor &weight) const
    {
        return x / (x.pow(2).mean(-1, true) + m_config.normEps).sqrt() * weight.to(at::kDouble);
    }

    /// x [T, heads, D] at positions 0..T-1.
    at::Tensor rotated(const at::Tensor &x) const
    {
        at::Tensor out = x.clone();
        const int64_t half = m_config.headDim / 2;
        for (int64_t t = 0; t < x.size(0); ++t) {
            for (int64_t j = 0; j < half; ++j) {
                const double angle = double(t) * std::pow(m_config.ropes[0].theta, -2.0 * double(j) / double(m_config.headDim));
                const at::Tensor a = x[t].select(1, j), b = x[t].select(1, j + half);
                out[t].select(1, j).copy_(a * std::cos(angle) - b * std::sin(angle));
                out[t].select(1, j + half).copy_(a * std::sin(angle) + b * std::cos(angle));
            }
        }
        return out;
    }

    at::Tensor layer(const LayerWeights &weights, const at::Tensor &x) const
    {
        const int64_t tokens = x.size(0), heads = m_config.heads, kv = m_config.kvHeads, width = m_config.headDim;
        const at::Tensor all = product(norm(x, weights.attnNorm.weight), weights.qkv);
        const auto part = [&](int64_t column, int64_t count) { return all.narrow(1, column * width, count * width).reshape({tokens, count, width}); };
        const at::Tensor q = rotated(part(0, heads)), k = rounded(rotated(part(heads, kv))), v = rounded(part(heads + kv, kv));
        const at::Tensor hidden = at::ones({tokens, tokens}, at::kBool).triu(1);
        std::vector<at::Tensor> attended;
        for (int64_t h = 0; h < heads; ++h) {
            const int64_t g = h / m_config.groups();
            const at::Tensor scores = at::mm(rounded(q.select(1, h) / std::sqrt(double(width))), k.select(1, g).t());
            attended.push_back(at::mm(rounded(at::softmax(scores.masked_fill(hidden, -INFINITY), 1)), v.select(1, g)));
        }
        const at::Tensor between = x + product(at::cat(attended, 1), weights.output);
        const at::Tensor gateUp = product(norm(between, weights.ffnNorm.weight), weights.ffn.gateUp);
        const int64_t inner = gateUp.size(1) / 2;
        return between + product(at::silu(gateUp.narrow(1, 0, inner)) * gateUp.narrow(1, inner, inner), weights.ffn.down);
    }

    const ModelConfig &m_config;
    const Weights &m_weights;
    at::ScalarType m_type;
};

} // namespace winnow::test
