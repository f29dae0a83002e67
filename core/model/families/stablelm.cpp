#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/norm_bias_tables.h"
#include "core/model/families/registry.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 5> kHf{kHfEnds, kHfNorms, kHfNormBiases, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufNorms, kGgufNormBiases, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"stablelm"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.normEps = 1e-5, .kvHeads = 32, .contextLength = 4096, .partialRotary = true, .partialRotaryFactor = 0.25,
                .epsKey = "layer_norm_eps"});
        config.norm = NormKind::Layer;
        config.qkvBias = keys.flag("use_qkv_bias", false);
        if (keys.flag("use_parallel_residual", false))
            keys.refuse("branches that share one norm (key use_parallel_residual) are not supported");
        if (keys.flag("qk_layernorm", false))
            keys.refuse("LayerNorm of queries and keys (key qk_layernorm) is not supported");
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config, GgufDefaults{.epsKey = "attention.layer_norm_epsilon"});
        config.norm = NormKind::Layer;
        if (keys.flag("use_parallel_residual", false))
            keys.refuse("branches that share one norm (key stablelm.use_parallel_residual) are not supported");
    }

} // namespace

/// StableLM: a llama with LayerNorm whose heads rotate in part.
constinit const Family kStableLmFamily{.id = "stablelm", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
