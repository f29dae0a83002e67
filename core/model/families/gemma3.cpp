#include "core/model/families/gemma_tables.h"
#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 2> kHfOwn{{
        {"model.layers.{i}.self_attn.q_norm.weight", Slot::QueryNorm, {HeadDim}, When::Always, Transform::OnePlus},
        {"model.layers.{i}.self_attn.k_norm.weight", Slot::KeyNorm, {HeadDim}, When::Always, Transform::OnePlus},
    }};
    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfGemmaNorms, kHfOwn, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufGemmaNorms, kGgufHeadNorms, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kTypes{"gemma3_text"};
    constexpr std::array<std::string_view, 1> kArchitectures{"gemma3"};

    constexpr int kGlobal = 0, kLocal = 1; // indices of ModelConfig::ropes
    constexpr double kLocalTheta = 1e4;

    void setSwitches(ModelConfig &config)
    {
        config.queryKeyNorm = QueryKeyNorm::PerHead;
        config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
        for (LayerConfig &layer : config.layerConfigs)
            layer.rope = layer.window > 0 ? kLocal : kGlobal;
    }

    /// Two rotations: version 5 nests them by kind of layer, version 4 has rope_theta with rope_scaling for the global
    /// layers and rope_local_base_freq for the local ones, which are never scaled.
    void readHfRopes(HfKeys &keys, ModelConfig &config, const HfDefaults &defaults)
    {
        const Json *nested = keys.object("rope_parameters");
        const auto kind = [&](const char *name) -> const Json * {
            if (!nested || !nested->contains(name))
                return nullptr;
            const Json &inner = (*nested)[name];
            if (!inner.is_object())
                return keys.bad(std::string("rope_parameters.") + name, "an object", inner.dump()), nullptr;
            return &inner;
        };
        const Json *global = kind("full_attention");
        const Json *local = kind("sliding_attention");
        if (nested && !global && !local)
            global = nested;
        if (const Json *scaling = keys.object("rope_scaling"))
            global = scaling;
        config.ropes = {readHfRope(keys, global, keys.positive("rope_theta", defaults.theta), config.headDim, defaults),
            readHfRope(keys, local, keys.positive("rope_local_base_freq", kLocalTheta), config.headDim, defaults)};
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        const HfDefaults defaults{.tied = true, .theta = 1e6, .kvHeads = 4, .headDim = 256, .contextLength = 131072,
            .activationKey = "hidden_activation", .activation = "gelu_pytorch_tanh", .readsRope = false};
        readHfCommon(keys, config, defaults);
        readHfRopes(keys, config, defaults);
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.scoreScale = 1.0 / std::sqrt(keys.positive("query_pre_attn_scalar", 256));
        config.scoreCap = keys.cap("attn_logit_softcapping", 0);
        config.logitCap = keys.cap("final_logit_softcapping", 0);
        const int64_t pattern = keys.size(keys.alias({"sliding_window_pattern", "_sliding_window_pattern"}), 6);
        readHfWindows(keys, config, [&](int64_t layer) { return (layer + 1) % pattern != 0; }, 4096);
        setSwitches(config);
    }

    /// The pattern is one number n (every n-th layer is global) or a list with one entry a layer, 1 = sliding.
    void readGgufWindows(GgufKeys &keys, ModelConfig &config)
    {
        const int64_t window = keys.size("attention.sliding_window");
        const std::vector<int64_t> pattern = keys.integers("attention.sliding_window_pattern");
        const bool perLayer = pattern.size() > 1;
        if (perLayer && pattern.size() != config.layerConfigs.size())
            return keys.bad("key gemma3.attention.sliding_window_pattern: expected " + std::to_string(config.layers) + " entries, found "
                + std::to_string(pattern.size()));
        const int64_t step = pattern.empty() || perLayer ? 6 : std::max<int64_t>(1, pattern.front());
        for (size_t i = 0; i < config.layerConfigs.size(); ++i) {
            const bool slides = perLayer ? pattern[i] != 0 : (static_cast<int64_t>(i) + 1) % step != 0;
            config.layerConfigs[i].window = slides ? window : 0;
        }
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.activation = Activation::GeluTanh;
        RopeConfig local;
        local.dim = config.ropes.front().dim;
        local.theta = keys.positive("rope.freq_base_swa", kLocalTheta);
        config.ropes.front().theta = keys.positive("rope.freq_base", 1e6);
        config.ropes.push_back(local);
        // The file does not hold the score scale: the 27B model (62 layers) divides by the width E / H, the others by D.
        const double width = config.layers == 62 ? static_cast<double>(config.hidden) / static_cast<double>(config.heads)
                                                 : static_cast<double>(config.headDim);
        config.scoreScale = 1.0 / std::sqrt(width);
        if (keys.has("final_logit_softcapping"))
            config.logitCap = keys.positive("final_logit_softcapping", 1);
        readGgufWindows(keys, config);
        setSwitches(config);
    }

} // namespace

/// The text part of Gemma 3: local and global layers with rotations of their own, norms of queries and keys.
constinit const Family kGemma3Family{.id = "gemma3_text", .hfTypes = kTypes, .ggufArchitectures = kArchitectures, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
