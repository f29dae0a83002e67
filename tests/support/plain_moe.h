#pragma once

#include "core/model/ffn.h"
#include "core/model/moe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

/// Experts of random weights, and their formula written out in double precision.
namespace winnow::moe_test {

inline constexpr int64_t kHidden = 24, kWidth = 10, kShared = 14, kExperts = 7;

inline at::Tensor noise(at::IntArrayRef shape, double scale = 1) { return at::randn(shape) * scale; }

inline FfnWeights someFfn(int64_t hidden, int64_t width)
{
    FfnWeights weights;
    weights.gateUp = WeightMatrix(noise({2 * width, hidden}, 0.3));
    weights.down = WeightMatrix(noise({hidden, width}, 0.3));
    return weights;
}

inline ModelConfig someConfig(int64_t active)
{
    ModelConfig config;
    config.hidden = kHidden;
    config.moe.experts = kExperts;
    config.moe.active = active;
    config.moe.expertFfn = kWidth;
    config.moe.normalise = true;
    return config;
}

inline MoeWeights someExperts(int64_t experts = kExperts)
{
    MoeWeights weights;
    weights.router = noise({experts, kHidden}, 0.4);
    for (int64_t e = 0; e < experts; ++e)
        weights.experts.push_back(someFfn(kHidden, kWidth));
    return weights;
}

inline double activated(double x, Activation activation)
{
    switch (activation) {
    case Activation::Silu:
        return x / (1 + std::exp(-x));
    case Activation::GeluTanh:
        return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::Gelu:
        return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::Relu:
        return std::max(0.0, x);
    }
    return 0;
}

inline double dot(const at::Tensor &matrix, int64_t row, const std::vector<double> &x)
{
    const at::Tensor values = matrix[row].contiguous();
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i)
        sum += static_cast<double>(values.data_ptr<float>()[i]) * x[i];
    return sum;
}

inline double biasOf(const at::Tensor &bias, int64_t row) { return bias.defined() ? bias[row].item<double>() : 0.0; }

/// Feed-forward part of one row in double precision, entry by entry.
inline std::vector<double> plainFfn(const ModelConfig &config, const FfnWeights &weights, const std::vector<double> &x)
{
    const int64_t width = weights.down.columns();
    std::vector<double> inner(static_cast<size_t>(width)), out(static_cast<size_t>(weights.down.rows()));
    const at::Tensor gateUp = weights.gateUp.rowsF32(0, weights.gateUp.rows());
    const at::Tensor down = weights.down.rowsF32(0, weights.down.rows());
    for (int64_t i = 0; i < width; ++i) {
        const double first = dot(gateUp, i, x) + biasOf(weights.gateUpBias, i);
        inner[static_cast<size_t>(i)] = activated(first, config.activation)
            * (config.gatedFfn ? dot(gateUp, width + i, x) + biasOf(weights.gateUpBias, width + i) : 1.0);
    }
    for (int64_t i = 0; i < down.size(0); ++i)
        out[static_cast<size_t>(i)] = dot(down, i, inner) + biasOf(weights.downBias, i);
    return out;
}

inline std::vector<double> rowOf(const at::Tensor &x, int64_t row)
{
    const at::Tensor values = x[row].to(at::kDouble).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

inline at::Tensor plainFfnRows(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &x)
{
    at::Tensor out = at::empty({x.size(0), weights.down.rows()});
    for (int64_t t = 0; t < x.size(0); ++t)
        out[t] = at::tensor(plainFfn(config, weights, rowOf(x, t)), at::kDouble).to(at::kFloat);
    return out;
}

/// Softmax over all, the k largest, divided by their sum: written out, one token after the other.
inline at::Tensor plainMoe(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &x)
{
    at::Tensor out = at::zeros(x.sizes());
    for (int64_t t = 0; t < x.size(0); ++t) {
        const std::vector<double> row = rowOf(x, t);
        std::vector<std::pair<double, int64_t>> ranked;
        for (int64_t e = 0; e < config.moe.experts; ++e)
            ranked.emplace_back(-std::exp(dot(weights.router, e, row)), e);
        std::sort(ranked.begin(), ranked.end());
        double sum = 0;
        for (int64_t j = 0; j < config.moe.active; ++j)
            sum += ranked[static_cast<size_t>(j)].first;
        for (int64_t j = 0; j < config.moe.active; ++j) {
            const auto [score, expert] = ranked[static_cast<size_t>(j)];
            const std::vector<double> y = plainFfn(config, weights.experts[static_cast<size_t>(expert)], row);
            out[t].add_(at::tensor(y, at::kDouble).to(at::kFloat), score / sum);
        }
    }
    return out;
}

inline at::Tensor block(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &x, const Hooks *hooks = nullptr,
    const RouterOptions &options = {})
{
    const RunContext context;
    const auto result = moeBlock(config, weights, x, MoeSite{context, hooks, 1, 0, options});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return *result;
}

} // namespace winnow::moe_test
