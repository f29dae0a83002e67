#include "core/eval/running_sequence.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int64_t kColumnRows = 16; // what a change costs again is half of this; sums of 16 rows are a sixteenth of a map in f32
    constexpr int64_t kColumnBytes = int64_t{16} << 20; // of all blocks; long sequences have larger ones

    int64_t blocksOf(int64_t rows, int64_t blockRows) { return blockRows > 0 ? (rows + blockRows - 1) / blockRows : 0; }

    /// Query rows of a block of column sums of so many tokens.
    int64_t columnRowsOf(int64_t tokens)
    {
        int64_t rows = kColumnRows;
        while (blocksOf(tokens, rows) * tokens * static_cast<int64_t>(sizeof(double)) > kColumnBytes)
            rows *= 2;
        return rows;
    }

} // namespace

int64_t commonPrefix(std::span<const int32_t> a, std::span<const int32_t> b)
{
    return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

int64_t RunningSequence::bytes() const
{
    int64_t sum = hidden.defined() ? static_cast<int64_t>(hidden.nbytes()) : 0;
    for (const LayerCache &layer : layers)
        sum += layer.allocatedBytes();
    return columns.defined() ? sum + static_cast<int64_t>(columns.nbytes()) : sum;
}

void RunningSequence::wantColumns(std::span<const HeadIndex> asked, int64_t tokens)
{
    const int64_t blockRows = columnRowsOf(tokens);
    if (!sums(asked) || columnRows < blockRows)
        dropColumns();
    if (summed == 0)
        columnRows = blockRows;
    heads.assign(asked.begin(), asked.end());
}

void RunningSequence::watchColumns(int64_t tokens)
{
    dropColumns();
    isWatched = true;
    heads.clear();
    columnRows = tokens; // one block: nobody goes on from it
}

void RunningSequence::dropColumns()
{
    columns.reset();
    summed = 0;
    isWatched = false;
}

int64_t RunningSequence::cutColumns(int64_t common)
{
    if (summed > common) // a block that loses rows is added again from its first one on
        summed = common / columnRows * columnRows;
    return summed;
}

void RunningSequence::cutTo(int64_t common, int64_t kept)
{
    ids.resize(static_cast<size_t>(common));
    information.resize(std::min(information.size(), static_cast<size_t>(common)));
    for (LayerCache &layer : layers)
        layer.forgetFrom(static_cast<int32_t>(kept));
    if (hidden.defined())
        hidden = hidden.narrow(0, 0, kept);
}

void RunningSequence::growColumns(int64_t tokens, const at::Device &device)
{
    at::Tensor grown = at::zeros({blocksOf(tokens, columnRows), tokens}, at::TensorOptions(at::kDouble).device(device));
    const auto filled = [&](const at::Tensor &all) { return all.narrow(0, 0, blocksOf(summed, columnRows)).narrow(1, 0, summed); };
    if (summed > 0)
        filled(grown).copy_(filled(columns));
    columns = std::move(grown);
}

} // namespace winnow
