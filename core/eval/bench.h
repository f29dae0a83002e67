#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/run_context.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

struct BenchOptions {
    std::string modelPath;
    std::string what = "all"; // all, or some of start, prefill, capture, memory, decode, separated by commas
    int threads = 1;
    int repeats = 3; // the fastest counts; long passes are repeated less
};

/// Times the engine against the floor of the machine, measured in the same run: floating-point rate of plain matrix products
/// at the model's own shapes, and read bandwidth over the model's weights.
///
/// `start` is the time from the start of this process to the first logits: call it before anything else was done.
/// All times are CPU seconds of the process beside wall seconds. Result: {model, threads, processor, floor: {gemmGflops,
/// readGBps}, start, prefill: [..], capture: [..], memory, decode}; each entry has cpuSeconds, wallSeconds, floorSeconds and
/// ratio (CPU over floor, or for capture over the plain prefill).
/// @error BadInput (unknown part), whatever opening the model returns, Cancelled.
/// @cost  About a minute per billion parameters and thread.
Result<Json> runBench(const BenchOptions &options, const RunContext &context);

} // namespace winnow
