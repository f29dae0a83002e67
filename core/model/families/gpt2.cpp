#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    /// Matrices are stored [in, out].
    constexpr std::array<TensorRule, 17> kHfAll{{
        {"transformer.wte.weight", Slot::Embedding, {Vocab, Hidden}},
        {"transformer.wpe.weight", Slot::Positions, {Positions, Hidden}},
        {"transformer.ln_f.weight", Slot::FinalNorm, kVector},
        {"transformer.ln_f.bias", Slot::FinalNormBias, kVector},
        {"lm_head.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
        {"transformer.h.{i}.ln_1.weight", Slot::AttnNorm, kVector},
        {"transformer.h.{i}.ln_1.bias", Slot::AttnNormBias, kVector},
        {"transformer.h.{i}.attn.c_attn.weight", Slot::Qkv, {QkvWidth, Hidden}, When::Always, Transform::Transposed},
        {"transformer.h.{i}.attn.c_attn.bias", Slot::QkvBias, {QkvWidth}},
        {"transformer.h.{i}.attn.c_proj.weight", Slot::Output, {Hidden, QueryWidth}, When::Always, Transform::Transposed},
        {"transformer.h.{i}.attn.c_proj.bias", Slot::OutputBias, kVector},
        {"transformer.h.{i}.ln_2.weight", Slot::FfnNorm, kVector},
        {"transformer.h.{i}.ln_2.bias", Slot::FfnNormBias, kVector},
        {"transformer.h.{i}.mlp.c_fc.weight", Slot::Up, {Ffn, Hidden}, When::Always, Transform::Transposed},
        {"transformer.h.{i}.mlp.c_fc.bias", Slot::UpBias, {Ffn}},
        {"transformer.h.{i}.mlp.c_proj.weight", Slot::Down, {Hidden, Ffn}, When::Always, Transform::Transposed},
        {"transformer.h.{i}.mlp.c_proj.bias", Slot::DownBias, kVector},
    }};
    constexpr std::array<std::span<const TensorRule>, 1> kHf{kHfAll};

    /// The converter turns the matrices round.
    constexpr std::array<TensorRule, 17> kGgufAll{{
        {"token_embd.weight", Slot::Embedding, {Vocab, Hidden}},
        {"position_embd.weight", Slot::Positions, {Positions, Hidden}},
        {"output_norm.weight", Slot::FinalNorm, kVector},
        {"output_norm.bias", Slot::FinalNormBias, kVector},
        {"output.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
        {"blk.{i}.attn_norm.weight", Slot::AttnNorm, kVector},
        {"blk.{i}.attn_norm.bias", Slot::AttnNormBias, kVector},
        {"blk.{i}.attn_qkv.weight", Slot::Qkv, {QkvWidth, Hidden}},
        {"blk.{i}.attn_qkv.bias", Slot::QkvBias, {QkvWidth}},
        {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, QueryWidth}},
        {"blk.{i}.attn_output.bias", Slot::OutputBias, kVector},
        {"blk.{i}.ffn_norm.weight", Slot::FfnNorm, kVector},
        {"blk.{i}.ffn_norm.bias", Slot::FfnNormBias, kVector},
        {"blk.{i}.ffn_up.weight", Slot::Up, {Ffn, Hidden}},
        {"blk.{i}.ffn_up.bias", Slot::UpBias, {Ffn}},
        {"blk.{i}.ffn_down.weight", Slot::Down, {Hidden, Ffn}},
        {"blk.{i}.ffn_down.bias", Slot::DownBias, kVector},
    }};
    constexpr std::array<std::span<const TensorRule>, 1> kGguf{kGgufAll};

    constexpr std::array<std::string_view, 1> kNames{"gpt2"};
    /// Causal masks of early files.
    constexpr std::array<std::string_view, 2> kBuffers{".attn.bias", ".attn.masked_bias"};

    void setSwitches(ModelConfig &config)
    {
        config.norm = NormKind::Layer;
        config.gatedFfn = false;
        config.qkvBias = config.outputBias = config.ffnBias = true;
        config.learnedPositions = true;
        config.ropes.clear();
        for (LayerConfig &layer : config.layerConfigs)
            layer.rope = -1;
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        HfNames names{.layers = keys.alias({"n_layer", "num_hidden_layers"}), .hidden = keys.alias({"n_embd", "hidden_size"}),
            .heads = keys.alias({"n_head", "num_attention_heads"}), .context = keys.alias({"n_positions", "n_ctx", "max_position_embeddings"})};
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .normEps = 1e-5, .contextLength = 1024, .epsKey = "layer_norm_epsilon",
                .activationKey = "activation_function", .activation = "gelu_new", .ffnKey = "n_inner", .readsRope = false, .names = names});
        config.kvHeads = config.heads;
        if (!keys.flag("scale_attn_weights", true))
            config.scoreScale = 1.0;
        if (keys.flag("scale_attn_by_inverse_layer_idx", false))
            keys.refuse("scores that depend on the layer (key scale_attn_by_inverse_layer_idx) are not supported");
        setSwitches(config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config, GgufDefaults{.epsKey = "attention.layer_norm_epsilon"});
        config.activation = Activation::GeluTanh;
        setSwitches(config);
    }

} // namespace

/// GPT-2: learned positions, LayerNorm, one matrix for q, k and v.
constinit const Family kGpt2Family{.id = "gpt2", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfPrefix = "transformer.", .hfBuffers = kBuffers};

} // namespace winnow
