#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/model.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Which tensors of a pass are written.
struct TensorSelection {
    std::string what = "*"; // patterns with * and ?, separated by commas, on whole names
    std::vector<int64_t> layers{}; // limits "layer.L.*"; empty = all
    int64_t window = 32; // rows of win_mean, at most T
    int64_t greedy = 0; // > 0: that many greedy tokens as greedy_ids, end tokens ignored
};

/// Names `writeCaptureTensors` knows for a model, in the order of the pass: input_ids, position_ids, hidden.0..L,
/// layer.L.{q_rope, k_rope, v, probs, heads, attn_out, mlp_out, colsum, row_entropy, last_row, win_mean}, logits.
std::vector<std::string> captureTensorNames(const ModelConfig &config);

/// Runs the model over `ids` and writes the chosen tensors as f32 (ids as i32), shaped as in hookPoints() with T = S.
///
/// @return names written.
/// @error BadInput (patterns that match nothing, layer out of range, as captureContext), Io, Cancelled; no file is left then.
/// @cost  One pass; attention maps go to the file block by block, so memory does not depend on how many are asked for.
Result<std::vector<std::string>> writeCaptureTensors(const Model &model, std::span<const int32_t> ids,
    const TensorSelection &selection, const std::filesystem::path &path, const RunContext &context);

} // namespace winnow
