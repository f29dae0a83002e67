#include "core/model/families/deepseek_common.h"
#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 6> kHf{kHfEnds, kHfNorms, kHfLatentAttention, kHfFfn, kHfExperts, kHfSharedExperts};

    constexpr std::array<TensorRule, 10> kGgufOwn{{
        {"blk.{i}.attn_q.weight", Slot::Query, {QueryWidth, Hidden}, When::NoQueryRank},
        {"blk.{i}.attn_q_a.weight", Slot::QueryDown, {QueryRank, Hidden}, When::QueryRank},
        {"blk.{i}.attn_q_a_norm.weight", Slot::QueryDownNorm, {QueryRank}, When::QueryRank},
        {"blk.{i}.attn_q_b.weight", Slot::Query, {QueryWidth, QueryRank}, When::QueryRank},
        {"blk.{i}.attn_kv_a_mqa.weight", Slot::LatentDown, {LatentRope, Hidden}},
        {"blk.{i}.attn_kv_a_norm.weight", Slot::LatentNorm, {Latent}},
        // Old files have the up-projection whole, newer ones in the halves of the absorbed form.
        {"blk.{i}.attn_kv_b.weight", Slot::LatentUp, {LatentUpWidth, Latent}, When::Always, Transform::AsIs, {3, 0}},
        {"blk.{i}.attn_k_b.weight", Slot::LatentUpKeys, {Heads, Latent, Nope}, When::Always, Transform::AsIs, {3, 1}},
        {"blk.{i}.attn_v_b.weight", Slot::LatentUpValues, {Heads, ValueDim, Latent}, When::Always, Transform::AsIs, {3, 1}},
        {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, OutputWidth}},
    }};
    constexpr std::array<std::span<const TensorRule>, 7> kGguf{
        kGgufEnds, kGgufNorms, kGgufOwn, kGgufFfn, kGgufExperts, kGgufSharedExperts, kGgufSelectionBias};

    constexpr std::array<std::string_view, 1> kTypes{"deepseek_v2"};
    constexpr std::array<std::string_view, 1> kArchitectures{"deepseek2"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfDeepseek(keys, config, HfDefaults{}, 0);
        MoeConfig &moe = config.moe;
        config.ropePairing = RopePairing::Adjacent;
        moe.score = RouterScore::Softmax;
        moe.normalise = false; // the reference ignores norm_topk_prob
        const std::string method = keys.text("topk_method", "greedy");
        if (method == "group_limited_greedy") {
            moe.groupRanking = ExpertGroups::Best;
            moe.groupMaskZero = true;
        } else if (method != "greedy") {
            keys.refuse("key topk_method: " + method + " is not supported (known: greedy, group_limited_greedy)");
        }
    }

    /// New files give the absorbed sizes beside those of the plain form (model-families.md 3.5).
    void readLatent(GgufKeys &keys, ModelConfig &config)
    {
        MlaConfig &mla = config.mla;
        mla.latent = keys.size("attention.kv_lora_rank");
        mla.queryRank = keys.count("attention.q_lora_rank", 0);
        mla.rope = config.ropes.front().dim;
        config.headDim = keys.size("attention.key_length_mla", config.headDim);
        mla.value = keys.size("attention.value_length_mla", keys.size("attention.value_length", config.headDim));
        mla.nope = config.headDim - mla.rope;
        if (mla.nope < 1)
            keys.bad("key deepseek2.rope.dimension_count: expected less than the head width " + std::to_string(config.headDim)
                + ", found " + std::to_string(mla.rope));
        config.valueDim = mla.value;
        config.kvHeads = config.heads; // keys and values are held expanded
    }

    void readScores(GgufKeys &keys, ModelConfig &config)
    {
        RopeConfig &rope = config.ropes.front();
        double magnitude = 1;
        if (rope.scaling == RopeScaling::Yarn) {
            // Deviation: files that lack the multiplier get that of the release with as many layers (model-families.md 10).
            const double multiplier = keys.positive("rope.scaling.yarn_log_multiplier", config.layers == 27 ? 0.0707 : 0.1);
            if (!keys.has("rope.scaling.yarn_log_multiplier"))
                config.warnings.push_back("the file has YaRN without deepseek2.rope.scaling.yarn_log_multiplier; "
                    + std::string(config.layers == 27 ? "0.0707" : "0.1") + " is taken, as in the release with as many layers");
            magnitude = multiplier * std::log(rope.factor) + 1.0;
            rope.rowScale = 1;
        }
        config.scoreScale = magnitude * magnitude / std::sqrt(static_cast<double>(config.headDim));
    }

    void readRouter(GgufKeys &keys, ModelConfig &config)
    {
        readGgufExperts(keys, config);
        MoeConfig &moe = config.moe;
        // Old files lack the gating function: a bias that ranks is only in the sigmoid kind (model-families.md 10).
        const int64_t gating = keys.size("expert_gating_func", keys.hasLayerTensor("blk.{i}.exp_probs_b.bias", config.layers) ? 2 : 1);
        if (gating > 3)
            keys.refuse("key deepseek2.expert_gating_func: " + std::to_string(gating) + " is not supported (known: 1, 2, 3)");
        moe.score = gating == 2 ? RouterScore::Sigmoid : gating == 3 ? RouterScore::SoftmaxOfChosen : RouterScore::Softmax;
        moe.normalise = keys.flag("expert_weights_norm", false);
        moe.scale = keys.positive("expert_weights_scale", 1);
        moe.groups = keys.size("expert_group_count", 1);
        moe.keptGroups = keys.size("expert_group_used_count", 1);
        if (moe.groups > 1) {
            moe.groupRanking = gating == 2 ? ExpertGroups::TwoBest : ExpertGroups::Best;
            moe.groupMaskZero = gating != 2;
        }
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config, GgufDefaults{.latentAttention = true});
        readLatent(keys, config);
        readScores(keys, config);
        config.ropePairing = RopePairing::Adjacent;
        if (keys.count("expert_count", 0) > 0)
            readRouter(keys, config);
    }

} // namespace

void readHfDeepseek(HfKeys &keys, ModelConfig &config, const HfDefaults &defaults, int64_t denseLayers)
{
    HfDefaults own = defaults;
    own.readsRope = false;
    readHfCommon(keys, config, own);
    if (keys.flag("attention_bias", false) || keys.flag("mlp_bias", false))
        keys.refuse("biases (keys attention_bias, mlp_bias) are not supported in this family");
    MlaConfig &mla = config.mla;
    mla.latent = keys.size("kv_lora_rank", 512);
    mla.queryRank = keys.isNull("q_lora_rank") ? 0 : keys.size("q_lora_rank", 1536);
    mla.nope = keys.size("qk_nope_head_dim", 128);
    mla.rope = keys.size("qk_rope_head_dim", 64);
    mla.value = keys.size("v_head_dim", 128);
    config.headDim = mla.nope + mla.rope;
    config.valueDim = mla.value;
    config.kvHeads = config.heads; // keys and values are held expanded
    const Json *params = hfRopeParameters(keys);
    config.ropes = {readHfRope(keys, params, keys.positive("rope_theta", own.theta), mla.rope, own)};
    const double all = config.ropes.front().scaling == RopeScaling::None || !params ? 0.0 : HfKeys(*params, keys.where()).nonNegative("mscale_all_dim");
    const double factor = config.ropes.front().factor;
    const double magnitude = all == 0.0 || factor <= 1.0 ? 1.0 : 0.1 * all * std::log(factor) + 1.0;
    config.scoreScale = magnitude * magnitude / std::sqrt(static_cast<double>(config.headDim));

    MoeConfig &moe = config.moe;
    moe.experts = keys.size("n_routed_experts", 64);
    moe.active = keys.size("num_experts_per_tok", 8);
    moe.expertFfn = keys.size("moe_intermediate_size", 1408);
    moe.sharedFfn = moe.expertFfn * keys.count("n_shared_experts", 2);
    moe.scale = keys.positive("routed_scaling_factor", 1);
    moe.groups = keys.size("n_group", 1);
    moe.keptGroups = keys.size("topk_group", 1);
    const int64_t dense = keys.count("first_k_dense_replace", denseLayers);
    for (size_t i = 0; i < config.layerConfigs.size(); ++i)
        setExperts(config, static_cast<int64_t>(i), static_cast<int64_t>(i) >= dense);
}

/// DeepSeek V2 with latent attention. GGUF files of V3 and R1 say deepseek2, too.
constinit const Family kDeepseekV2Family{.id = "deepseek_v2", .hfTypes = kTypes, .ggufArchitectures = kArchitectures,
    .readHf = readHf, .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
