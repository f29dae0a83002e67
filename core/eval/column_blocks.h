#pragma once

#include "core/model/hooks.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace winnow {

/// Column sums of attention, kept apart by blocks of query rows: a sequence can be read on from the end of any of them. They stay
/// where the attention is; heads, layers and passes add to them.
struct ColumnBlocks {
    at::Tensor sums; // [blocks, S] f64, zeroed by the caller
    int64_t rows = 0; // query rows of a block
    int64_t first = 0; // rows of the sequence before those of the pass: its row t is in block (first + t) / rows
    double ms = 0; // CPU: adding

    /// Adds what a hook sees of the weights.
    /// @param weights [H', rows, n] f32 of the query heads from site.firstHead and the rows from site.firstRow on; slots from 0.
    /// @param heads   query heads that are added; one that stands there twice counts twice.
    /// @cost          one read of the weights; on a GPU nothing is waited for.
    void add(const at::Tensor &weights, const std::vector<int64_t> &heads, const HookSite &site);
};

} // namespace winnow
