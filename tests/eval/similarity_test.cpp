#include "core/eval/similarity.h"
#include "core/model/forward.h"
#include "core/eval/column_similarity.h"
#include "tests/support/attention_maps.h"
#include "tests/support/random_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace winnow;
using namespace winnow::test;
using enum SimilarityMetric;

namespace {

// iam.md 8
const CausalMap kA{{1}, {0.5F, 0.5F}, {0.2F, 0.3F, 0.5F}};
const CausalMap kX{{1}, {0.6F, 0.4F}, {0.25F, 0.25F, 0.5F}};
const CausalMap kY{{1}, {0.1F, 0.9F}, {0.6F, 0.2F, 0.2F}};

constexpr int64_t kKeep = 64 << 20;

std::vector<SimilarityMetric> allMetrics()
{
    std::vector<SimilarityMetric> all;
    for (const SimilarityMetricInfo &info : similarityMetrics())
        all.push_back(info.metric);
    return all;
}

SimilarityTables compared(const AttentionSourcePtr &large, const AttentionSourcePtr &small, const SimilarityRequest &request,
    MapRange range = {}, int64_t keep = kKeep)
{
    if (range.rows == 0)
        range.rows = large->tokens;
    AttentionRows a(large, range, keep), b(small, range, keep);
    auto tables = compareHeads(a, b, request, {});
    if (!tables)
        qFatal("%s", tables.error().message.c_str());
    return *tables;
}

std::vector<int32_t> textOf(int64_t tokens, int64_t vocab)
{
    std::vector<int32_t> ids;
    for (int64_t t = 0; t < tokens; ++t)
        ids.push_back(int32_t((t * t * 7 + t * 3 + 1) % vocab));
    return ids;
}

AttentionSourcePtr sourceOf(const ModelConfig &config, int64_t tokens, uint64_t seed = 1, int64_t layers = 0)
{
    const auto model = randomModel(config, seed);
    auto source = attentionSource(*model, textOf(tokens, config.vocab), layers, "model", {});
    if (!source)
        qFatal("%s", source.error().message.c_str());
    return *source;
}

/// Each head's map [end, end] as f64, straight from the source.
std::vector<std::vector<double>> mapsOf(const AttentionSource &source)
{
    std::vector<std::vector<double>> maps;
    for (int64_t l = 0; l < source.shape.layers; ++l) {
        for (int64_t h = 0; h < source.shape.heads; ++h) {
            const auto tile = attentionTile(source, l, h, 0, source.tokens);
            maps.emplace_back(tile->begin(), tile->end());
        }
    }
    return maps;
}

/// Metrics of two whole maps by their definitions, entry by entry.
double byDefinition(SimilarityMetric metric, const std::vector<double> &x, const std::vector<double> &y, int64_t n, int64_t skip)
{
    std::vector<double> a, b; // the vectors
    double rowScore = 0;
    const auto restOf = [&](const std::vector<double> &map, int64_t u) {
        std::vector<double> row(map.begin() + u * n + skip, map.begin() + u * n + u + 1);
        const double sum = skip > 0 ? std::accumulate(row.begin(), row.end(), 0.0) : 1.0;
        for (double &value : row)
            value /= sum;
        return row;
    };
    for (int64_t u = skip; u < n; ++u) {
        const auto p = restOf(x, u), q = restOf(y, u);
        a.insert(a.end(), p.begin(), p.end());
        b.insert(b.end(), q.begin(), q.end());
        if (metric == PearsonWhole) {
            a.resize(a.size() + size_t(n - 1 - u));
            b.resize(b.size() + size_t(n - 1 - u));
        }
        double pq = 0, pp = 0, qq = 0, js = 0;
        for (size_t i = 0; i < p.size(); ++i) {
            pq += p[i] * q[i], pp += p[i] * p[i], qq += q[i] * q[i];
            const double m = (p[i] + q[i]) / 2;
            js += (p[i] > 0 ? p[i] * std::log2(p[i] / m) : 0) / 2 + (q[i] > 0 ? q[i] * std::log2(q[i] / m) : 0) / 2;
        }
        rowScore += (metric == RowJs ? -js : pq / std::sqrt(pp * qq)) / double(n - skip);
    }
    if (metric == RowCosine || metric == RowJs)
        return rowScore;
    double ab = 0, aa = 0, bb = 0, l1 = 0, l2 = 0;
    const bool centred = metric == Pearson || metric == PearsonWhole;
    const double meanA = centred ? std::accumulate(a.begin(), a.end(), 0.0) / double(a.size()) : 0;
    const double meanB = centred ? std::accumulate(b.begin(), b.end(), 0.0) / double(b.size()) : 0;
    for (size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB), aa += (a[i] - meanA) * (a[i] - meanA), bb += (b[i] - meanB) * (b[i] - meanB);
        l1 += std::abs(a[i] - b[i]), l2 += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return metric == Minkowski1 ? -l1 : metric == Minkowski2 ? -std::sqrt(l2) : ab / std::sqrt(aa * bb);
}

} // namespace

class SimilarityTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// iam.md 8, table "Metrics".
    void metricsOfTheWorkedMaps()
    {
        const auto large = sourceOfMaps({kA}, {1, 1}), small = sourceOfMaps({kX, kY}, {1, 2});
        SimilarityRequest request;
        request.metrics = {Cosine, Pearson, PearsonWhole, Minkowski1, Minkowski2, CosineNosink, RowCosine, RowJs};
        const auto tables = compared(large, small, request);
        const double expected[8][2] = {{0.993385, 0.863549}, {0.967923, 0.521026}, {0.985951, 0.740744}, {-0.3, -1.6},
            {-0.158114, -0.761577}, {0.998906, 0.989743}, {0.991327, 0.821877}, {-0.003650, -0.092484}};
        for (size_t m = 0; m < 8; ++m) {
            for (size_t j = 0; j < 2; ++j)
                QVERIFY2(std::abs(double(tables.tables[m].values[j]) - expected[m][j]) < 1e-6,
                    qPrintable(QStringLiteral("%1 %2: %3").arg(m).arg(j).arg(double(tables.tables[m].values[j]), 0, 'f', 7)));
        }
    }

    void cosineWithSkippedSinksIsCosineWithoutThem()
    {
        const auto large = sourceOfMaps({kA}, {1, 1}), small = sourceOfMaps({kX, kY}, {1, 2});
        SimilarityRequest request;
        request.skipSinks = 1;
        QVERIFY(std::abs(double(compared(large, small, request).tables[0].values[1]) - 0.989743) < 1e-6);
        request.metrics = {CosineNosink};
        request.skipSinks = 0;
        QCOMPARE(compared(large, small, request).tables[0].skipSinks, int64_t(1));
        request.skipSinks = 2;
        QCOMPARE(compared(large, small, request).tables[0].values[1], 1.0F); // one row of one column is left
    }

    /// iam.md 8: two heads with mass s on column 0 and 1 - s on another column, never the same one.
    void sinksInflateCosines()
    {
        for (const auto &[s, cosine] : {std::pair(0.3F, 0.1552), std::pair(0.6F, 0.6923), std::pair(0.8F, 0.9412), std::pair(0.9F, 0.9878)}) {
            const CausalMap one{{1}, {s, 1 - s}, {s, 1 - s, 0}, {s, 1 - s, 0, 0}}, two{{1}, {s, 1 - s}, {s, 0, 1 - s}, {s, 0, 1 - s, 0}};
            SimilarityRequest request;
            request.metrics = {Cosine, CosineNosink};
            const auto tables = compared(sourceOfMaps({one}, {1, 1}), sourceOfMaps({two}, {1, 1}), request, {2, 2, 0});
            QVERIFY(std::abs(double(tables.tables[0].values[0]) - cosine) < 5e-5);
            QVERIFY(std::abs(double(tables.tables[1].values[0])) < 1e-7);
        }
    }

    void tablesFollowTheDefinitions()
    {
        const auto large = sourceOf(tinyConfig(), 90), small = sourceOf(tinyConfig(), 90, 2);
        const auto a = mapsOf(*large), b = mapsOf(*small);
        for (const int64_t skip : {0, 3}) {
            SimilarityRequest request;
            request.metrics = {Cosine, Pearson, PearsonWhole, Minkowski1, Minkowski2, RowCosine, RowJs};
            request.skipSinks = skip;
            const auto tables = compared(large, small, request);
            for (const SimilarityTable &table : tables.tables) {
                double worst = 0;
                for (size_t i = 0; i < a.size(); ++i) {
                    for (size_t j = 0; j < b.size(); ++j)
                        worst = std::max(worst, std::abs(double(table.values[i * b.size() + j]) - byDefinition(table.metric, a[i], b[j], 90, skip)));
                }
                QVERIFY2(worst < 1e-5, qPrintable(QStringLiteral("%1 skip %2: %3").arg(int(table.metric)).arg(skip).arg(worst))); // f32 sums
            }
        }
    }

    void blocksAndKeptRowsChangeNothing()
    {
        const auto large = sourceOf(tinyConfig(), 100), small = sourceOf(tinyConfig(), 100, 2);
        SimilarityRequest request;
        request.metrics = allMetrics();
        request.skipSinks = 2;
        request.control = true;
        const auto kept = compared(large, small, request), streamed = compared(large, small, request, {}, 0);
        for (size_t t = 0; t < kept.tables.size(); ++t) {
            for (size_t i = 0; i < kept.tables[t].values.size(); ++i)
                QVERIFY(std::abs(kept.tables[t].values[i] - streamed.tables[t].values[i]) < 1e-6F);
            QCOMPARE(kept.tables[t].control.size(), size_t(12));
            for (size_t i = 0; i < 12; ++i)
                QVERIFY(std::abs(kept.tables[t].control[i] - streamed.tables[t].control[i]) < 1e-6F);
        }
    }

    void aModelMatchesItself()
    {
        const auto source = sourceOf(tinyConfig(), 80);
        SimilarityRequest request;
        request.metrics = allMetrics();
        request.control = true;
        const auto tables = compared(source, source, request);
        for (const SimilarityTable &table : tables.tables) {
            const HeadMatch match = matchHeads(table.values, tables.large, tables.small);
            for (size_t i = 0; i < 12; ++i) {
                const float own = metricInfo(table.metric).distance ? 0.0F : 1.0F;
                QVERIFY(std::abs(table.values[i * 12 + i] - own) < 1e-6F);
                // itself or a twin with an equal score
                QVERIFY(match.f[i] == int32_t(i) || std::abs(match.score[i] - own) < 1e-6F);
            }
        }
        // Maps of different heads are never equal here: the match of cosine is the head itself.
        const HeadMatch match = matchHeads(tables.tables[0].values, tables.large, tables.small);
        for (size_t i = 0; i < 12; ++i)
            QCOMPARE(match.f[i], int32_t(i));
    }

    void firstLayersOfAModelMatchThemselves()
    {
        const auto large = sourceOf(tinyConfig(), 80), small = sourceOf(tinyConfig(), 80, 1, 2);
        QCOMPARE(small->shape.layers, int64_t(2));
        SimilarityRequest request;
        request.metrics = {Cosine, Jaccard, RowCosine};
        const auto tables = compared(large, small, request);
        for (const SimilarityTable &table : tables.tables) {
            for (size_t i = 0; i < 8; ++i)
                QVERIFY(std::abs(table.values[i * 8 + i] - 1.0F) < 1e-6F);
        }
    }

    void rowsAreThoseOfThePass_data()
    {
        QTest::addColumn<int>("index");
        const auto configs = tinyConfigs();
        for (size_t i = 0; i < configs.size(); ++i)
            QTest::newRow(configs[i].first.c_str()) << int(i);
    }

    /// Every family switch: rows computed again from queries and keys equal the probabilities that the pass used.
    void rowsAreThoseOfThePass()
    {
        QFETCH(int, index);
        const ModelConfig config = tinyConfigs()[size_t(index)].second;
        const auto model = randomModel(config);
        const auto ids = textOf(40, config.vocab);
        std::vector<at::Tensor> seen(size_t(config.layers), at::zeros({config.heads, 40, 40}));
        for (at::Tensor &map : seen)
            map = map.clone();
        Hooks hooks;
        const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &value, const HookSite &site) {
            seen[size_t(site.layer)].narrow(0, site.firstHead, value.size(0)).narrow(1, site.firstRow, value.size(1)).narrow(2, 0, value.size(2)).copy_(value);
            return std::optional<at::Tensor>();
        });
        KvCache cache(config, model->device());
        ForwardOptions options;
        options.logits = LogitsRows::None;
        options.hooks = &hooks;
        QVERIFY(forward(*model, ids, cache, options, {}).has_value());
        const auto source = attentionSource(*model, ids, 0, "model", {});
        QVERIFY(source.has_value());
        for (int64_t l = 0; l < config.layers; ++l) {
            for (int64_t h = 0; h < config.heads; ++h) {
                const auto tile = attentionTile(**source, l, h, 0, 40);
                QVERIFY(tile.has_value());
                const at::Tensor rows = at::from_blob(const_cast<float *>(tile->data()), {40, 40}, at::kFloat);
                QVERIFY((rows - seen[size_t(l)][h]).abs().max().item<float>() < 1e-5F);
            }
        }
    }

    void columnSumsAddUpRows()
    {
        const auto source = sourceOf(tinyConfig(), 70);
        const auto maps = mapsOf(*source);
        AttentionRows rows(source, {20, 50, 0}, 0);
        const auto sums = rows.columnSums({});
        QVERIFY(sums.has_value());
        for (size_t head = 0; head < maps.size(); ++head) {
            for (int64_t v = 0; v < 70; ++v) {
                double sum = 0;
                for (int64_t u = 20; u < 70; ++u)
                    sum += maps[head][size_t(u * 70 + v)];
                QVERIFY(std::abs(double((**sums)[head * 70 + size_t(v)]) - sum) < 1e-5);
            }
        }
    }

    /// The bottom right corner of a map, as it is.
    void rangesMayBeginAtALaterColumn()
    {
        const auto source = sourceOf(tinyConfig(), 60);
        AttentionRows rows(source, {40, 20, 40}, kKeep);
        const RowBlock block = rows.rows(50, 52);
        const auto tile = attentionTile(*source, 1, 2, 50, 52);
        const float *head = block.data + 6 * block.stride;
        for (int64_t v = 40; v <= 50; ++v)
            QCOMPARE(head[v - 40], (*tile)[size_t(v)]);
        for (int64_t v = 40; v <= 51; ++v)
            QCOMPARE(head[11 + v - 40], (*tile)[size_t(52 + v)]);
    }

    void meanAttentionComparesLayers()
    {
        const auto large = sourceOf(tinyConfig(), 50), small = sourceOf(tinyConfig(), 50, 2);
        SimilarityRequest request;
        request.averageHeads = true;
        const auto tables = compared(large, small, request);
        QCOMPARE(tables.tables[0].values.size(), size_t(9));
        auto a = mapsOf(*large), b = mapsOf(*small);
        const auto mean = [](const std::vector<std::vector<double>> &maps, size_t layer) {
            std::vector<double> sum(maps[0].size());
            for (size_t h = 0; h < 4; ++h) {
                for (size_t i = 0; i < sum.size(); ++i)
                    sum[i] += maps[layer * 4 + h][i] / 4;
            }
            return sum;
        };
        QVERIFY(std::abs(double(tables.tables[0].values[5]) - byDefinition(Cosine, mean(a, 1), mean(b, 2), 50, 0)) < 1e-5);
    }

    void aControlAloneIsTheOneBesideTheScores()
    {
        const auto large = sourceOf(tinyConfig(), 70), small = sourceOf(tinyConfig(), 70, 2);
        const auto whole = compared(large, small, {.metrics = allMetrics(), .control = true});
        const auto alone = compared(large, small, {.metrics = allMetrics(), .control = true, .scores = false});
        for (size_t m = 0; m < whole.tables.size(); ++m)
            QVERIFY(alone.tables[m].control == whole.tables[m].control && alone.tables[m].values.empty());
    }

    void controlsKeepRowsAndLoseColumns()
    {
        // A head that looks at one column: shuffled within rows it looks at another, the control is low and the score is 1.
        CausalMap stripe;
        for (size_t u = 0; u < 40; ++u) {
            std::vector<float> row(u + 1, 0.0F);
            row[std::min<size_t>(u, 5)] = 1;
            stripe.push_back(row);
        }
        const auto source = sourceOfMaps({stripe}, {1, 1});
        SimilarityRequest request;
        request.metrics = {Cosine, RowCosine, Jaccard};
        request.control = true;
        const auto tables = compared(source, source, request);
        QCOMPARE(tables.tables[0].values[0], 1.0F);
        QVERIFY(tables.tables[0].control[0] < 0.6F);
        QVERIFY(tables.tables[2].control[0] < 1.0F);
        request.seed = 77;
        QVERIFY(compared(source, source, request).tables[0].control != tables.tables[0].control);
    }

    void ranksShareTheirMean()
    {
        const std::vector<float> a{5, 1, 1, 3}, b{10, 2, 2, 4}, c{1, 5, 5, 2};
        QCOMPARE(columnTable(Spearman, a, b, 4, 0, 0.2)[0], 1.0F);
        QCOMPARE(columnTable(Spearman, a, c, 4, 0, 0.2)[0], -1.0F);
        QCOMPARE(columnTable(Spearman, std::vector<float>(4, 1.0F), b, 4, 0, 0.2)[0], 0.0F);
        QVERIFY(std::abs(columnTable(ColumnCosine, a, b, 4, 1, 0.2)[0] - float(16 / std::sqrt(11.0 * 24.0))) < 1e-6F);
    }

    void whatCannotBeComparedIsSaid()
    {
        const auto source = sourceOf(tinyConfig(), 20);
        AttentionRows a(source, {0, 20, 0}, 0), b(source, {0, 19, 0}, 0);
        QCOMPARE(compareHeads(a, b, {}, {}).error().code, ErrorCode::BadInput);
        SimilarityRequest request;
        request.skipSinks = 20;
        QCOMPARE(compareHeads(a, a, request, {}).error().code, ErrorCode::BadInput);
        QCOMPARE(attentionTile(*source, 3, 0, 0, 4).error().code, ErrorCode::BadInput);
        const auto model = randomModel(tinyConfig());
        QCOMPARE(attentionSource(*model, textOf(4, 64), 9, "model", {}).error().code, ErrorCode::BadInput);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(compareHeads(a, a, {}, {stop.get_token()}).error().code, ErrorCode::Cancelled);
    }

    void pairsOfModelsAreComparedInOneCall()
    {
        const auto large = randomModel(tinyConfig()), small = randomModel(tinyConfig(), 2);
        const auto ids = textOf(40, 64);
        const auto pair = headSimilarity(*large, *small, ids, {}, {});
        QVERIFY(pair.has_value());
        QCOMPARE(pair->largeSums.size(), size_t(12 * 40));
        QVERIFY(std::abs(std::accumulate(pair->smallSums.begin(), pair->smallSums.begin() + 40, 0.0) - 40.0) < 1e-3);
        QCOMPARE(pair->tables.tables[0].values.size(), size_t(144));
    }
};

QTEST_GUILESS_MAIN(SimilarityTest)
#include "similarity_test.moc"
