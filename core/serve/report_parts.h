#pragma once

#include "core/base/report.h"
#include "core/eval/bytes.h"
#include "core/model/config.h"
#include "core/serve/cell_request.h"
#include "core/serve/input_request.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace winnow {

/// The sizes of the `model` object of CLI.md 3; sha256, dtype and device are the caller's.
Json modelJson(const ModelConfig &config);

/// Bytes of a file, 0 when it cannot be read.
int64_t fileSize(const std::string &path);

/// Byte kinds of a plan; times and measured bytes stay open.
Savings planSavings(const CacheBytes &bytes);

/// A budget in all forms: asked (text), fraction, tokens and bytes of what was met (CLI.md 2).
Json budgetJson(const Budget &asked, const PlannedCell &cell, int64_t tokens);

/// Wall clock and seed of one request, for `provenance`.
class RunClock {
public:
    RunClock();
    /// version, commit, machine, threads, seed, started, wallMs (until now), peakRssBytes; on a GPU also gpu (its name) and
    /// peakDeviceBytes.
    /// @param device of the model: "cpu", "cuda:0"
    Json provenance(int threads, int64_t seed, const std::string &device) const;

private:
    std::string m_started;
    std::chrono::steady_clock::time_point m_began;
};

} // namespace winnow
