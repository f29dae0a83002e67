#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 6> kGguf{
        kGgufEnds, kGgufRopeFactors, kGgufNorms, kGgufPermutedAttention, kGgufFfn, kGgufExperts};
    constexpr std::array<std::string_view, 1> kNames{"llama"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{});
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.ffnBias = keys.flag("mlp_bias", false);
    }

    /// Mixtral comes as a llama with experts.
    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        refusePartialRotation(keys, config);
        if (keys.count("expert_count", 0) == 0)
            return;
        readGgufExperts(keys, config);
        config.moe.normalise = true;
    }

} // namespace

/// Llama 2 and 3, SmolLM2, and every decoder whose files say llama.
constinit const Family kLlamaFamily{.id = "llama", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
