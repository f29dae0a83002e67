#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/kv_cache.h"
#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

namespace winnow {

enum class EndTokens { Stop, Ignore };

struct GenerateOptions {
    int64_t maxNew = 64;
    double temperature = 0; // 0 = greedy
    uint64_t seed = 0; // used when temperature > 0
    EndTokens endTokens = EndTokens::Stop;
};

struct Generated {
    std::vector<int32_t> ids; // new tokens; an end token is not among them
    bool ended = false; // an end token came before maxNew
};

/// Chooses tokens: greedy (largest logit, lowest id among equals) or sampled from softmax(logits / temperature).
class TokenChooser {
public:
    TokenChooser(double temperature, uint64_t seed);
    /// logits [V] f32 on any device.
    int32_t choose(const at::Tensor &logits);

private:
    double m_temperature;
    std::mt19937_64 m_random;
};

/// Called with each new token as it comes.
using TokenSink = std::function<void(int32_t id)>;

/// Continues from a filled cache. The last chosen token is not fed.
///
/// @param lastLogits [V] of the newest row in the cache.
/// @error BadInput when maxNew does not fit into the model's context, or a temperature below 0; Cancelled between tokens.
Result<Generated> generate(const Model &model, KvCache &cache, const at::Tensor &lastLogits, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context);

/// Prefill and continuation of a prompt with a fresh cache.
Result<Generated> generate(const Model &model, std::span<const int32_t> prompt, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context);

} // namespace winnow
