#include "core/eval/aligned_similarity.h"
#include "tests/support/attention_maps.h"
#include "tests/support/random_model.h"

#include <QTest>

#include <cmath>

using namespace winnow;
using namespace winnow::test;

namespace {

using Spans = std::vector<std::pair<int64_t, int64_t>>;

/// Causal maps of n tokens, different for each seed.
CausalMap someMap(size_t n, unsigned seed)
{
    CausalMap map;
    for (size_t u = 0; u < n; ++u) {
        std::vector<float> row;
        float sum = 0;
        for (size_t v = 0; v <= u; ++v) {
            row.push_back(float(1 + (u * 7 + v * 13 + seed * 5) % 11));
            sum += row.back();
        }
        for (float &value : row)
            value /= sum;
        map.push_back(row);
    }
    return map;
}

/// The whole map over characters by its definition.
std::vector<double> characterMap(const CausalMap &map, const TokenCharacters &tokens, int64_t characters)
{
    std::vector<double> result(static_cast<size_t>(characters * characters));
    const auto tokenOf = [&](int64_t c) {
        for (size_t t = 0; t < tokens.spans.size(); ++t) {
            if (c >= tokens.spans[t].first && c < tokens.spans[t].second)
                return t;
        }
        return size_t(0);
    };
    for (int64_t x = 0; x < characters; ++x) {
        for (int64_t y = 0; y < characters; ++y) {
            const size_t u = tokenOf(x), v = tokenOf(y);
            result[size_t(x * characters + y)] = v <= u ? double(map[u][v]) / double(tokens.length(int64_t(v))) : 0.0;
        }
    }
    return result;
}

} // namespace

class CharacterAlignmentTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bytesBecomeCharacters()
    {
        // a, two bytes, three bytes cut in two tokens, b
        const std::string text = "a\u00e9\u20acb";
        const TokenCharacters tokens = tokenCharacters(text, Spans{{0, 0}, {0, 3}, {3, 5}, {5, 6}, {6, 7}});
        QCOMPARE(tokens.spans, (Spans{{0, 0}, {0, 2}, {2, 3}, {2, 3}, {3, 4}}));
    }

    void segmentsEndWhereATokenOfEitherModelEnds()
    {
        const TokenCharacters large{{{0, 4}, {4, 8}}}, small{{{0, 3}, {3, 8}}};
        const auto segments = alignSegments(large, small, 8, 0);
        QCOMPARE(segments.size(), size_t(3));
        QCOMPARE(segments[1].first, int64_t(3));
        QCOMPARE(segments[1].last, int64_t(4));
        QCOMPARE(segments[1].large, std::vector<int32_t>{0});
        QCOMPARE(segments[1].small, std::vector<int32_t>{1});
        // Without the first token of either model only the last segment is left.
        QCOMPARE(alignSegments(large, small, 8, 1).size(), size_t(1));
    }

    void sumsAreSpreadOverCharacters()
    {
        const TokenCharacters large{{{0, 4}, {4, 6}}}, small{{{0, 6}}};
        const auto segments = alignSegments(large, small, 6, 0);
        const std::vector<float> sums{2, 1};
        QCOMPARE(characterSums(sums, large, segments, &Segment::large), (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F}));
    }

    void cosineOverCharactersFollowsItsDefinition()
    {
        const TokenCharacters a{{{0, 2}, {2, 5}, {5, 6}, {6, 10}}}, b{{{0, 1}, {1, 5}, {5, 7}, {7, 8}, {8, 10}}};
        const CausalMap x = someMap(4, 1), y = someMap(5, 2);
        AttentionRows large(sourceOfMaps({x}, {1, 1}), {0, 4, 0}, 0), small(sourceOfMaps({y}, {1, 1}), {0, 5, 0}, 0);
        SimilarityRequest request;
        request.metrics = {SimilarityMetric::Cosine, SimilarityMetric::RowCosine};
        const auto tables = compareCharacters({large, a}, {small, b}, 10, request, {});
        QVERIFY(tables.has_value());
        const auto p = characterMap(x, a, 10), q = characterMap(y, b, 10);
        double pq = 0, pp = 0, qq = 0, rows = 0;
        for (size_t u = 0; u < 10; ++u) {
            double rowPq = 0, rowPp = 0, rowQq = 0;
            for (size_t v = 0; v < 10; ++v) {
                rowPq += p[u * 10 + v] * q[u * 10 + v];
                rowPp += p[u * 10 + v] * p[u * 10 + v];
                rowQq += q[u * 10 + v] * q[u * 10 + v];
            }
            pq += rowPq, pp += rowPp, qq += rowQq;
            rows += rowPq / std::sqrt(rowPp * rowQq) / 10;
        }
        QVERIFY(std::abs(double(tables->tables[0].values[0]) - pq / std::sqrt(pp * qq)) < 1e-6);
        QVERIFY(std::abs(double(tables->tables[1].values[0]) - rows) < 1e-6);
    }

    void equalTokensGiveScoresOfOne()
    {
        const auto model = randomModel(tinyConfig());
        std::vector<int32_t> ids;
        TokenCharacters tokens;
        for (int32_t t = 0; t < 30; ++t) {
            ids.push_back(t * t % 64);
            tokens.spans.emplace_back(3 * t, 3 * t + 3);
        }
        const auto source = attentionSource(*model, ids, 0, "model", {});
        AttentionRows large(*source, {0, 30, 0}, 0), small(*source, {0, 30, 0}, 0);
        SimilarityRequest request;
        request.metrics = {SimilarityMetric::Cosine, SimilarityMetric::CosineNosink, SimilarityMetric::Jaccard, SimilarityMetric::Spearman,
            SimilarityMetric::ColumnCosine};
        request.control = true;
        const auto tables = compareCharacters({large, tokens}, {small, tokens}, 90, request, {});
        QVERIFY(tables.has_value());
        for (const SimilarityTable &table : tables->tables) {
            for (size_t i = 0; i < 12; ++i) {
                QVERIFY(std::abs(table.values[i * 12 + i] - 1.0F) < 1e-5F);
                QVERIFY(table.control[i] < 1.0F);
            }
        }
        request.metrics = {SimilarityMetric::RowJs};
        QCOMPARE(compareCharacters({large, tokens}, {small, tokens}, 90, request, {}).error().code, ErrorCode::Unsupported);
        request.metrics = {SimilarityMetric::Cosine};
        request.skipSinks = 30;
        QCOMPARE(compareCharacters({large, tokens}, {small, tokens}, 90, request, {}).error().code, ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(CharacterAlignmentTest)
#include "character_alignment_test.moc"
