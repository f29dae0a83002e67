#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 21> kHfAll{{
        {"model.decoder.embed_tokens.weight", Slot::Embedding, {Vocab, Hidden}},
        {"model.decoder.embed_positions.weight", Slot::Positions, {Positions, Hidden}},
        {"model.decoder.final_layer_norm.weight", Slot::FinalNorm, kVector},
        {"model.decoder.final_layer_norm.bias", Slot::FinalNormBias, kVector},
        {"lm_head.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
        {"model.decoder.layers.{i}.self_attn_layer_norm.weight", Slot::AttnNorm, kVector},
        {"model.decoder.layers.{i}.self_attn_layer_norm.bias", Slot::AttnNormBias, kVector},
        {"model.decoder.layers.{i}.self_attn.q_proj.weight", Slot::Query, {QueryWidth, Hidden}},
        {"model.decoder.layers.{i}.self_attn.k_proj.weight", Slot::Key, {KvWidth, Hidden}},
        {"model.decoder.layers.{i}.self_attn.v_proj.weight", Slot::Value, {KvWidth, Hidden}},
        {"model.decoder.layers.{i}.self_attn.out_proj.weight", Slot::Output, {Hidden, QueryWidth}},
        {"model.decoder.layers.{i}.self_attn.q_proj.bias", Slot::QueryBias, {QueryWidth}, When::QkvBias},
        {"model.decoder.layers.{i}.self_attn.k_proj.bias", Slot::KeyBias, {KvWidth}, When::QkvBias},
        {"model.decoder.layers.{i}.self_attn.v_proj.bias", Slot::ValueBias, {KvWidth}, When::QkvBias},
        {"model.decoder.layers.{i}.self_attn.out_proj.bias", Slot::OutputBias, kVector, When::OutputBias},
        {"model.decoder.layers.{i}.final_layer_norm.weight", Slot::FfnNorm, kVector}, // before the feed-forward part
        {"model.decoder.layers.{i}.final_layer_norm.bias", Slot::FfnNormBias, kVector},
        {"model.decoder.layers.{i}.fc1.weight", Slot::Up, {Ffn, Hidden}},
        {"model.decoder.layers.{i}.fc1.bias", Slot::UpBias, {Ffn}, When::FfnBias},
        {"model.decoder.layers.{i}.fc2.weight", Slot::Down, {Hidden, Ffn}},
        {"model.decoder.layers.{i}.fc2.bias", Slot::DownBias, kVector, When::FfnBias},
    }};
    constexpr std::array<std::span<const TensorRule>, 1> kHf{kHfAll};
    constexpr std::array<std::string_view, 1> kTypes{"opt"};

    void refuseVariants(HfKeys &keys, const ModelConfig &config)
    {
        if (!keys.flag("do_layer_norm_before", true))
            keys.refuse("norms behind the branches (key do_layer_norm_before) are not supported");
        if (keys.flag("_remove_final_layer_norm", false))
            keys.refuse("decoders without a final norm (key _remove_final_layer_norm) are not supported");
        if (!keys.flag("layer_norm_elementwise_affine", true))
            keys.refuse("norms without weights (key layer_norm_elementwise_affine) are not supported");
        if (keys.size("word_embed_proj_dim", config.hidden) != config.hidden)
            keys.refuse("projected embeddings (key word_embed_proj_dim) are not supported");
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .normEps = 1e-5, .epsKey = "layer_norm_eps", .activationKey = "activation_function",
                .activation = "relu", .ffnKey = "ffn_dim", .readsRope = false});
        refuseVariants(keys, config);
        config.kvHeads = config.heads;
        config.norm = NormKind::Layer;
        config.gatedFfn = false;
        config.qkvBias = config.outputBias = config.ffnBias = keys.flag("enable_bias", true);
        config.learnedPositions = true;
        config.positionOffset = 2; // rows of the table before position 0
        // The reference scales queries instead of scores: captured queries are then the same numbers.
        config.queryScale = 1.0 / std::sqrt(static_cast<double>(config.headDim));
        config.scoreScale = 1.0;
        for (LayerConfig &layer : config.layerConfigs)
            layer.rope = -1;
    }

} // namespace

/// OPT: learned positions from row 2 on, ReLU, LayerNorm.
constinit const Family kOptFamily{.id = "opt", .hfTypes = kTypes, .ggufArchitectures = {}, .readHf = readHf, .hf = kHf, .gguf = {},
    .hfPrefix = "model.", .hfBuffers = {}};

} // namespace winnow
