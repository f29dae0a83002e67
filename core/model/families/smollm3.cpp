#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufRopeFactors, kGgufNorms, kGgufPermutedAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"smollm3"};

    /// Every n-th layer does not rotate.
    void setRotation(ModelConfig &config, int64_t interval)
    {
        for (size_t i = 0; i < config.layerConfigs.size(); ++i)
            config.layerConfigs[i].rope = (static_cast<int64_t>(i) + 1) % interval != 0 ? 0 : -1;
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.tied = true, .theta = 2e6, .kvHeads = 4, .contextLength = 32768});
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.ffnBias = keys.flag("mlp_bias", false);
        setRotation(config, keys.size("no_rope_layer_interval", 4));
        if (keys.has("no_rope_layers")) {
            const std::vector<int64_t> rotates = keys.integers("no_rope_layers"); // 1 = the layer HAS rope
            if (rotates.size() != config.layerConfigs.size())
                return keys.bad("no_rope_layers", std::to_string(config.layers) + " entries", std::to_string(rotates.size()));
            for (size_t i = 0; i < rotates.size(); ++i)
                config.layerConfigs[i].rope = rotates[i] != 0 ? 0 : -1;
        }
        if (keys.flag("use_sliding_window", false) && keys.has("sliding_window"))
            readHfWindows(keys, config, [&](int64_t layer) { return config.layer(layer).rope < 0; }, 4096);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        refusePartialRotation(keys, config);
        setRotation(config, 4); // the file does not say which layers
    }

} // namespace

/// SmolLM3: a llama in which every fourth layer has no rotation.
constinit const Family kSmolLm3Family{.id = "smollm3", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
