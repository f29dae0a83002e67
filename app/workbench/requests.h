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
    std::string small; // the second model, for requests of methods that ask one; empty = none

    bool operator==(const ModelChoice &) const = default;
};

/// A methods x budgets grid over one input.
struct SweepChoice {
    std::vector<Setting> methods; // budgets inside are ignored
    std::vector<Budget> budgets;
};

/// What of two models is compared over the first `span` tokens of an input.
struct CompareChoice {
    int span = 200;
    int skipSinks = 0;
    Json metrics = Json::array();
    int windows = 4; // of 64 later rows, for the consistency of matches
    bool stability = false; // also the matches of shorter spans
    bool consistency = true; // what later rows say of the matches
    bool control = true; // also against shuffled heads
};

Json modelFields(const ModelChoice &choice);
/// model, the small one where there is one, input and what is scored.
Json inputFields(const ModelChoice &choice, const InputRecord &input);
/// Ids at the end of the input that are scored; 0 when the input brings its own continuation.
int scoredTokens(const InputRecord &input);

Json openRequest(const ModelChoice &choice);
/// What `wanted` and the methods that need no second model read; `wanted` alone brings a second one in.
Json captureRequest(const ModelChoice &choice, const InputRecord &input, const std::vector<MethodInfo> &methods, const Setting &wanted);
Json selectRequest(const std::string &captureId, const std::vector<Setting> &settings);
/// One cell of either family: of the cache as it is measured, of a prompt with what the reader says to it.
Json runRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting);
/// Tokens a reader writes greedily to the full and to the compressed prompt when a run is measured.
inline constexpr int kAnswerTokens = 64;
/// Models, parts of the prompt and the answer: what every request of a prompt method repeats.
Json promptFields(const ModelChoice &choice, const InputRecord &input);
/// What the method cuts, without the reader.
Json promptSelectRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting);
Json sweepRequest(const ModelChoice &choice, const InputRecord &input, const SweepChoice &sweep);
Json compareRequest(const ModelChoice &large, const std::string &small, const InputRecord &input, const CompareChoice &choice);
/// Attention of one head of a comparison that the engine holds.
Json mapRequest(const std::string &comparison, bool large, int layer, int head);
Json generateRequest(const ModelChoice &choice, const InputRecord &input, const Setting &setting, int maxNew);

} // namespace winnow
