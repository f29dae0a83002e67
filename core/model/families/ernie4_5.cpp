#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 4> kGguf{kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"ernie4_5"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .theta = 5e5, .normEps = 1e-5, .kvHeads = 2, .headDim = 128, .contextLength = 131072});
        config.qkvBias = config.outputBias = config.ffnBias = keys.flag("use_bias", false);
        config.ropePairing = RopePairing::Adjacent;
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.ropePairing = RopePairing::Adjacent;
    }

} // namespace

/// ERNIE 4.5, dense: adjacent pairs turn, on rows as published.
constinit const Family kErnie45Family{.id = "ernie4_5", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
