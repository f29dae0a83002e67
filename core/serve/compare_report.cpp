#include "core/serve/compare_report.h"

#include "core/base/json_fields.h"
#include "core/eval/column_similarity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    double meanOf(std::span<const float> values)
    {
        return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    }

    double medianOf(std::vector<float> values)
    {
        if (values.empty())
            return 0;
        const auto middle = values.begin() + int64_t(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        if (values.size() % 2 == 1)
            return double(*middle);
        return (double(*middle) + double(*std::max_element(values.begin(), middle))) / 2;
    }

    /// Mean score when a row is served by another head than its match.
    double meanUnder(std::span<const float> table, const HeadMatch &match, std::span<const int32_t> control)
    {
        double sum = 0;
        for (size_t i = 0; i < match.f.size(); ++i)
            sum += double(table[i * control.size() + size_t(control[size_t(match.f[i])])]);
        return match.f.empty() ? 0 : sum / double(match.f.size());
    }

    Json floatList(ReportBuilder &builder, const std::vector<float> &values)
    {
        return builder.addArray(Array::fromFloats(values, {int64_t(values.size())}));
    }

    Json intList(ReportBuilder &builder, const std::vector<int32_t> &values)
    {
        return builder.addArray(Array::fromInts(values, {int64_t(values.size())}));
    }

    void addFigures(ReportBuilder &builder, const CompareSetup &setup, const SimilarityTable &table, const HeadMatch &match,
        HeadShape small)
    {
        const std::string name(metricInfo(table.metric).metricName);
        builder.setMetric(name + "MeanBest", meanOf(match.score));
        builder.setMetric(name + "MedianBest", medianOf(match.score));
        builder.setMetric(name + "MeanAll", meanOf(table.values));
        builder.setMetric(name + "MeanMargin", meanOf(match.margin));
        if (!table.control.empty())
            builder.setMetric(name + "MeanControl", meanOf(table.control));
        if (!setup.similarity.control)
            return;
        for (const auto &[control, title] : {std::pair(MapControl::PermuteHeads, "MeanPermuteHeads"),
                 std::pair(MapControl::ShuffleLayers, "MeanShuffleLayers")})
            builder.setMetric(name + title, meanUnder(table.values, match, controlMap(control, small, setup.similarity.seed)));
    }

    SimilarityTable asLayers(const SimilarityTable &table, HeadShape large, HeadShape small, HeadReduction reduction)
    {
        SimilarityTable layers{table.metric, table.skipSinks, layerTable(table.values, large, small, reduction), {}};
        // The control keeps the best of each head only: the best of a layer is known, a mean is not.
        if (reduction == HeadReduction::Max && !table.control.empty())
            layers.control = bestScores(table.control, large.heads);
        return layers;
    }

    TokenScores sumScores(const char *id, const std::vector<float> &sums, HeadShape shape, int64_t columns)
    {
        TokenScores scores;
        scores.id = id;
        scores.tokens = columns;
        scores.values = sums;
        for (int64_t layer = 0; layer < shape.layers; ++layer) {
            for (int64_t head = 0; head < shape.heads; ++head)
                scores.names.push_back(std::to_string(layer) + "\u00b7" + std::to_string(head));
        }
        return scores;
    }

    /// A row of attention sums to one, so a head's column sums add up to the number of rows.
    Check rowSumCheck(const char *id, const char *model, const std::vector<float> &sums, int64_t columns)
    {
        double worst = 0;
        for (size_t first = 0; first < sums.size(); first += size_t(columns)) {
            const double sum = std::accumulate(sums.begin() + int64_t(first), sums.begin() + int64_t(first) + columns, 0.0);
            worst = std::max(worst, std::abs(sum / double(columns) - 1));
        }
        char found[32];
        std::snprintf(found, sizeof found, "%.2g", worst);
        return {id, "Attention rows sum to one", worst < 1e-4, "|mean row sum - 1| < 1e-4", found, model};
    }

} // namespace

Result<Json> pairModelObject(EngineState &state, const ModelRequest &wanted, int64_t layers, const RunContext &context)
{
    auto json = state.modelObject(wanted, context);
    auto model = state.models.open(wanted, context);
    if (!json || !model)
        return fail(!json ? json.error() : model.error());
    const ModelConfig &config = (*model)->config();
    (*json)["hidden"] = config.hidden;
    (*json)["ffn"] = config.ffn;
    (*json)["cacheBytesPerToken"] = config.ownCacheBytes(1);
    if (layers > 0) {
        (*json)["layers"] = layers;
        (*json)["layersOfFile"] = config.layers;
    }
    return json;
}

ReportBuilder startCompareReport(Json request, const CompareSetup &setup, Json large, Json small)
{
    ReportBuilder builder;
    builder.setRequest(std::move(request));
    builder.setModel(std::move(large));
    builder.setExtra("smallModel", std::move(small));
    builder.setInput(setup.input.ids, setup.input.pieces, setup.input.text);
    builder.setExtra("contextTokens", int64_t(setup.input.ids.size()));
    builder.setExtra("spanTokens", setup.span);
    for (const std::string &notice : setup.notices)
        builder.addNotice(notice);
    return builder;
}

void addSimilarity(ReportBuilder &builder, const CompareSetup &setup, const SimilarityTable &table, HeadShape large, HeadShape small,
    int64_t chanceColumns)
{
    const SimilarityMetricInfo &info = metricInfo(table.metric);
    const HeadMatch match = matchHeads(table.values, large, small);
    MatrixArtifact matrix;
    matrix.id = "similarity." + std::string(info.name);
    matrix.metric = info.name;
    matrix.rowName = large.heads > 1 ? "head of the large model" : "layer of the large model";
    matrix.columnName = small.heads > 1 ? "head of the small model" : "layer of the small model";
    matrix.rows = large.count();
    matrix.columns = small.count();
    matrix.values = table.values;
    matrix.extra = {{"title", info.title}, {"skipSinks", table.skipSinks}, {"distance", info.distance}, {"rowLayers", large.layers},
        {"rowHeads", large.heads}, {"columnLayers", small.layers}, {"columnHeads", small.heads},
        {"match", intList(builder, match.f)}, {"score", floatList(builder, match.score)},
        {"margin", floatList(builder, match.margin)}};
    if (!table.control.empty())
        matrix.extra["controlScore"] = floatList(builder, table.control);
    if (table.metric == SimilarityMetric::Jaccard && chanceColumns > 0) {
        const int64_t kt = topCount(chanceColumns, setup.similarity.matchFraction, table.skipSinks);
        const int64_t left = chanceColumns - table.skipSinks;
        const double chance = chanceJaccard(left, kt), best = bestOfChance(left, kt, small.count());
        matrix.extra["chance"] = chance;
        matrix.extra["chanceBest"] = best;
        matrix.extra["topCount"] = kt;
        builder.setMetric("jaccardChance", chance);
        builder.setMetric("jaccardChanceBest", best);
    }
    builder.add(matrix);
    addFigures(builder, setup, table, match, small);
}

Result<void> addHeadMatrices(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    auto tables = pair.stored.compare(pair.setup.similarity, context);
    if (!tables)
        return fail(tables.error());
    for (const SimilarityTable &table : tables->tables)
        addSimilarity(builder, pair.setup, table, tables->large, tables->small, tables->columns);
    return {};
}

Result<void> addLayerMatrices(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    SimilarityRequest request = pair.setup.similarity;
    request.averageHeads = pair.setup.reduce == "mean_attention";
    auto tables = pair.stored.compare(request, context);
    if (!tables)
        return fail(tables.error());
    const HeadShape large{tables->large.layers, 1}, small{tables->small.layers, 1};
    const HeadReduction reduction = pair.setup.reduce == "mean" ? HeadReduction::Mean : HeadReduction::Max;
    for (const SimilarityTable &table : tables->tables) {
        if (request.averageHeads)
            addSimilarity(builder, pair.setup, table, large, small, tables->columns);
        else
            addSimilarity(builder, pair.setup, asLayers(table, tables->large, tables->small, reduction), large, small, 0);
    }
    return {};
}

Result<void> addMatchTables(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    SimilarityRequest request = pair.setup.similarity;
    for (const SimilarityMetric extra : {SimilarityMetric::CosineNosink, SimilarityMetric::Jaccard}) {
        if (std::find(request.metrics.begin(), request.metrics.end(), extra) == request.metrics.end())
            request.metrics.push_back(extra);
    }
    auto tables = pair.stored.compare(request, context);
    if (!tables)
        return fail(tables.error());
    const auto valuesOf = [&](SimilarityMetric metric) -> const std::vector<float> & {
        return std::find_if(tables->tables.begin(), tables->tables.end(), [&](const auto &table) { return table.metric == metric; })->values;
    };
    const auto &nosink = valuesOf(SimilarityMetric::CosineNosink);
    const auto &jaccard = valuesOf(SimilarityMetric::Jaccard);
    const auto columns = size_t(tables->small.count());
    for (size_t t = 0; t < pair.setup.similarity.metrics.size(); ++t) {
        const SimilarityTable &table = tables->tables[t];
        const SimilarityMetricInfo &info = metricInfo(table.metric);
        const HeadMatch match = matchHeads(table.values, tables->large, tables->small);
        TableArtifact artifact;
        artifact.id = "match." + std::string(info.name);
        artifact.title = "Matches by " + std::string(info.title);
        artifact.columns = {"layer", "head", "smallLayer", "smallHead", "score", "margin", "cosNosink", "jaccard"};
        artifact.units.resize(artifact.columns.size());
        for (size_t i = 0; i < match.f.size(); ++i) {
            const auto f = size_t(match.f[i]);
            artifact.rows.push_back(Json::array({int64_t(i) / tables->large.heads, int64_t(i) % tables->large.heads, int64_t(f) / tables->small.heads,
                int64_t(f) % tables->small.heads, jsonFloat(match.score[i]), jsonFloat(match.margin[i]),
                jsonFloat(nosink[i * columns + f]), jsonFloat(jaccard[i * columns + f])}));
        }
        builder.add(artifact);
        addFigures(builder, pair.setup, table, match, tables->small);
    }
    return {};
}

Result<void> addColumnSums(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    const auto large = pair.stored.largeRows->columnSums(context);
    const auto small = pair.stored.smallRows->columnSums(context);
    if (!large || !small)
        return fail(!large ? large.error() : small.error());
    const int64_t columns = pair.stored.largeRows->range().columns();
    builder.add(sumScores("columnSums.large", **large, pair.stored.large->shape, columns));
    builder.add(sumScores("columnSums.small", **small, pair.stored.small->shape, columns));
    builder.addCheck(rowSumCheck("rowSumsLarge", "large model", **large, columns));
    builder.addCheck(rowSumCheck("rowSumsSmall", "small model", **small, columns));
    return {};
}

} // namespace winnow
