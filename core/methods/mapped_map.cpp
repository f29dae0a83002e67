#include "core/methods/mapped_map.h"

#include <ATen/core/Tensor.h>

#include <span>

namespace winnow {
namespace {

    constexpr double kMatchFraction = 0.2; // kMatchFrac of smallkv.md 4

    std::span<const float> floats(const at::Tensor &tensor)
    {
        return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
    }

    MapControl controlOf(const Parameters &parameters)
    {
        const std::string word = parameters.word("mapControl");
        return word == "permute_heads" ? MapControl::PermuteHeads : word == "shuffle_layers" ? MapControl::ShuffleLayers : MapControl::None;
    }

} // namespace

PairSpan mapSpan(const Parameters &parameters)
{
    PairSpan span;
    span.tokens = parameters.integer("matchMax");
    span.metric = parameters.word("metric");
    if (span.metric == "jaccard") // of column sums, which every span has
        span.metric.clear();
    else
        span.skipSinks = parameters.integer("skipSinks");
    if (span.metric == "pearson" && parameters.word("vecScope") == "whole")
        span.metric = "pearson_whole";
    return span;
}

Result<HeadMatch> buildMap(const Capture &capture, const Parameters &parameters)
{
    if (!capture.pair || !capture.pair->small)
        return fail(ErrorCode::BadInput, "IAM needs the attention of a small model", "give --small-model, and capture the input again");
    const ModelConfig &large = capture.config, &small = capture.pair->small->config;
    const HeadShape largeShape{large.layers, large.heads}, smallShape{small.layers, small.heads};
    const PairTables *tables = capture.pair->find(mapSpan(parameters));
    if (!tables)
        return fail(ErrorCode::BadInput, "the capture was not made with the span that IAM matches heads on", "capture the input again");
    HeadMatch match;
    if (parameters.word("metric") == "jaccard") {
        const int64_t n = tables->largeSums.size(1), skip = parameters.integer("skipSinks");
        const std::vector<float> table = jaccardTable(floats(tables->largeSums), floats(tables->smallSums), largeShape.count(),
            smallShape.count(), n, topCount(n, kMatchFraction, skip), skip);
        match = matchHeads(table, largeShape, smallShape);
    } else if (!tables->table.defined()) {
        return fail(ErrorCode::BadInput, "the capture holds no head similarities \"" + mapSpan(parameters).metric + "\"", "capture the input again");
    } else {
        match = matchHeads(floats(tables->table), largeShape, smallShape);
    }
    if (const MapControl control = controlOf(parameters); control != MapControl::None) {
        const std::vector<int32_t> moved = controlMap(control, smallShape, static_cast<uint64_t>(parameters.integer("seed")));
        for (int32_t &head : match.f)
            head = moved[static_cast<size_t>(head)];
    }
    return match;
}

} // namespace winnow
