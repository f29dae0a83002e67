#pragma once

#include "core/eval/attention_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <memory>
#include <vector>

namespace winnow::test {

/// Rows of a causal map: row u has u + 1 numbers that sum to one.
using CausalMap = std::vector<std::vector<float>>;

/// A source whose heads have exactly these maps: keys are the unit vectors, queries the logarithms of the rows.
/// @param maps [layers * heads], all of one size.
inline AttentionSourcePtr sourceOfMaps(const std::vector<CausalMap> &maps, HeadShape shape)
{
    auto source = std::make_shared<AttentionSource>();
    const auto n = int64_t(maps[0].size());
    source->shape = shape;
    source->kvHeads = shape.heads;
    source->tokens = n;
    for (int64_t l = 0; l < shape.layers; ++l) {
        AttentionSource::Layer layer;
        layer.queries = at::zeros({shape.heads, n, n});
        layer.keys = at::eye(n).unsqueeze(0).repeat({shape.heads, 1, 1});
        for (int64_t h = 0; h < shape.heads; ++h) {
            for (int64_t u = 0; u < n; ++u) {
                for (int64_t v = 0; v <= u; ++v) {
                    const float p = maps[size_t(l * shape.heads + h)][size_t(u)][size_t(v)];
                    layer.queries[h][u][v] = p > 0 ? std::log(p) : -200.0F; // nothing is left of it in f32
                }
            }
        }
        source->layers.push_back(layer);
    }
    return source;
}

} // namespace winnow::test
