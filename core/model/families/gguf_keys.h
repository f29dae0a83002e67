#pragma once

#include "core/base/error.h"
#include "core/model/config.h"
#include "core/model/gguf_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// Reads keys below "<architecture>." and remembers the first error, so that the caller reads like a table.
class GgufKeys {
public:
    GgufKeys(const GgufFile &file, std::string_view architecture)
        : m_file(file)
        , m_prefix(std::string(architecture) + '.')
    {
    }

    bool has(const char *key) const { return m_file.has(m_prefix + key); }
    /// 1 to 2^31.
    int64_t size(const char *key);
    int64_t size(const char *key, int64_t fallback);
    /// 0 to 2^31.
    int64_t count(const char *key, int64_t fallback);
    /// Finite and above 0.
    double positive(const char *key);
    double positive(const char *key, double fallback);
    bool flag(const char *key, bool fallback);
    std::string text(const char *key, const std::string &fallback);
    std::vector<int64_t> integers(const char *key);
    /// One value, or one per layer that are all equal. Required when fallback is 0.
    int64_t uniform(const char *key, int64_t fallback);

    /// Tensors of the file decide what some keys leave open.
    const GgufFile &file() const { return m_file; }
    bool hasTensor(std::string_view name) const { return m_file.findTensor(name) != nullptr; }
    /// Whether a tensor of that name ("blk.{i}.attn_q.bias") is in any layer.
    bool hasLayerTensor(std::string_view name, int64_t layers) const;
    /// An extent of a tensor of the first layer that has it, counted from the last; `fallback` without such a tensor.
    int64_t layerExtent(std::string_view name, int64_t layers, int fromLast, int64_t fallback) const;

    void refuse(const std::string &what); // Unsupported
    void bad(const std::string &what); // BadModelFile about this file
    const std::optional<Error> &error() const { return m_error; }

private:
    const GgufTensor *layerTensor(std::string_view name, int64_t layers) const;
    int64_t checked(const char *key, const Result<int64_t> &value, int64_t least);
    void keep(Error error);

    const GgufFile &m_file;
    std::string m_prefix;
    std::optional<Error> m_error;
};

struct GgufDefaults {
    const char *epsKey = "attention.layer_norm_rms_epsilon";
    bool latentAttention = false; // value widths are read elsewhere
};

/// Sizes, rotation and dense layers: what most families have in common. `tied` and the biases come from the tensors. A
/// window is in every layer when the file names one.
void readGgufCommon(GgufKeys &keys, ModelConfig &config, const GgufDefaults &defaults = {});

/// Experts of the layers: counts and widths, the widths from the tensors.
void readGgufExperts(GgufKeys &keys, ModelConfig &config);

/// Permuted rows come back to their original order, where the pairs of a head are D/2 apart: that is RoPE only when whole
/// heads rotate.
void refusePartialRotation(GgufKeys &keys, const ModelConfig &config);

} // namespace winnow
