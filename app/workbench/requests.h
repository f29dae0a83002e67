#pragma once

#include "app/workbench/setting.h"
#include "core/base/json.h"
#include "sessions/session.h"

#include <string>
#include <vector>

namespace winnow {

/// Which model, where and how: the fields that every request with a model repeats.
struct ModelChoice {
    std::string model; // path or catalogue name; empty = none chosen
    std::string device = "auto";
    std::string dtype = "auto";
    std::string weights = "auto"; // "file": as the file has them, "f32": in memory
    int threads = 0; // 0 = the engine's default, left out of the request
    int seed = 0;

    bool operator==(const ModelChoice &) const = default;
};

/// A methods x budgets grid over one input.
struct SweepChoice {
    std::vector<Setting> methods; // budgets inside are ignored
    std::vector<Budget> budgets;
};

Json modelFields(const ModelChoice &choice);
/// model, input and what is scored.
Json inputFields(const ModelChoice &choice, const InputRecord &input);
/// Ids at the end of the input that are scored; 0 when the input brings its own continuation.
int scoredTokens(const InputRecord &input);

Json openRequest(const ModelChoice &choice);
Json captureRequest(const ModelChoice &choice, const InputRecord &input, const std::vector<MethodInfo> &methods, const Setting &wanted);
Json selectRequest(const std::string &captureId, const std::vector<Setting> &settings);
Json runRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting);
Json sweepRequest(const ModelChoice &choice, const InputRecord &input, const SweepChoice &sweep);
Json generateRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting, int maxNew);

} // namespace winnow
