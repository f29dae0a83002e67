#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 4> kGguf{kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"qwen2"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.contextLength = 32768});
        config.qkvBias = true;
        readQwenWindows(keys, config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.qkvBias = true;
    }

} // namespace

/// Qwen2 and Qwen2.5: rows as published, biases on q, k, v.
constinit const Family kQwen2Family{.id = "qwen2", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
