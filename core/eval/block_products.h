#pragma once

#include "core/eval/evaluate_layer.h"
#include "core/model/attention.h"
#include "core/model/config.h"

#include <array>
#include <cstdint>

// The products of a block of rows, for every kind of layer execution.
namespace winnow {

enum class Transposed { No, Yes };

/// c [rows, columns] = a [rows, inner] * b, b [inner, columns] or, transposed, [columns, inner].
void multiply(const float *a, const float *b, Transposed transposed, std::array<int64_t, 3> rowsInnerColumns, float *c);

/// Queries head by head, scaled, into scratch.queries [H, count, D].
void scaleQueries(const ModelConfig &config, const BlockRows &rows, AttentionScratch &scratch);

/// Outputs head by head [H, count, Dv] -> rows [count, H * Dv].
void toRows(const ModelConfig &config, int64_t count, const float *from, float *out);

/// cap * tanh(score / cap) where the layer caps.
void capScores(const ScoreRule &rule, float *scores, int64_t count);

/// Prompt rows of a KV head and the rows since, one after the other: [N + fresh, width].
/// @param prompt [Hkv, N, width]. @param newRows [Hkv, capacity, width], `fresh` of them filled.
void joinRows(const at::Tensor &prompt, const float *newRows, int64_t kvHead, int64_t fresh, int64_t capacity, float *out);

} // namespace winnow
