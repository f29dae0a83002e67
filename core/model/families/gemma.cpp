#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    /// Norm weights mean 1 + w; GGUF files hold the sum.
    constexpr std::array<TensorRule, 4> kHfOwn{{
        {"model.embed_tokens.weight", Slot::Embedding, {Vocab, Hidden}},
        {"model.norm.weight", Slot::FinalNorm, kVector, When::Always, Transform::OnePlus},
        {"model.layers.{i}.input_layernorm.weight", Slot::AttnNorm, kVector, When::Always, Transform::OnePlus},
        {"model.layers.{i}.post_attention_layernorm.weight", Slot::FfnNorm, kVector, When::Always, Transform::OnePlus},
    }};
    constexpr std::array<TensorRule, 1> kHfHead{{{"lm_head.weight", Slot::Head, {Vocab, Hidden}, When::Untied}}};

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfOwn, kHfHead, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 4> kGguf{kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"gemma"};

    void setSwitches(ModelConfig &config)
    {
        if (config.activation == Activation::Gelu)
            config.activation = Activation::GeluTanh; // early files say gelu and mean this one
        config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .headDim = 256, .contextLength = 8192,
                .activationKey = keys.alias({"hidden_activation", "hidden_act"}), .activation = "gelu_pytorch_tanh"});
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        setSwitches(config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.activation = Activation::GeluTanh;
        setSwitches(config);
    }

} // namespace

/// Gemma 1. Deviation from the authors' code, which rounds sqrt(E) to bf16: f32 (model-families.md 10).
constinit const Family kGemmaFamily{.id = "gemma", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
