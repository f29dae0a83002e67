#pragma once

#include "core/model/model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::test {

/// Fills the weights a configuration asks for, the same for the same seed: matrices keep the size of what they multiply, norms
/// are around 1, biases are small.
class RandomWeights {
public:
    RandomWeights(const ModelConfig &config, uint64_t seed)
        : m_config(config)
        , m_generator(at::detail::createCPUGenerator(seed))
    {
    }

    Weights make()
    {
        const ModelConfig &c = m_config;
        Weights weights;
        weights.embedding = WeightMatrix(normal({c.vocab, c.hidden}, 1 / c.embeddingScale));
        if (c.learnedPositions)
            weights.positions = normal({c.contextLength + c.positionOffset, c.hidden}, 0.5);
        weights.finalNorm = norm(c.hidden);
        weights.head = c.tied ? weights.embedding : matrix(c.vocab, c.hidden);
        for (int64_t l = 0; l < c.layers; ++l)
            weights.layers.push_back(layer(c.layer(l)));
        return weights;
    }

private:
    at::Tensor normal(at::IntArrayRef shape, double sigma) { return at::randn(shape, m_generator, at::kFloat).mul_(sigma); }
    WeightMatrix matrix(int64_t rows, int64_t columns) { return WeightMatrix(normal({rows, columns}, 1 / std::sqrt(double(columns)))); }
    at::Tensor scale(int64_t width) { return normal({width}, 0.2).add_(1.0); }
    NormWeights norm(int64_t width)
    {
        return {scale(width), m_config.norm == NormKind::Layer ? normal({width}, 0.1) : at::Tensor()};
    }

    FfnWeights feedForward(int64_t width)
    {
        FfnWeights ffn;
        ffn.gateUp = matrix(m_config.gatedFfn ? 2 * width : width, m_config.hidden);
        ffn.down = matrix(m_config.hidden, width);
        if (m_config.norm == NormKind::Layer) { // families with LayerNorm have biases everywhere
            ffn.gateUpBias = normal({ffn.gateUp.rows()}, 0.1);
            ffn.downBias = normal({m_config.hidden}, 0.1);
        }
        return ffn;
    }

    MoeWeights experts()
    {
        const MoeConfig &moe = m_config.moe;
        MoeWeights weights;
        weights.router = normal({moe.experts, m_config.hidden}, 1 / std::sqrt(double(m_config.hidden)));
        if (moe.score == RouterScore::Sigmoid)
            weights.selectionBias = normal({moe.experts}, 0.1);
        for (int64_t e = 0; e < moe.experts; ++e)
            weights.experts.push_back(feedForward(moe.expertFfn));
        if (moe.sharedFfn > 0)
            weights.shared = feedForward(moe.sharedFfn);
        if (moe.sharedGate)
            weights.sharedGate = normal({m_config.hidden}, 0.2);
        return weights;
    }

    MlaWeights latentAttention()
    {
        const MlaConfig &mla = m_config.mla;
        MlaWeights weights;
        const int64_t queries = m_config.heads * (mla.nope + mla.rope);
        weights.query = matrix(queries, mla.queryRank > 0 ? mla.queryRank : m_config.hidden);
        if (mla.queryRank > 0) {
            weights.queryDown = matrix(mla.queryRank, m_config.hidden);
            weights.queryNorm = scale(mla.queryRank);
        }
        weights.latentDown = matrix(mla.latent + mla.rope, m_config.hidden);
        weights.latentNorm = scale(mla.latent);
        weights.latentUp = matrix(m_config.heads * (mla.nope + mla.value), mla.latent);
        return weights;
    }

    LayerWeights layer(const LayerConfig &shape)
    {
        const ModelConfig &c = m_config;
        LayerWeights weights;
        weights.attnNorm = norm(c.hidden);
        if (c.mla.latent > 0)
            weights.mla = latentAttention();
        else
            weights.qkv = matrix((c.heads + c.kvHeads) * c.headDim + c.kvHeads * c.valueWidth(), c.hidden);
        if (c.qkvBias)
            weights.qkvBias = normal({weights.qkv.rows()}, 0.3);
        if (c.queryKeyNorm != QueryKeyNorm::None) {
            const bool full = c.queryKeyNorm == QueryKeyNorm::FullWidth;
            weights.queryNorm = scale(full ? c.heads * c.headDim : c.headDim);
            weights.keyNorm = scale(full ? c.kvHeads * c.headDim : c.headDim);
        }
        weights.output = matrix(c.hidden, c.heads * c.valueWidth());
        if (c.norm == NormKind::Layer)
            weights.outputBias = normal({c.hidden}, 0.1);
        weights.ffnNorm = norm(c.hidden);
        if (shape.experts)
            weights.moe = experts();
        else
            weights.ffn = feedForward(shape.ffn);
        if (c.family == "post norms") {
            weights.postAttnNorm = norm(c.hidden);
            weights.postFfnNorm = norm(c.hidden);
        }
        return weights;
    }

    const ModelConfig &m_config;
    at::Generator m_generator;
};

inline std::shared_ptr<const Model> randomModel(const ModelConfig &config, uint64_t seed = 1)
{
    Weights weights = RandomWeights(config, seed).make();
    return Model::fromParts(config, std::move(weights), nullptr);
}

/// A llama type decoder of 3 layers, 4 query heads over 2 KV heads of 8 channels, 32 wide, 64 tokens, 128 positions.
inline ModelConfig tinyConfig()
{
    ModelConfig config;
    config.name = config.family = "tiny";
    config.layers = 3;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 8;
    config.hidden = 32;
    config.ffn = 48;
    config.vocab = 64;
    config.contextLength = 128;
    RopeConfig rope;
    rope.dim = 8;
    config.ropes = {rope};
    LayerConfig layer;
    layer.ffn = config.ffn;
    config.layerConfigs.assign(3, layer);
    return config;
}

using NamedConfig = std::pair<std::string, ModelConfig>;

/// One tiny decoder for every switch of a configuration.
inline std::vector<NamedConfig> tinyConfigs()
{
    std::vector<NamedConfig> all{{"plain", tinyConfig()}};
    const auto add = [&](const char *name, auto change) {
        ModelConfig config = tinyConfig();
        change(config);
        config.name = name;
        all.emplace_back(name, config);
    };
    const auto rope = [&](const char *name, RopeScaling scaling, auto change) {
        add(name, [&](ModelConfig &c) {
            c.ropes[0].scaling = scaling;
            c.ropes[0].factor = 4;
            c.ropes[0].originalContext = 16;
            change(c.ropes[0]);
        });
    };
    rope("linear rope", RopeScaling::Linear, [](RopeConfig &) {});
    rope("llama3 rope", RopeScaling::Llama3, [](RopeConfig &) {});
    rope("yarn rope", RopeScaling::Yarn, [](RopeConfig &r) { r.rowScale = 1.14, r.betaFast = 4; });
    rope("rope factors", RopeScaling::Factors, [](RopeConfig &r) { r.factors = {1, 2, 3, 4}; });
    rope("long rope", RopeScaling::LongRope, [](RopeConfig &r) {
        r.factors = {1, 1.1F, 1.2F, 1.5F};
        r.longFactors = {1, 2, 4, 8};
        r.rowScale = 1.2;
    });
    add("partial rope", [](ModelConfig &c) { c.ropes[0].dim = 4; });
    add("adjacent rope", [](ModelConfig &c) { c.ropePairing = RopePairing::Adjacent; });
    add("split rope", [](ModelConfig &c) { c.ropePairing = RopePairing::AdjacentSplit, c.ropes[0].rowScale = 1.3; });
    add("layer without rope", [](ModelConfig &c) { c.layerConfigs[1].rope = -1; });
    add("windows", [](ModelConfig &c) {
        c.ropes.push_back(c.ropes[0]);
        c.ropes[1].theta = 100;
        c.layerConfigs[0].window = c.layerConfigs[2].window = 7;
        c.layerConfigs[0].rope = c.layerConfigs[2].rope = 1;
    });
    add("caps", [](ModelConfig &c) { c.scoreCap = 1.5, c.scoreScale = 0.5, c.logitCap = 3; });
    add("caps and windows", [](ModelConfig &c) { c.scoreCap = 2, c.layerConfigs[1].window = 5; });
    add("post norms", [](ModelConfig &c) {
        c.family = "post norms";
        c.activation = Activation::GeluTanh;
        c.embeddingScale = std::sqrt(32.0);
        c.queryKeyNorm = QueryKeyNorm::PerHead;
        c.tied = true;
    });
    add("scaled queries", [](ModelConfig &c) { c.queryScale = 0.4, c.scoreScale = 1; });
    add("full width norm", [](ModelConfig &c) { c.queryKeyNorm = QueryKeyNorm::FullWidth, c.clipQkv = 1.2; });
    add("multipliers", [](ModelConfig &c) { c.embeddingScale = 3, c.residualScale = 0.4, c.logitScale = 0.25, c.scoreScale = 0.2; });
    add("parallel residual", [](ModelConfig &c) {
        c.norm = NormKind::Layer, c.parallelResidual = true, c.gatedFfn = false, c.activation = Activation::Gelu;
        c.qkvBias = true, c.ropes[0].dim = 4;
    });
    add("learned positions", [](ModelConfig &c) {
        c.norm = NormKind::Layer, c.gatedFfn = false, c.activation = Activation::Relu, c.qkvBias = true;
        c.learnedPositions = true, c.positionOffset = 2;
        c.ropes.clear();
        for (LayerConfig &layer : c.layerConfigs)
            layer.rope = -1;
    });
    const auto experts = [](ModelConfig &c) {
        c.moe.experts = 6, c.moe.active = 2, c.moe.expertFfn = 12, c.moe.normalise = true;
        c.layerConfigs[1].experts = c.layerConfigs[2].experts = true;
    };
    add("experts", experts);
    add("shared experts", [&](ModelConfig &c) { experts(c), c.moe.sharedFfn = 16, c.moe.sharedGate = true; });
    add("latent attention", [&](ModelConfig &c) {
        experts(c);
        c.moe.score = RouterScore::Sigmoid, c.moe.groupRanking = ExpertGroups::TwoBest, c.moe.groups = 3, c.moe.keptGroups = 2;
        c.moe.sharedFfn = 12, c.moe.scale = 2.5;
        c.mla.latent = 12, c.mla.queryRank = 10, c.mla.nope = 6, c.mla.rope = 4, c.mla.value = 5;
        c.kvHeads = 4, c.headDim = 10, c.valueDim = 5, c.ropes[0].dim = 4, c.ropePairing = RopePairing::AdjacentSplit;
    });
    return all;
}

} // namespace winnow::test
