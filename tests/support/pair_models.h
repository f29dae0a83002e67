#pragma once

#include "core/base/method_info.h"
#include "core/eval/capture.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/registry.h"

#include "tests/support/random_model.h"

#include <memory>
#include <random>
#include <vector>

namespace winnow::test {

/// Tiny decoders that stand for a large and a small model: the same vocabulary, 600 positions, no tokenizer.
inline ModelConfig pairConfig(int64_t layers, int64_t heads = 4, int64_t kvHeads = 2)
{
    ModelConfig config = tinyConfig();
    config.layers = layers;
    config.heads = heads;
    config.kvHeads = kvHeads;
    config.contextLength = 600;
    config.layerConfigs.assign(static_cast<size_t>(layers), config.layerConfigs.front());
    return config;
}

/// The first layers of a model, with its embedding and head.
inline std::shared_ptr<const Model> firstLayers(const Model &model, int64_t layers)
{
    ModelConfig config = model.config();
    config.layers = layers;
    config.layerConfigs.resize(static_cast<size_t>(layers));
    Weights weights = model.weights();
    weights.layers.resize(static_cast<size_t>(layers));
    return Model::fromParts(config, std::move(weights), nullptr);
}

inline std::vector<int32_t> pairIds(size_t count, unsigned seed, int64_t vocab)
{
    std::mt19937 generator(seed);
    std::vector<int32_t> ids(count);
    for (int32_t &id : ids)
        id = static_cast<int32_t>(generator() % static_cast<unsigned>(vocab));
    return ids;
}

/// A capture of the large model with what the small one saw beside it.
inline CapturePtr pairCapture(std::shared_ptr<const Model> large, std::shared_ptr<const Model> small, std::vector<int32_t> ids,
    const CaptureNeeds &needs)
{
    auto captured = captureContext(std::move(large), std::move(ids), needs, RunContext{});
    if (!captured)
        qFatal("%s", captured.error().message.c_str());
    auto pair = capturePair(**captured, std::move(small), needs.pair, RunContext{});
    if (!pair)
        qFatal("%s", pair.error().message.c_str());
    auto capture = std::make_shared<Capture>(**captured);
    capture->pair = *pair;
    capture->needs.pair = needs.pair;
    return capture;
}

} // namespace winnow::test
