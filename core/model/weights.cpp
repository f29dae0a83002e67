#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

#include <set>

namespace winnow {

int64_t Weights::bytes() const
{
    std::set<const void *> seen;
    int64_t total = 0;
    const auto addTensor = [&](const at::Tensor &tensor) {
        if (tensor.defined() && seen.insert(tensor.storage().data()).second)
            total += static_cast<int64_t>(tensor.storage().nbytes());
    };
    // A tied head is the embedding: the same storage when dense, the same rows of the file otherwise.
    const bool sharedHead = !head.isDense() && embedding.sameRows(head);
    Weights all = *this; // copies of handles, not of weights
    all.forEach(addTensor, [&](const WeightMatrix &matrix) {
        if (matrix.isDense() && matrix.bytes() > 0)
            addTensor(matrix.dense());
        else if (&matrix != &all.head || !sharedHead)
            total += matrix.bytes();
    });
    return total;
}

} // namespace winnow
