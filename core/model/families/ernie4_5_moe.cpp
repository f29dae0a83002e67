#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 1> kHfOwn{{
        {"model.layers.{i}.mlp.moe_statics.e_score_correction_bias", Slot::SelectionBias, {Experts}},
    }};
    constexpr std::array<std::span<const TensorRule>, 7> kHf{
        kHfEnds, kHfNorms, kHfAttention, kHfFfn, kHfExperts, kHfSharedExperts, kHfOwn};
    constexpr std::array<std::span<const TensorRule>, 7> kGguf{
        kGgufEnds, kGgufNorms, kGgufAttention, kGgufFfn, kGgufExperts, kGgufSharedExperts, kGgufSelectionBias};
    constexpr std::array<std::string_view, 1> kTypes{"ernie4_5_moe"};
    constexpr std::array<std::string_view, 1> kArchitectures{"ernie4_5-moe"};
    /// Buffers, and the blocks that predict further tokens.
    constexpr std::array<std::string_view, 1> kBuffers{".rotary_emb.inv_freq"};

    void setSwitches(ModelConfig &config)
    {
        config.ropePairing = RopePairing::Adjacent;
        config.moe.normalise = true;
        config.moe.normaliseFloor = 1e-12;
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.tied = true, .theta = 5e5, .normEps = 1e-5, .kvHeads = 4, .contextLength = 131072});
        if (keys.flag("use_bias", false))
            keys.refuse("biases (key use_bias) are not supported in this family");
        MoeConfig &moe = config.moe;
        moe.experts = keys.size(keys.alias({"moe_num_experts", "num_experts"}), 64);
        moe.active = keys.size(keys.alias({"moe_k", "num_experts_per_tok"}), 6);
        moe.expertFfn = keys.size("moe_intermediate_size", 1536);
        moe.sharedFfn = moe.expertFfn * keys.count("moe_num_shared_experts", 2);
        setSwitches(config);
        moe.normaliseFloor = keys.positive("moe_norm_min", 1e-12);
        const int64_t step = keys.size("moe_layer_interval", 1);
        const int64_t first = keys.count("moe_layer_start_index", 1);
        const int64_t last = keys.signedInteger("moe_layer_end_index", -1);
        for (int64_t i = 0; i < static_cast<int64_t>(config.layerConfigs.size()); ++i)
            setExperts(config, i, (i + 1) % step == 0 && i >= first && (last < 0 || i <= last));
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        readGgufExperts(keys, config);
        setSwitches(config);
    }

} // namespace

/// ERNIE 4.5 with experts: a bias ranks them, shared experts add to them, adjacent pairs turn.
constinit const Family kErnie45MoeFamily{.id = "ernie4_5_moe", .hfTypes = kTypes, .ggufArchitectures = kArchitectures,
    .readHf = readHf, .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kBuffers};

} // namespace winnow
