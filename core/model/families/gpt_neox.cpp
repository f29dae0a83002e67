#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<TensorRule, 16> kHfAll{{
        {"gpt_neox.embed_in.weight", Slot::Embedding, {Vocab, Hidden}},
        {"gpt_neox.final_layer_norm.weight", Slot::FinalNorm, kVector},
        {"gpt_neox.final_layer_norm.bias", Slot::FinalNormBias, kVector},
        {"embed_out.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
        {"gpt_neox.layers.{i}.input_layernorm.weight", Slot::AttnNorm, kVector},
        {"gpt_neox.layers.{i}.input_layernorm.bias", Slot::AttnNormBias, kVector},
        {"gpt_neox.layers.{i}.attention.query_key_value.weight", Slot::Qkv, {QkvWidth, Hidden}, When::Always, Transform::HeadMajor},
        {"gpt_neox.layers.{i}.attention.query_key_value.bias", Slot::QkvBias, {QkvWidth}, When::QkvBias, Transform::HeadMajor},
        {"gpt_neox.layers.{i}.attention.dense.weight", Slot::Output, {Hidden, QueryWidth}},
        {"gpt_neox.layers.{i}.attention.dense.bias", Slot::OutputBias, kVector, When::OutputBias},
        {"gpt_neox.layers.{i}.post_attention_layernorm.weight", Slot::FfnNorm, kVector},
        {"gpt_neox.layers.{i}.post_attention_layernorm.bias", Slot::FfnNormBias, kVector},
        {"gpt_neox.layers.{i}.mlp.dense_h_to_4h.weight", Slot::Up, {Ffn, Hidden}},
        {"gpt_neox.layers.{i}.mlp.dense_h_to_4h.bias", Slot::UpBias, {Ffn}},
        {"gpt_neox.layers.{i}.mlp.dense_4h_to_h.weight", Slot::Down, {Hidden, Ffn}},
        {"gpt_neox.layers.{i}.mlp.dense_4h_to_h.bias", Slot::DownBias, kVector},
    }};
    constexpr std::array<std::span<const TensorRule>, 1> kHf{kHfAll};

    /// The converter puts the rows of q before those of k and v.
    constexpr std::array<TensorRule, 16> kGgufAll{{
        {"token_embd.weight", Slot::Embedding, {Vocab, Hidden}},
        {"output_norm.weight", Slot::FinalNorm, kVector},
        {"output_norm.bias", Slot::FinalNormBias, kVector},
        {"output.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
        {"blk.{i}.attn_norm.weight", Slot::AttnNorm, kVector},
        {"blk.{i}.attn_norm.bias", Slot::AttnNormBias, kVector},
        {"blk.{i}.attn_qkv.weight", Slot::Qkv, {QkvWidth, Hidden}},
        {"blk.{i}.attn_qkv.bias", Slot::QkvBias, {QkvWidth}, When::QkvBias},
        {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, QueryWidth}},
        {"blk.{i}.attn_output.bias", Slot::OutputBias, kVector, When::OutputBias},
        {"blk.{i}.ffn_norm.weight", Slot::FfnNorm, kVector},
        {"blk.{i}.ffn_norm.bias", Slot::FfnNormBias, kVector},
        {"blk.{i}.ffn_up.weight", Slot::Up, {Ffn, Hidden}},
        {"blk.{i}.ffn_up.bias", Slot::UpBias, {Ffn}},
        {"blk.{i}.ffn_down.weight", Slot::Down, {Hidden, Ffn}},
        {"blk.{i}.ffn_down.bias", Slot::DownBias, kVector},
    }};
    constexpr std::array<std::span<const TensorRule>, 1> kGguf{kGgufAll};

    constexpr std::array<std::string_view, 1> kTypes{"gpt_neox"};
    constexpr std::array<std::string_view, 1> kArchitectures{"gptneox"};
    constexpr std::array<std::string_view, 5> kBuffers{
        ".rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.cos_cached", ".attention.rotary_emb.sin_cached"};

    void setSwitches(ModelConfig &config)
    {
        config.norm = NormKind::Layer;
        config.gatedFfn = false;
        config.ffnBias = true;
    }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.theta = keys.positive("rotary_emb_base", 1e4), .normEps = 1e-5, .partialRotary = true,
                .partialRotaryFactor = keys.positive("rotary_pct", 0.25), .epsKey = "layer_norm_eps", .activation = "gelu"});
        config.kvHeads = config.heads;
        config.qkvBias = config.outputBias = keys.flag("attention_bias", true);
        config.parallelResidual = keys.flag("use_parallel_residual", true);
        setSwitches(config);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config, GgufDefaults{.epsKey = "attention.layer_norm_epsilon"});
        config.activation = Activation::Gelu;
        config.qkvBias = keys.hasLayerTensor("blk.{i}.attn_qkv.bias", config.layers);
        config.parallelResidual = keys.flag("use_parallel_residual", true);
        setSwitches(config);
    }

} // namespace

/// GPT-NeoX and Pythia: both branches from the same input, LayerNorm, part of each head rotates.
constinit const Family kGptNeoxFamily{.id = "gpt_neox", .hfTypes = kTypes, .ggufArchitectures = kArchitectures, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfPrefix = "gpt_neox.", .hfBuffers = kBuffers};

} // namespace winnow
