#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/norm_bias_tables.h"
#include "core/model/families/registry.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 4> kHfOwn{{
        {"model.layers.{i}.mlp.c_fc.weight", Slot::Up, {Ffn, Hidden}},
        {"model.layers.{i}.mlp.c_fc.bias", Slot::UpBias, {Ffn}, When::FfnBias},
        {"model.layers.{i}.mlp.c_proj.weight", Slot::Down, {Hidden, Ffn}},
        {"model.layers.{i}.mlp.c_proj.bias", Slot::DownBias, kVector, When::FfnBias},
    }};
    constexpr std::array<TensorRule, 4> kGgufOwn{{
        {"blk.{i}.ffn_up.weight", Slot::Up, {Ffn, Hidden}},
        {"blk.{i}.ffn_up.bias", Slot::UpBias, {Ffn}, When::FfnBias},
        {"blk.{i}.ffn_down.weight", Slot::Down, {Hidden, Ffn}},
        {"blk.{i}.ffn_down.bias", Slot::DownBias, kVector, When::FfnBias},
    }};
    constexpr std::array<std::span<const TensorRule>, 5> kHf{kHfEnds, kHfNorms, kHfNormBiases, kHfAttention, kHfOwn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufNorms, kGgufNormBiases, kGgufAttention, kGgufOwn};
    constexpr std::array<std::string_view, 1> kNames{"starcoder2"};

    void setSwitches(ModelConfig &config)
    {
        config.norm = NormKind::Layer;
        config.gatedFfn = false;
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .normEps = 1e-5, .kvHeads = 2, .contextLength = 4096, .epsKey = "norm_epsilon", .activation = "gelu_pytorch_tanh"});
        config.qkvBias = config.outputBias = config.ffnBias = keys.flag("use_bias", true);
        if (keys.has("sliding_window")) {
            for (LayerConfig &layer : config.layerConfigs)
                layer.window = keys.size("sliding_window");
        }
        setSwitches(config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config, GgufDefaults{.epsKey = "attention.layer_norm_epsilon"});
        config.activation = Activation::GeluTanh;
        setSwitches(config);
    }

} // namespace

/// StarCoder2: LayerNorm, biases, no gate.
constinit const Family kStarcoder2Family{.id = "starcoder2", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
