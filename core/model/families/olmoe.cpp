#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    /// Norms over all heads at once, before the split.
    constexpr std::array<TensorRule, 2> kHfWideNorms{{
        {"model.layers.{i}.self_attn.q_norm.weight", Slot::QueryNorm, {QueryWidth}},
        {"model.layers.{i}.self_attn.k_norm.weight", Slot::KeyNorm, {KvWidth}},
    }};
    constexpr std::array<TensorRule, 2> kGgufWideNorms{{
        {"blk.{i}.attn_q_norm.weight", Slot::QueryNorm, {QueryWidth}},
        {"blk.{i}.attn_k_norm.weight", Slot::KeyNorm, {KvWidth}},
    }};
    constexpr std::array<std::span<const TensorRule>, 5> kHf{kHfEnds, kHfNorms, kHfAttention, kHfWideNorms, kHfExperts};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{kGgufEnds, kGgufNorms, kGgufAttention, kGgufWideNorms, kGgufExperts};
    constexpr std::array<std::string_view, 1> kNames{"olmoe"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.normEps = 1e-5, .contextLength = 4096});
        config.queryKeyNorm = QueryKeyNorm::FullWidth;
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.clipQkv = keys.cap("clip_qkv", 0);
        config.moe.experts = keys.size(keys.alias({"num_experts", "num_local_experts"}), 64);
        config.moe.active = keys.size("num_experts_per_tok", 8);
        config.moe.expertFfn = config.ffn;
        config.moe.normalise = keys.flag("norm_topk_prob", false);
        for (size_t i = 0; i < config.layerConfigs.size(); ++i)
            setExperts(config, static_cast<int64_t>(i), true);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufExperts(keys, config);
        config.queryKeyNorm = QueryKeyNorm::FullWidth;
        if (keys.has("attention.clamp_kqv"))
            config.clipQkv = keys.positive("attention.clamp_kqv");
    }

} // namespace

/// OLMoE: weights of the experts are not normalised; norms of queries and keys over the full width.
constinit const Family kOlmoeFamily{.id = "olmoe", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
