#include "core/model/families/gguf_keys.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    void readScaling(GgufKeys &keys, RopeConfig &rope, int64_t context)
    {
        const std::string type = keys.text("rope.scaling.type", "none");
        if (type == "linear") {
            rope.scaling = RopeScaling::Linear;
            rope.factor = keys.positive("rope.scaling.factor");
        } else if (type == "yarn") {
            rope.scaling = RopeScaling::Yarn;
            rope.factor = keys.positive("rope.scaling.factor");
            rope.originalContext = keys.size("rope.scaling.original_context_length", context);
            rope.betaFast = keys.positive("rope.scaling.yarn_beta_fast", 32);
            rope.betaSlow = keys.positive("rope.scaling.yarn_beta_slow", 1);
            const double magnitude = rope.factor <= 1.0 ? 1.0 : 0.1 * std::log(rope.factor) + 1.0;
            rope.rowScale = magnitude * keys.positive("rope.scaling.yarn_attn_factor", keys.positive("rope.scaling.attn_factor", 1));
        } else if (type != "none" && type != "longrope" && !(type == "llama3" && keys.hasTensor("rope_freqs.weight"))) {
            // llama3 scaling comes as the tensor rope_freqs.weight, longrope as two tensors of phi3.
            keys.refuse("rope scaling " + printable(type) + " is not supported (known: none, linear, yarn)");
        }
    }

} // namespace

void readGgufCommon(GgufKeys &keys, ModelConfig &config, const GgufDefaults &defaults)
{
    config.layers = keys.size("block_count");
    config.hidden = keys.size("embedding_length");
    config.contextLength = keys.size("context_length");
    config.heads = keys.uniform("attention.head_count", 0);
    config.kvHeads = keys.uniform("attention.head_count_kv", config.heads);
    config.headDim = keys.size("attention.key_length", std::max<int64_t>(1, config.hidden / config.heads));
    config.normEps = keys.positive(defaults.epsKey);
    if (!defaults.latentAttention && keys.size("attention.value_length", config.headDim) != config.headDim)
        keys.refuse("keys and values of different width (attention.value_length) are not supported in this family");
    const GgufTensor *embedding = keys.file().findTensor("token_embd.weight");
    config.vocab = keys.size("vocab_size", embedding ? embedding->rows : 1);
    config.tied = !keys.hasTensor("output.weight");
    RopeConfig rope;
    rope.dim = keys.size("rope.dimension_count", config.headDim);
    rope.theta = keys.positive("rope.freq_base", 1e4);
    readScaling(keys, rope, config.contextLength);
    config.ropes = {rope};
    if (config.heads % config.kvHeads != 0)
        keys.bad("attention.head_count " + std::to_string(config.heads) + " is no multiple of attention.head_count_kv "
            + std::to_string(config.kvHeads));
    if (rope.dim % 2 != 0 || rope.dim > config.headDim)
        keys.bad("rope.dimension_count " + std::to_string(rope.dim) + " must be even and at most the head width "
            + std::to_string(config.headDim));
    // A file that says a billion layers is refused by its tensors, without a list of each.
    const auto tensors = static_cast<int64_t>(keys.file().tensors().size());
    if (config.layers > tensors)
        return keys.bad(config.family + ".block_count says " + std::to_string(config.layers) + " layers, the file has only "
            + std::to_string(tensors) + " tensors");
    config.ffn = keys.uniform("feed_forward_length", keys.hasLayerTensor("blk.{i}.ffn_gate_inp.weight", config.layers) ? 1 : 0);
    config.qkvBias = keys.hasLayerTensor("blk.{i}.attn_q.bias", config.layers);
    config.outputBias = keys.hasLayerTensor("blk.{i}.attn_output.bias", config.layers);
    config.ffnBias = keys.hasLayerTensor("blk.{i}.ffn_down.bias", config.layers);
    LayerConfig layer;
    layer.ffn = config.ffn;
    if (keys.has("attention.sliding_window"))
        layer.window = keys.count("attention.sliding_window", 0);
    config.layerConfigs.assign(static_cast<size_t>(config.layers), layer);
}

void refusePartialRotation(GgufKeys &keys, const ModelConfig &config)
{
    if (config.ropes.front().dim != config.headDim)
        keys.refuse("rope.dimension_count " + std::to_string(config.ropes.front().dim) + " of " + std::to_string(config.headDim)
            + " channels: partial rotation of permuted heads is not supported");
}

void readGgufExperts(GgufKeys &keys, ModelConfig &config)
{
    MoeConfig &moe = config.moe;
    moe.experts = keys.size("expert_count");
    moe.active = keys.size("expert_used_count");
    // Widths come from the tensors: files of OLMoE and Mixtral keep d_e in feed_forward_length, and the key of the shared
    // width of ERNIE is computed wrongly by its converter (model-families.md 10).
    moe.expertFfn = keys.layerExtent("blk.{i}.ffn_down_exps.weight", config.layers, 0,
        keys.layerExtent("blk.{i}.ffn_down.0.weight", config.layers, 0, keys.size("expert_feed_forward_length", config.ffn)));
    moe.sharedFfn = keys.layerExtent("blk.{i}.ffn_down_shexp.weight", config.layers, 0, 0);
    const int64_t said = keys.size("expert_feed_forward_length", moe.expertFfn);
    if (said != moe.expertFfn)
        config.warnings.push_back("key expert_feed_forward_length says " + std::to_string(said) + ", the tensors are "
            + std::to_string(moe.expertFfn) + " wide; the tensors count");
    for (size_t i = 0; i < config.layerConfigs.size(); ++i) {
        LayerConfig &layer = config.layerConfigs[i];
        layer.experts = keys.hasTensor("blk." + std::to_string(i) + ".ffn_gate_inp.weight");
        if (layer.experts)
            layer.ffn = 0;
    }
}

} // namespace winnow
