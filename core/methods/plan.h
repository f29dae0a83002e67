#pragma once

#include "core/base/report.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace winnow {

/// How per-query-head scores become sets (GQA modes of kv-eviction-baselines.md 3).
enum class GroupRule { KvHeadMean, KvHeadMax, KvHeadSum, QueryHead, Layer };

/// What happens to the slots while decoding (R7).
enum class DecodeRule { Grow, Hold, Interval };

/// Whether kept tokens stay at their positions (R4) or are packed (streaming_llm shift).
enum class PositionMode { Original, Shift };

/// How a plan uses attention rows of a small model: the part that all such plans share. What the rows do there is said by the
/// structures that derive from it; makeLayerExecution (core/eval/layer_execution.h) tells them apart.
struct StandIn {
    std::vector<int32_t> serving; // [L * H] flat small head whose row serves a head of the large model; -1: none
    bool earlyExit = true; // the small model stops after the highest layer that serves

    virtual ~StandIn() = default;
};

/// What is kept where: the forward pass executes this and does not know methods.
struct KvPlan {
    KeptTokens kept; // prompt sets, classes and, of methods that score, the scores behind them
    int64_t budget = 0; // C as asked: slots per layer and head set; at least N when inactive
    std::vector<int64_t> layerCounts; // [L] slots each head set of a layer holds: `budget` unless the method has a schedule
    GroupRule groupRule = GroupRule::KvHeadMean;
    DecodeRule decodeRule = DecodeRule::Grow;
    int64_t interval = 64; // steps, DecodeRule::Interval
    PositionMode positions = PositionMode::Original;
    int64_t window = 0; // wEff of R5, 0 for methods without a window
    bool inactive = false; // R6: C >= N, the prompt stays whole
    // What the method stores beside K and V (metadata bytes of kv-evaluation.md 5).
    bool storesPositions = true; // false where positions follow from a formula: full, streaming_llm
    bool storesScores = false; // a running score per slot: h2o
    bool expectUniform = true; // each (layer, head) holds exactly `budget` slots; false: `layerCounts` says how many
    bool expectTotal = true; // the total is layers * heads * budget; false: the method misses it by design (a notice says so)
    std::shared_ptr<const StandIn> standIn; // plans of one model: null
    std::vector<std::string> notices; // "window 32 shrunk to 16 (R5)", ...
};

} // namespace winnow
