#pragma once

#include "core/methods/plan.h"
#include "core/model/config.h"

namespace winnow {

/// Adds to `plan.notices` what a plan does not mean on this model: kept tokens outside a layer's window, packed positions where
/// nothing is rotated.
void addModelNotices(const ModelConfig &config, KvPlan &plan);

} // namespace winnow
