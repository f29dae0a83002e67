#pragma once

#include "core/base/json.h"
#include "core/model/config.h"
#include "core/model/tensor_source.h"

#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// What a tensor is for, by its name in either file format: "embedding", "attention", "mlp", "experts", "router", "norm",
/// "head" or "other".
std::string_view tensorPart(std::string_view name);

/// Layer of "blk.3.attn_q.weight", "model.layers.3.mlp.up_proj.weight", "transformer.h.3.attn.c_attn.bias"; -1 = none.
int64_t tensorLayer(std::string_view name);

/// A hook point's shape with the sizes of a model: "[H, T, D]" -> "[9, T, 64]". Letters of what is fed (T, S, rows) stay.
std::string sizedShape(std::string_view shape, const ModelConfig &config);

/// What `describe` with details adds: layerTable, hookPoints, tensors, parts (docs/protocol.md).
/// @cost One entry a tensor; nothing is read but the header.
Json modelDetails(const ModelConfig &config, std::span<const StoredTensor> tensors);

} // namespace winnow
