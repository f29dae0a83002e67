#include "core/eval/column_blocks.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <chrono>

namespace winnow {
namespace {

    /// The chosen ones of heads [first, first + count), as indices into them.
    std::vector<int64_t> indicesOf(const std::vector<int64_t> &heads, int64_t first, int64_t count)
    {
        std::vector<int64_t> inside;
        for (const int64_t head : heads) {
            if (head >= first && head < first + count)
                inside.push_back(head - first);
        }
        return inside;
    }

    bool isAll(const std::vector<int64_t> &indices, int64_t count)
    {
        for (size_t i = 0; i < indices.size(); ++i) {
            if (indices[i] != static_cast<int64_t>(i))
                return false;
        }
        return static_cast<int64_t>(indices.size()) == count;
    }

} // namespace

void ColumnBlocks::add(const at::Tensor &weights, const std::vector<int64_t> &heads, const HookSite &site)
{
    const std::vector<int64_t> inside = indicesOf(heads, site.firstHead, weights.size(0));
    if (inside.empty())
        return;
    const auto began = std::chrono::steady_clock::now();
    const at::Tensor chosen
        = isAll(inside, weights.size(0)) ? weights : weights.index_select(0, at::tensor(inside).to(weights.device())); // [H'', rows, n]
    // Whole blocks together, what is left of one at either end by itself.
    for (int64_t from = 0; from < chosen.size(1);) {
        const int64_t row = first + site.firstRow + from, inBlock = row % rows, left = chosen.size(1) - from;
        const int64_t whole = inBlock == 0 ? left / rows : 0, count = std::max<int64_t>(1, whole);
        const int64_t taken = whole > 0 ? whole * rows : std::min(rows - inBlock, left);
        // A few rows in f32, then heads and layers in f64: the rounding of thousands of f32 additions would be visible.
        const at::Tensor columns = chosen.narrow(1, from, taken).unflatten(1, {count, taken / count}).sum(2).sum(0, false, at::kDouble);
        sums.narrow(0, row / rows, count).narrow(1, 0, columns.size(1)).add_(columns);
        from += taken;
    }
    ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

} // namespace winnow
