#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 6> kHf{kHfEnds, kHfNorms, kHfAttention, kHfHeadNorms, kHfFfn, kHfExperts};
    constexpr std::array<std::span<const TensorRule>, 6> kGguf{
        kGgufEnds, kGgufNorms, kGgufAttention, kGgufHeadNorms, kGgufFfn, kGgufExperts};
    constexpr std::array<std::string_view, 1> kTypes{"qwen3_moe"};
    constexpr std::array<std::string_view, 1> kArchitectures{"qwen3moe"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.kvHeads = 4, .contextLength = 32768});
        config.queryKeyNorm = QueryKeyNorm::PerHead;
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        MoeConfig &moe = config.moe;
        moe.experts = keys.size(keys.alias({"num_experts", "num_local_experts"}), 128);
        moe.active = keys.size("num_experts_per_tok", 8);
        moe.expertFfn = keys.size("moe_intermediate_size", 768);
        moe.normalise = keys.flag("norm_topk_prob", false);
        readQwenExpertLayers(keys, config);
        if (keys.flag("use_sliding_window", false) && !keys.isNull("sliding_window")) {
            for (LayerConfig &layer : config.layerConfigs)
                layer.window = keys.size("sliding_window", 4096);
        }
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufExperts(keys, config);
        config.queryKeyNorm = QueryKeyNorm::PerHead;
        config.moe.normalise = true; // not in the file; true in every release
    }

} // namespace

/// Qwen3 with experts: norms of queries and keys per head, weights of the experts normalised.
constinit const Family kQwen3MoeFamily{.id = "qwen3_moe", .hfTypes = kTypes, .ggufArchitectures = kArchitectures, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
