#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 4> kHfOwn{{
        {"model.layers.{i}.mlp.shared_expert.gate_proj.weight", Slot::SharedGate, {SharedFfn, Hidden}},
        {"model.layers.{i}.mlp.shared_expert.up_proj.weight", Slot::SharedUp, {SharedFfn, Hidden}},
        {"model.layers.{i}.mlp.shared_expert.down_proj.weight", Slot::SharedDown, {Hidden, SharedFfn}},
        {"model.layers.{i}.mlp.shared_expert_gate.weight", Slot::SharedSwitch, kVector},
    }};
    constexpr std::array<std::span<const TensorRule>, 6> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn, kHfExperts, kHfOwn};
    constexpr std::array<std::span<const TensorRule>, 6> kGguf{
        kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn, kGgufExperts, kGgufSharedExperts};
    constexpr std::array<std::string_view, 1> kTypes{"qwen2_moe"};
    constexpr std::array<std::string_view, 1> kArchitectures{"qwen2moe"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.kvHeads = 16, .contextLength = 32768});
        config.qkvBias = keys.flag("qkv_bias", true);
        MoeConfig &moe = config.moe;
        moe.experts = keys.size(keys.alias({"num_experts", "num_local_experts"}), 60);
        moe.active = keys.size("num_experts_per_tok", 4);
        moe.expertFfn = keys.size("moe_intermediate_size", 1408);
        moe.sharedFfn = keys.size("shared_expert_intermediate_size", 5632);
        moe.sharedGate = true;
        moe.normalise = keys.flag("norm_topk_prob", false);
        readQwenExpertLayers(keys, config);
        // Unlike in Qwen2, even layers below max_window_layers slide.
        const bool use = keys.flag("use_sliding_window", false);
        const int64_t below = keys.count("max_window_layers", 28);
        readHfWindows(keys, config, [&](int64_t layer) { return use && layer < below && layer % 2 == 0; }, 4096);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufExperts(keys, config);
        config.moe.sharedGate = true;
    }

} // namespace

/// Qwen1.5-MoE and Qwen2-MoE: a shared expert behind a sigmoid, weights of the others not normalised.
constinit const Family kQwen2MoeFamily{.id = "qwen2_moe", .hfTypes = kTypes, .ggufArchitectures = kArchitectures, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
