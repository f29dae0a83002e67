#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/model/config.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// Reads config.json and remembers the first error, so that the caller reads like a table. A key that is null counts as absent.
class HfKeys {
public:
    /// @param where  The file, for messages. The object must outlive this one.
    HfKeys(const Json &config, std::string where)
        : m_config(config)
        , m_where(std::move(where))
    {
    }

    bool has(const char *key) const;
    /// Whether the key is there and null: what turns a feature off that is on by default.
    bool isNull(const char *key) const;
    /// 1 to 2^31 - 1.
    int64_t size(const char *key);
    int64_t size(const char *key, int64_t fallback);
    /// 0 to 2^31 - 1.
    int64_t count(const char *key, int64_t fallback);
    /// Any whole number of up to 31 bits, negative ones too.
    int64_t signedInteger(const char *key, int64_t fallback);
    /// Finite and above 0.
    double positive(const char *key, double fallback);
    /// Finite and not below 0; 0 when absent.
    double nonNegative(const char *key);
    /// As positive, and 0 for null: no cap.
    double cap(const char *key, double fallback) { return isNull(key) ? 0.0 : positive(key, fallback); }
    bool flag(const char *key, bool fallback);
    std::string text(const char *key, const std::string &fallback);
    std::vector<int64_t> integers(const char *key);
    /// Finite and above 0.
    std::vector<float> factors(const char *key);
    std::vector<std::string> texts(const char *key);
    /// The first of several names that is there; the first when none is.
    const char *alias(std::initializer_list<const char *> keys) const;

    /// The keys of an object inside; reads and errors go through this one. Null when the key is absent.
    const Json *object(const char *key);

    void refuse(const std::string &what); // Unsupported
    void bad(const std::string &key, const std::string &expected, const std::string &found);
    const std::optional<Error> &error() const { return m_error; }
    void keep(const std::optional<Error> &error);
    const std::string &where() const { return m_where; }

private:
    const Json *find(const char *key) const;
    int64_t integer(const char *key, int64_t fallback, int64_t least, bool required);

    const Json &m_config;
    std::string m_where;
    std::optional<Error> m_error;
};

/// Names under which the sizes stand.
struct HfNames {
    const char *layers = "num_hidden_layers";
    const char *hidden = "hidden_size";
    const char *heads = "num_attention_heads";
    const char *context = "max_position_embeddings";
};

/// Values that a class of the reference has when config.json leaves them out.
struct HfDefaults {
    bool tied = false;
    double theta = 1e4;
    double normEps = 1e-6;
    int64_t kvHeads = 0; // 0 = as many as heads
    int64_t headDim = 0; // 0 = E / H
    int64_t contextLength = 2048;
    bool partialRotary = false; // whether the family knows partial_rotary_factor
    double partialRotaryFactor = 1;
    const char *epsKey = "rms_norm_eps";
    const char *activationKey = "hidden_act";
    const char *activation = "silu";
    const char *ffnKey = "intermediate_size";
    bool readsRope = true; // false: the family reads its rotations itself
    HfNames names = {};
};

/// Sizes, activation, rotation and dense layers without windows: what most families have in common.
void readHfCommon(HfKeys &keys, ModelConfig &config, const HfDefaults &defaults);

/// The activation a name of the reference stands for; Unsupported by name otherwise.
Activation readHfActivation(HfKeys &keys, const char *key, const char *fallback);

/// Rotation from rope_parameters (version 5), rope_scaling and rope_theta (version 4).
/// @param params  The object with the parameters, null when there is none.
/// @param dim     Channels of a head; the rotated ones are a share of them when the family knows partial rotation.
RopeConfig readHfRope(HfKeys &keys, const Json *params, double theta, int64_t dim, const HfDefaults &defaults);

/// rope_parameters or rope_scaling; null when neither is there.
const Json *hfRopeParameters(HfKeys &keys);

/// 1 = sliding, for each layer; empty when there is no layer_types.
std::vector<uint8_t> readHfLayerTypes(HfKeys &keys, int64_t layers);

/// Gives the layers that slide their window: those that layer_types names, else those of `slides`.
/// @param fallback  Window when sliding_window is absent.
template <typename Rule>
void readHfWindows(HfKeys &keys, ModelConfig &config, Rule slides, int64_t fallback)
{
    const std::vector<uint8_t> types = readHfLayerTypes(keys, config.layers);
    for (size_t i = 0; i < config.layerConfigs.size(); ++i) {
        if (types.empty() ? slides(static_cast<int64_t>(i)) : types[i] != 0)
            config.layerConfigs[i].window = keys.size("sliding_window", fallback);
    }
}

/// Makes a layer one with experts, or leaves it dense.
void setExperts(ModelConfig &config, int64_t layer, bool experts);

/// Experts in every layer that decoder_sparse_step meets and mlp_only_layers does not name.
void readQwenExpertLayers(HfKeys &keys, ModelConfig &config);

/// Windows of Qwen2 and Qwen3: only with use_sliding_window, and then from layer max_window_layers on.
void readQwenWindows(HfKeys &keys, ModelConfig &config);

} // namespace winnow
