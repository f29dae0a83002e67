#pragma once

#include "core/base/error.h"
#include "core/model/families/family.h"
#include "core/model/tensor_source.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// A tensor of a file and what it is for.
struct PlannedTensor {
    const StoredTensor *tensor;
    const TensorRule *rule;
    int64_t layer = -1; // -1: once in the model
    int64_t expert = -1; // -1: of all experts, or of none
};

struct TensorPlan {
    std::vector<PlannedTensor> tensors;
    std::string prefix; // what stands in the file for Family::hfPrefix
};

/// Compares every tensor of a source with the table of a family and says what each is for.
///
/// @error BadModelFile listing all differences at once: missing, misshapen, unreadable and unknown tensors; the list is cut
///        after 40 with the number of the others.
Result<TensorPlan> planTensors(const TensorSource &source, const Family &family, ModelFormat format, const ModelConfig &config);

/// Totals from the tensors of a plan: `parameters`, `storedType` and `storedTypes`. Rope factors are no parameters.
void readTotals(const TensorPlan &plan, ModelConfig &config);

/// Rope factors that come as tensors, into `config.ropes`.
/// @error BadModelFile when one is not positive.
Result<void> readRopeFactors(const TensorSource &source, const TensorPlan &plan, ModelConfig &config);

/// Parameters a model of this configuration has, from the table alone: the tied matrix once, no rope factors.
int64_t countParameters(const Family &family, ModelFormat format, const ModelConfig &config);

/// Sizes that cannot be: head counts that do not divide, more active experts than there are, windows below 1, ...
/// After it no product of two extents overflows.
/// @error BadModelFile naming what was expected and found.
Result<void> checkSizes(const ModelConfig &config, const std::string &where);

} // namespace winnow
