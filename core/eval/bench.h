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
    std::string weights = "auto"; // LoadOptions::weights
    std::string device = "cpu"; // LoadOptions::device
    std::string dtype = "auto"; // LoadOptions::dtype
};

/// Times the engine against the floor of the machine, measured in the same run: floating-point rate of plain matrix products
/// at the model's own shapes, and read bandwidth over the weights that a decoding step reads, as they are held.
///
/// `start` is the time from the start of this process to the first logits: call it before anything else was done.
/// All times are CPU seconds of the process beside wall seconds; what counts, in ratios and for the fastest, is CPU seconds, and
/// on a GPU wall seconds until it is done (its floor: read and written bytes of a large copy). Result: {model, device, threads, processor,
/// dtype, weights, weightBytes, floor: {gemmGflops, readGBps}, start, startToFirstLogits (wall seconds), rssOverWeights, prefill: [..],
/// capture: [..], memory,
/// decode, decodeF32 or decodeFile (the same with the weights in the other place)}; each entry has cpuSeconds, wallSeconds,
/// floorSeconds and ratio (CPU over floor, or for capture over the plain prefill).
/// @error BadInput (unknown part), whatever opening the model returns, Cancelled.
/// @cost  About a minute per billion parameters and thread.
Result<Json> runBench(const BenchOptions &options, const RunContext &context);

} // namespace winnow
