#include "core/model/families/gguf_keys.h"
#include "core/model/families/granite_scales.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    /// All experts of a layer in one tensor, gate rows first.
    constexpr std::array<TensorRule, 3> kHfOwn{{
        {"model.layers.{i}.block_sparse_moe.router.layer.weight", Slot::Router, {Experts, Hidden}},
        {"model.layers.{i}.block_sparse_moe.input_linear.weight", Slot::ExpertGateUp, {Experts, TwiceExpertFfn, Hidden}},
        {"model.layers.{i}.block_sparse_moe.output_linear.weight", Slot::ExpertDown, {Experts, Hidden, ExpertFfn}},
    }};
    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfOwn};
    constexpr std::array<std::span<const TensorRule>, 5> kGguf{
        kGgufEnds, kGgufNorms, kGgufPermutedAttention, kGgufExperts, kGgufSharedExperts};
    constexpr std::array<std::string_view, 1> kNames{"granitemoe"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{});
        readHfGraniteScales(keys, config);
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.moe.experts = keys.size(keys.alias({"num_local_experts", "num_experts"}), 8);
        config.moe.active = keys.size("num_experts_per_tok", 2);
        config.moe.expertFfn = config.ffn;
        config.moe.score = RouterScore::SoftmaxOfChosen;
        for (size_t i = 0; i < config.layerConfigs.size(); ++i)
            setExperts(config, static_cast<int64_t>(i), true);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufGraniteScales(keys, config);
        readGgufExperts(keys, config);
        config.moe.score = RouterScore::SoftmaxOfChosen;
    }

} // namespace

/// Granite 3 MoE: the multipliers of Granite, softmax over the chosen experts only.
constinit const Family kGraniteMoeFamily{.id = "granitemoe", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
