#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 6> kHfOwn{{
        {"model.layers.{i}.block_sparse_moe.gate.weight", Slot::Router, {Experts, Hidden}},
        {"model.layers.{i}.block_sparse_moe.experts.{e}.w1.weight", Slot::ExpertGate, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
        {"model.layers.{i}.block_sparse_moe.experts.{e}.w3.weight", Slot::ExpertUp, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
        {"model.layers.{i}.block_sparse_moe.experts.{e}.w2.weight", Slot::ExpertDown, {Hidden, ExpertFfn}, When::Always, Transform::AsIs, {1, 0}},
        {"model.layers.{i}.block_sparse_moe.experts.gate_up_proj", Slot::ExpertGateUp, {Experts, TwiceExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 1}},
        {"model.layers.{i}.block_sparse_moe.experts.down_proj", Slot::ExpertDown, {Experts, Hidden, ExpertFfn}, When::Always, Transform::AsIs, {1, 1}},
    }};
    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfOwn};
    constexpr std::array<std::string_view, 1> kTypes{"mixtral"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.theta = 1e6, .normEps = 1e-5, .kvHeads = 8, .contextLength = 131072});
        config.moe.experts = keys.size(keys.alias({"num_local_experts", "num_experts"}), 8);
        config.moe.active = keys.size("num_experts_per_tok", 2);
        config.moe.expertFfn = config.ffn;
        config.moe.normalise = true;
        for (size_t i = 0; i < config.layerConfigs.size(); ++i) {
            setExperts(config, static_cast<int64_t>(i), true);
            if (keys.has("sliding_window"))
                config.layerConfigs[i].window = keys.size("sliding_window");
        }
    }

} // namespace

/// Mixtral: Mistral with experts, their weights normalised. Its GGUF files say llama.
constinit const Family kMixtralFamily{
    .id = "mixtral", .hfTypes = kTypes, .ggufArchitectures = {}, .readHf = readHf, .hf = kHf, .gguf = {}, .hfBuffers = kHfBuffers};

} // namespace winnow
