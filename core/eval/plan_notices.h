#pragma once

#include "core/methods/plan.h"
#include "core/model/config.h"

#include <string>

namespace winnow {

/// Adds to `plan.notices` what a plan does not mean on this model: kept tokens outside a layer's window, packed positions where
/// nothing is rotated.
void addModelNotices(const ModelConfig &config, KvPlan &plan);

/// The notice in which a method itself says that it does nothing on this prompt; empty when it says none.
std::string inactiveNotice(const KvPlan &plan);

} // namespace winnow
