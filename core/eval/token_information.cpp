#include "core/eval/token_information.h"

#include "core/eval/metrics_vector.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

namespace winnow {

at::Tensor tokenInformation(const at::Tensor &logits, std::span<const int32_t> next)
{
    if (!logits.is_cpu())
        return tokenInformationOperators(logits, next);
    const at::Tensor rows = logits.contiguous();
    const auto vocab = static_cast<size_t>(rows.size(1));
    at::Tensor out = at::empty({rows.size(0)}, at::kDouble);
    for (int64_t r = 0; r < rows.size(0); ++r) {
        const float *values = rows.const_data_ptr<float>() + r * rows.size(1);
        const float top = vectorMax(values, vocab);
        const double total = static_cast<double>(top) + std::log(sumExp(values, vocab, top));
        out.data_ptr<double>()[r] = total - static_cast<double>(values[next[static_cast<size_t>(r)]]);
    }
    return out;
}

at::Tensor tokenInformationOperators(const at::Tensor &logits, std::span<const int32_t> next)
{
    at::Tensor ids = at::empty({static_cast<int64_t>(next.size()), 1}, at::kLong);
    std::copy(next.begin(), next.end(), ids.data_ptr<int64_t>());
    const at::Tensor top = at::amax(logits, -1, true); // [rows, 1]
    const at::Tensor total = (logits - top).exp_().sum(-1, true, at::kDouble).log_().add_(top);
    return (total - logits.gather(1, ids.to(logits.device()))).squeeze(1);
}

} // namespace winnow
