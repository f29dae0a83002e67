#include "core/model/families/hf_keys.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {
namespace {

    struct NamedActivation {
        const char *name;
        Activation activation;
    };

    /// Names of the reference's table of activations. gelu_new and gelu_fast are the tanh form, written differently.
    constexpr std::array<NamedActivation, 9> kActivations{{
        {"silu", Activation::Silu},
        {"swish", Activation::Silu},
        {"gelu", Activation::Gelu},
        {"gelu_python", Activation::Gelu},
        {"gelu_new", Activation::GeluTanh},
        {"gelu_fast", Activation::GeluTanh},
        {"gelu_pytorch_tanh", Activation::GeluTanh},
        {"gelu_python_tanh", Activation::GeluTanh},
        {"relu", Activation::Relu},
    }};

    double magnitude(double factor, double scale) { return factor <= 1.0 ? 1.0 : 0.1 * scale * std::log(factor) + 1.0; }

    int64_t originalContext(HfKeys &keys, HfKeys &params)
    {
        // A value beside the parameters goes before one among them, as the reference decides.
        if (keys.has("original_max_position_embeddings"))
            return keys.size("original_max_position_embeddings");
        return params.size("original_max_position_embeddings", keys.size("max_position_embeddings", 1));
    }

    /// arXiv:2309.00071 with the factors on cosines and sines of the reference.
    void readYarn(HfKeys &keys, HfKeys &params, RopeConfig &rope)
    {
        rope.scaling = RopeScaling::Yarn;
        rope.originalContext = originalContext(keys, params);
        rope.factor = params.positive("factor",
            static_cast<double>(keys.size("max_position_embeddings", 1)) / static_cast<double>(rope.originalContext));
        rope.betaFast = params.positive("beta_fast", 32);
        rope.betaSlow = params.positive("beta_slow", 1);
        if (!params.flag("truncate", true))
            keys.refuse("YaRN with unrounded bounds (truncate false) is not supported");
        const double scale = params.nonNegative("mscale");
        const double scaleAll = params.nonNegative("mscale_all_dim");
        const double fallback = scale > 0.0 && scaleAll > 0.0
            ? magnitude(rope.factor, scale) / magnitude(rope.factor, scaleAll)
            : magnitude(rope.factor, 1.0);
        rope.rowScale = params.positive("attention_factor", fallback);
    }

    /// arXiv:2402.13753: factors by the length of the context.
    void readLongRope(HfKeys &keys, HfKeys &params, RopeConfig &rope)
    {
        rope.scaling = RopeScaling::LongRope;
        rope.originalContext = originalContext(keys, params);
        rope.factors = params.factors("short_factor");
        rope.longFactors = params.factors("long_factor");
        for (const auto &[key, list] : {std::pair("short_factor", &rope.factors), std::pair("long_factor", &rope.longFactors)}) {
            if (static_cast<int64_t>(list->size()) != rope.dim / 2)
                params.bad(key, std::to_string(rope.dim / 2) + " factors", std::to_string(list->size()));
        }
        const double original = static_cast<double>(rope.originalContext);
        rope.factor = params.positive("factor", static_cast<double>(keys.size("max_position_embeddings", 1)) / original);
        const double fallback = rope.factor <= 1.0 || original <= 1.0 ? 1.0 : std::sqrt(1.0 + std::log(rope.factor) / std::log(original));
        rope.rowScale = params.positive("attention_factor", fallback);
    }

    void readLlama3(HfKeys &keys, HfKeys &params, RopeConfig &rope)
    {
        rope.scaling = RopeScaling::Llama3;
        rope.originalContext = originalContext(keys, params);
        rope.factor = params.positive("factor", 0);
        rope.lowFrequency = params.positive("low_freq_factor", 1);
        rope.highFrequency = params.positive("high_freq_factor", 4);
        if (!(rope.factor > 0.0))
            params.bad("factor", "a positive number", "nothing");
        if (!(rope.highFrequency > rope.lowFrequency))
            params.bad("high_freq_factor", "more than low_freq_factor", std::to_string(rope.highFrequency));
    }

    void readScaling(HfKeys &keys, HfKeys &params, RopeConfig &rope)
    {
        const std::string type = params.text(params.alias({"rope_type", "type"}), "default");
        if (type == "default")
            return;
        if (type == "linear") {
            rope.scaling = RopeScaling::Linear;
            rope.factor = params.positive("factor", 0);
            if (!(rope.factor > 0.0))
                params.bad("factor", "a positive number", "nothing");
        } else if (type == "llama3") {
            readLlama3(keys, params, rope);
        } else if (type == "yarn" && !params.has("short_factor")) {
            readYarn(keys, params, rope);
        } else if (type == "longrope" || type == "su" || type == "yarn") { // the last two are what early Phi-3 files say
            readLongRope(keys, params, rope);
        } else {
            keys.refuse("rope type " + type + " is not supported (known: default, linear, llama3, yarn, longrope)");
        }
    }

} // namespace

Activation readHfActivation(HfKeys &keys, const char *key, const char *fallback)
{
    const std::string name = keys.text(key, fallback);
    for (const NamedActivation &known : kActivations) {
        if (name == known.name)
            return known.activation;
    }
    keys.refuse(std::string("key ") + key + ": activation " + name + " is not supported (known: silu, gelu, gelu_pytorch_tanh, relu)");
    return Activation::Silu;
}

const Json *hfRopeParameters(HfKeys &keys)
{
    return keys.object(keys.alias({"rope_scaling", "rope_parameters"}));
}

RopeConfig readHfRope(HfKeys &keys, const Json *params, double theta, int64_t dim, const HfDefaults &defaults)
{
    static const Json empty = Json::object();
    HfKeys inner(params ? *params : empty, keys.where() + ": rope parameters");
    RopeConfig rope;
    rope.theta = inner.positive("rope_theta", theta);
    const double share = inner.positive("partial_rotary_factor", keys.positive("partial_rotary_factor", defaults.partialRotaryFactor));
    if (share > 1.0)
        keys.bad("partial_rotary_factor", "at most 1", std::to_string(share));
    else if (share != 1.0 && !defaults.partialRotary)
        keys.refuse("key partial_rotary_factor: this family rotates whole heads, found " + std::to_string(share));
    rope.dim = static_cast<int64_t>(static_cast<double>(dim) * std::min(share, 1.0));
    if (rope.dim < 2 || rope.dim % 2 != 0)
        keys.bad("head_dim", "an even number of rotated channels", std::to_string(rope.dim) + " of " + std::to_string(dim));
    else
        readScaling(keys, inner, rope);
    keys.keep(inner.error());
    return rope;
}

std::vector<uint8_t> readHfLayerTypes(HfKeys &keys, int64_t layers)
{
    const std::vector<std::string> names = keys.texts("layer_types");
    std::vector<uint8_t> types;
    if (names.empty())
        return types;
    if (static_cast<int64_t>(names.size()) != layers) {
        keys.bad("layer_types", std::to_string(layers) + " entries", std::to_string(names.size()));
        return types;
    }
    for (const std::string &name : names) {
        if (name != "full_attention" && name != "sliding_attention")
            keys.refuse("key layer_types: " + name + " is not supported (known: full_attention, sliding_attention)");
        types.push_back(name == "sliding_attention" ? 1 : 0);
    }
    return types;
}

void readQwenWindows(HfKeys &keys, ModelConfig &config)
{
    const bool use = keys.flag("use_sliding_window", false) && !keys.isNull("sliding_window");
    const int64_t first = keys.count("max_window_layers", 28);
    if (use || keys.has("layer_types"))
        readHfWindows(keys, config, [&](int64_t layer) { return use && layer >= first; }, 4096);
}

void setExperts(ModelConfig &config, int64_t layer, bool experts)
{
    LayerConfig &changed = config.layerConfigs[static_cast<size_t>(layer)];
    changed.experts = experts;
    if (experts)
        changed.ffn = 0;
}

void readQwenExpertLayers(HfKeys &keys, ModelConfig &config)
{
    const int64_t step = keys.size("decoder_sparse_step", 1);
    const std::vector<int64_t> dense = keys.integers("mlp_only_layers");
    for (int64_t i = 0; i < static_cast<int64_t>(config.layerConfigs.size()); ++i)
        setExperts(config, i, (i + 1) % step == 0 && std::find(dense.begin(), dense.end(), i) == dense.end());
}

void readHfCommon(HfKeys &keys, ModelConfig &config, const HfDefaults &defaults)
{
    config.layers = keys.size(defaults.names.layers);
    config.hidden = keys.size(defaults.names.hidden);
    config.vocab = keys.size("vocab_size");
    config.heads = keys.size(defaults.names.heads);
    // Null asks for the derived value, an absent key for that of the class.
    const bool ownKvHeads = defaults.kvHeads > 0 && !keys.isNull("num_key_value_heads");
    config.kvHeads = keys.size("num_key_value_heads", ownKvHeads ? defaults.kvHeads : config.heads);
    if (config.heads % config.kvHeads != 0)
        keys.bad(defaults.names.heads, "a multiple of num_key_value_heads " + std::to_string(config.kvHeads), std::to_string(config.heads));
    const bool ownHeadDim = defaults.headDim > 0 && !keys.isNull("head_dim");
    config.headDim = keys.size("head_dim", ownHeadDim ? defaults.headDim : std::max<int64_t>(1, config.hidden / config.heads));
    config.ffn = keys.size(defaults.ffnKey, 4 * std::min(config.hidden, int64_t{1} << 28));
    config.contextLength = keys.size(defaults.names.context, defaults.contextLength);
    config.normEps = keys.positive(defaults.epsKey, defaults.normEps);
    config.tied = keys.flag("tie_word_embeddings", defaults.tied);
    config.activation = readHfActivation(keys, defaults.activationKey, defaults.activation);
    if (keys.flag("use_bidirectional_attention", false))
        keys.refuse("bidirectional attention (key use_bidirectional_attention) is not supported");
    if (defaults.readsRope)
        config.ropes = {readHfRope(keys, hfRopeParameters(keys), keys.positive("rope_theta", defaults.theta), config.headDim, defaults)};
    LayerConfig layer;
    layer.ffn = config.ffn;
    constexpr int64_t kMostLayers = 10000;
    if (config.layers > kMostLayers)
        keys.bad(defaults.names.layers, "1 to " + std::to_string(kMostLayers), std::to_string(config.layers));
    else
        config.layerConfigs.assign(static_cast<size_t>(config.layers), layer);
}

} // namespace winnow
