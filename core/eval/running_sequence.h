#pragma once

#include "core/methods/prompt_scorer.h"
#include "core/model/kv_cache.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// A sequence whose rows are in a cache, with what is known of them, so that one that begins like it goes on from there.
struct RunningSequence {
    std::vector<int32_t> ids;
    std::vector<LayerCache> layers;
    at::Tensor hidden; // [n, E] leaving the last layer
    std::vector<double> information; // [n]
    std::vector<HeadIndex> heads; // whose columns are summed; empty = all
    at::Tensor columns; // [blocks, n] f64, sums of these heads over a block of query rows
    int64_t columnRows = 0; // of a block
    int64_t summed = 0; // first rows whose columns are in there
    bool isWatched = false; // the columns are for later, nobody asked for them now
    uint64_t used = 0;

    int64_t rows() const { return hidden.defined() ? hidden.size(0) : 0; }
    int64_t bytes() const;
    bool sums(std::span<const HeadIndex> asked) const { return std::equal(heads.begin(), heads.end(), asked.begin(), asked.end()); }

    /// Gets ready for the columns of a sequence of `tokens`: sums of other heads or of blocks that are too fine for it go.
    void wantColumns(std::span<const HeadIndex> asked, int64_t tokens);
    /// The same for columns that are read once and dropped.
    void watchColumns(int64_t tokens);
    void dropColumns();
    /// Forgets all but `common` tokens, and rows from `kept` on.
    void cutTo(int64_t common, int64_t kept);
    /// Rows whose columns are known among the first `common`; the sums of later ones go.
    int64_t cutColumns(int64_t common);
    /// Room for the columns of a sequence of `tokens`, zero where no row has been added yet.
    void growColumns(int64_t tokens, const at::Device &device);
};

/// Tokens that two sequences begin with.
int64_t commonPrefix(std::span<const int32_t> a, std::span<const int32_t> b);

} // namespace winnow
