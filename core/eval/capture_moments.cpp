#include "core/eval/capture_moments.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Rows of one f32 product of queries; the sum over blocks is f64.
    constexpr int64_t kMomentRows = 256;

} // namespace

void keepQueryMoments(const at::Tensor &q, LayerCapture &layer)
{
    const int64_t tokens = q.size(0);
    const int64_t first = std::min(tokens, kHeadQueries);
    layer.headQueries = q.narrow(0, 0, first).transpose(0, 1).contiguous().cpu();
    const at::TensorOptions options = at::TensorOptions(at::kDouble).device(q.device());
    layer.querySum = at::zeros({q.size(1), q.size(2)}, options);
    layer.queryOuter = at::zeros({q.size(1), q.size(2), q.size(2)}, options);
    for (int64_t row = first; row < tokens; row += kMomentRows) {
        const int64_t count = std::min(kMomentRows, tokens - row);
        const at::Tensor block = q.narrow(0, row, count).transpose(0, 1).contiguous(); // [H, count, D]
        layer.queryOuter.add_(at::bmm(block.transpose(1, 2), block));
        layer.querySum.add_(block.sum(1));
    }
    layer.queryOuter = layer.queryOuter.cpu();
    layer.querySum = layer.querySum.cpu();
}

} // namespace winnow
