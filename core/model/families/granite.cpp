#include "core/model/families/gguf_keys.h"
#include "core/model/families/granite_scales.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 4> kGguf{kGgufEnds, kGgufNorms, kGgufPermutedAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"granite"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{});
        readHfGraniteScales(keys, config);
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.ffnBias = keys.flag("mlp_bias", false);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufGraniteScales(keys, config);
    }

} // namespace

/// Granite 3: a llama with four multipliers.
constinit const Family kGraniteFamily{.id = "granite", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

void readHfGraniteScales(HfKeys &keys, ModelConfig &config)
{
    config.embeddingScale = keys.positive("embedding_multiplier", 1);
    config.residualScale = keys.positive("residual_multiplier", 1);
    config.scoreScale = keys.positive("attention_multiplier", 1);
    config.logitScale = 1.0 / keys.positive("logits_scaling", 1);
}

void readGgufGraniteScales(GgufKeys &keys, ModelConfig &config)
{
    refusePartialRotation(keys, config);
    config.embeddingScale = keys.positive("embedding_scale", 1);
    config.residualScale = keys.positive("residual_scale", 1);
    if (keys.has("attention.scale"))
        config.scoreScale = keys.positive("attention.scale");
    config.logitScale = 1.0 / keys.positive("logit_scale", 1);
}

} // namespace winnow
