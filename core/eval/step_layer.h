#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/small_pass.h"
#include "core/model/forward.h"
#include "core/model/kv_cache.h"

#include <cstdint>
#include <memory>

namespace winnow {

/// What all layers read when one token goes through them.
struct StepRow {
    int64_t row = 0; // t, 0-based
    RopeRows rope; // of the token
    const SmallRows *small = nullptr; // row 0 is this token's; only when the plan uses a small model
};

/// One layer of one cell in a token loop on a real cache: measured runs and generation. The cache is where the model is, unless
/// the layer says otherwise.
class StepLayer {
public:
    virtual ~StepLayer() = default;

    /// The layer's cache while the context is read into it: all keys and values, then compress() once.
    virtual LayerCache &cache() = 0;
    /// Cuts the full prompt cache down to what the plan keeps.
    virtual void compress() = 0;
    /// Room for `steps` tokens, or for as many as the plan ever holds beyond its slots.
    virtual void reserveSteps(int64_t steps) = 0;
    /// Storage of what is resident now.
    virtual int64_t allocatedBytes() const = 0;

    /// Attention of one token. @param x [1, E] residual stream entering the layer. @return [1, H * Dv] where the cache is
    virtual at::Tensor attend(const StepRow &step, const at::Tensor &x) = 0;
};

/// What executes a plan in one layer of a token loop: beside makeLayerExecution, the place that knows kinds of plans.
std::unique_ptr<StepLayer> makeStepLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer);

} // namespace winnow
