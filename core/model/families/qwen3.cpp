#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 5> kHf{kHfEnds, kHfNorms, kHfAttention, kHfHeadNorms, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufNorms, kGgufAttention, kGgufHeadNorms, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"qwen3"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.headDim = 128, .contextLength = 32768});
        config.queryKeyNorm = QueryKeyNorm::PerHead;
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        readQwenWindows(keys, config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.queryKeyNorm = QueryKeyNorm::PerHead;
    }

} // namespace

/// Qwen3: norms of queries and keys per head before RoPE; H * D may differ from E.
constinit const Family kQwen3Family{.id = "qwen3", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
