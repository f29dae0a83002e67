#include "core/model/families/deepseek_common.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 1> kHfOwn{{
        {"model.layers.{i}.mlp.gate.e_score_correction_bias", Slot::SelectionBias, {Experts}},
    }};
    constexpr std::array<std::span<const TensorRule>, 7> kHf{
        kHfEnds, kHfNorms, kHfLatentAttention, kHfFfn, kHfExperts, kHfSharedExperts, kHfOwn};
    constexpr std::array<std::string_view, 1> kTypes{"deepseek_v3"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfDeepseek(keys, config, HfDefaults{.contextLength = 4096}, 3);
        config.ropePairing = keys.flag("rope_interleave", true) ? RopePairing::AdjacentSplit : RopePairing::Half;
        // Layers behind the last that predict further tokens are stored with the others.
        config.predictionLayers = keys.count(keys.alias({"num_nextn_predict_layers", "num_mtp_layers"}), 1);
        MoeConfig &moe = config.moe;
        moe.score = RouterScore::Sigmoid;
        moe.normalise = keys.flag("norm_topk_prob", true);
        moe.normaliseFloor = 1e-20;
        moe.groupRanking = ExpertGroups::TwoBest;
    }

} // namespace

/// DeepSeek V3 and R1: sigmoid scores, a bias that only ranks, groups by their two best. GGUF: see deepseek_v2.cpp.
constinit const Family kDeepseekV3Family{.id = "deepseek_v3", .hfTypes = kTypes, .ggufArchitectures = {}, .readHf = readHf, .hf = kHf,
    .gguf = {}, .hfBuffers = kHfBuffers};

} // namespace winnow
