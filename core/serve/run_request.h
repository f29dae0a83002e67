#pragma once

#include "core/base/budget.h"
#include "core/eval/evaluate.h"
#include "core/serve/cell_request.h"
#include "core/serve/engine_state.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace winnow {

inline constexpr int64_t kDefaultSeed = 1234;

/// The part of a request that `run`, `sweep` and `generate` share, checked before any model work.
struct RunSetup {
    ModelRequest wanted;
    std::optional<ModelRequest> small; // second model of a pair
    PreparedInput input;
    std::vector<int32_t> continuation; // may be empty: nothing is scored
    EvaluationOptions options;
    int64_t seed = kDefaultSeed;
    bool withScores = false;
    CountSmall countSmall = CountSmall::Yes;
};

Result<RunSetup> runSetup(EngineState &state, const Json &request);

/// The request with every default written out: giving it back repeats the run. Fields of other commands are left out.
Json canonicalRequest(const Json &request, const RunSetup &setup);
/// The same with one method and budget.
Json canonicalRun(const Json &request, const RunSetup &setup, const MethodRequest &method, const Budget &budget);

} // namespace winnow
