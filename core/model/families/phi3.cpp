#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    /// Rows of q, then k, then v; rows of the gate, then of the other half.
    constexpr std::array<TensorRule, 4> kHfOwn{{
        {"model.layers.{i}.self_attn.qkv_proj.weight", Slot::Qkv, {QkvWidth, Hidden}},
        {"model.layers.{i}.self_attn.o_proj.weight", Slot::Output, {Hidden, QueryWidth}},
        {"model.layers.{i}.mlp.gate_up_proj.weight", Slot::GateUp, {TwiceFfn, Hidden}},
        {"model.layers.{i}.mlp.down_proj.weight", Slot::Down, {Hidden, Ffn}},
    }};
    constexpr std::array<std::span<const TensorRule>, 3> kHf{kHfEnds, kHfNorms, kHfOwn};

    constexpr std::array<TensorRule, 9> kGgufOwn{{
        {"rope_factors_short.weight", Slot::RopeShortFactors, {RopePairs}, When::Optional},
        {"rope_factors_long.weight", Slot::RopeLongFactors, {RopePairs}, When::Optional},
        {"blk.{i}.attn_qkv.weight", Slot::Qkv, {QkvWidth, Hidden}, When::Always, Transform::AsIs, {1, 0}},
        {"blk.{i}.attn_q.weight", Slot::Query, {QueryWidth, Hidden}, When::Always, Transform::AsIs, {1, 1}},
        {"blk.{i}.attn_k.weight", Slot::Key, {KvWidth, Hidden}, When::Always, Transform::AsIs, {1, 1}},
        {"blk.{i}.attn_v.weight", Slot::Value, {KvWidth, Hidden}, When::Always, Transform::AsIs, {1, 1}},
        {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, QueryWidth}},
        {"blk.{i}.ffn_up.weight", Slot::GateUp, {TwiceFfn, Hidden}},
        {"blk.{i}.ffn_down.weight", Slot::Down, {Hidden, Ffn}},
    }};
    constexpr std::array<std::span<const TensorRule>, 3> kGguf{kGgufEnds, kGgufNorms, kGgufOwn};
    constexpr std::array<std::string_view, 1> kNames{"phi3"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.normEps = 1e-5, .contextLength = 4096, .partialRotary = true});
        if (keys.has("sliding_window")) {
            for (LayerConfig &layer : config.layerConfigs)
                layer.window = keys.size("sliding_window");
        }
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        const bool hasShort = keys.hasTensor("rope_factors_short.weight");
        if (hasShort != keys.hasTensor("rope_factors_long.weight"))
            return keys.bad("expected both rope_factors_short.weight and rope_factors_long.weight, or neither");
        if (!hasShort)
            return;
        RopeConfig &rope = config.ropes.front();
        rope.scaling = RopeScaling::LongRope;
        rope.originalContext = keys.size("rope.scaling.original_context_length");
        const double original = static_cast<double>(rope.originalContext);
        rope.factor = static_cast<double>(config.contextLength) / original;
        const double magnitude = rope.factor <= 1.0 || original <= 1.0 ? 1.0 : std::sqrt(1.0 + std::log(rope.factor) / std::log(original));
        rope.rowScale = keys.positive("rope.scaling.attn_factor", magnitude);
    }

} // namespace

/// Phi-3, 3.5 and 4-mini: fused rows, partial rotation, factors that depend on the length of the context.
constinit const Family kPhi3Family{.id = "phi3", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
