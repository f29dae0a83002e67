#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/base/report_artifacts.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace winnow;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf";
const std::string kQuantised = WINNOW_TEST_DATA "/models/llama-q8_0.gguf";
const std::string kOther = WINNOW_TEST_DATA "/models/qwen2-f16.gguf";

Json manyIds(int count)
{
    Json ids = Json::array();
    for (int i = 0; i < count; ++i)
        ids.push_back(10 + (i * i + 3 * i) % 480);
    return ids;
}

Json compareRequest(const std::string &small, int tokens = 60)
{
    return {{"command", "compare"}, {"model", kModel}, {"smallModel", small}, {"input", {{"ids", manyIds(tokens)}}}, {"threads", 1}};
}

std::vector<float> controls(const Document &document, const std::string &metric)
{
    for (const MatrixArtifact &artifact : Report(document).matrices()) {
        const Array *array = artifact.metric == metric ? arrayOf(childField(artifact.extra, "controlScore"), document) : nullptr;
        if (!array)
            continue;
        if (const auto values = array->floats())
            return {values->begin(), values->end()};
    }
    return {};
}

} // namespace

class CompareTest : public QObject {
    Q_OBJECT

    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Result<Document> ask(const Json &request) { return m_engine.handle(request, {}, {}); }
    Report report(const Json &request)
    {
        auto reply = ask(request);
        if (!reply)
            qWarning("%s", reply.error().message.c_str());
        return Report(reply ? *reply : Document{});
    }
    MatrixArtifact matrix(const Report &report, const std::string &metric)
    {
        for (const MatrixArtifact &artifact : report.matrices()) {
            if (artifact.metric == metric)
                return artifact;
        }
        return {};
    }

private Q_SLOTS:
    void aControlAskedForLaterIsTheSame()
    {
        Json request = compareRequest(kQuantised);
        request["metrics"] = {"cosine", "row_js", "jaccard"};
        const Report whole = report(request);
        Engine other({.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA});
        Json quick = request;
        quick["control"] = false;
        const auto first = other.handle(quick, {}, {}), second = other.handle(request, {}, {});
        QVERIFY(first && second);
        for (const char *metric : {"cosine", "row_js", "jaccard"}) {
            QVERIFY(!matrix(Report(*first), metric).extra.contains("controlScore"));
            QCOMPARE(matrix(Report(*second), metric).values, matrix(whole, metric).values);
            QCOMPARE(matrix(Report(*first), metric).values, matrix(whole, metric).values);
            QVERIFY(controls(*second, metric) == controls(whole.document(), metric));
            QVERIFY(!controls(*second, metric).empty());
        }
    }

    void reportsHoldOneMatrixAMetric()
    {
        Json request = compareRequest(kQuantised);
        request["metrics"] = {"cosine", "jaccard", "row_js"};
        const Json json = report(request).toCliJson();
        const auto heads = json.at("model").at("layers").get<size_t>() * json.at("model").at("heads").get<size_t>();
        const auto smallHeads = json.at("smallModel").at("layers").get<size_t>() * json.at("smallModel").at("heads").get<size_t>();
        size_t matrices = 0;
        for (const Json &artifact : json.at("artifacts")) {
            if (artifact.at("type") != "SimilarityMatrix")
                continue;
            ++matrices;
            QCOMPARE(artifact.at("rows").get<size_t>(), heads);
            QCOMPARE(artifact.at("columns").get<size_t>(), smallHeads);
            QCOMPARE(artifact.at("values").size(), heads);
            QCOMPARE(artifact.at("values").at(0).size(), smallHeads);
            for (const char *field : {"match", "score", "margin", "controlScore"})
                QCOMPARE(artifact.at(field).size(), heads);
            QVERIFY(artifact.contains("chance") == (artifact.at("metric") == "jaccard"));
        }
        QCOMPARE(matrices, size_t(3));
        for (const char *name : {"cosineMeanBest", "cosineMedianBest", "cosineMeanAll", "cosineMeanControl", "cosineMeanPermuteHeads",
                 "jaccardChance", "jaccardChanceBest", "rowJsMeanBest"})
            QVERIFY2(json.at("metrics").contains(name), name);
        QCOMPARE(json.at("spanTokens").get<int>(), 60);
        for (const Check &check : report(request).checks())
            QVERIFY2(check.ok, check.id.c_str());
    }

    void aModelMatchesItself()
    {
        const Report itself = report(compareRequest(kModel));
        const MatrixArtifact table = matrix(itself, "cosine");
        QVERIFY(table.rows > 0);
        for (int64_t i = 0; i < table.rows; ++i)
            QVERIFY(std::abs(table.values[size_t(i * table.columns + i)] - 1.0F) < 1e-6F);
        QVERIFY(std::abs(*itself.metric("cosineMeanBest") - 1) < 1e-6);
    }

    void firstLayersMatchThemselves()
    {
        Json request = compareRequest(kModel);
        request["smallLayers"] = 1;
        const Report shortened = report(request);
        const MatrixArtifact table = matrix(shortened, "cosine");
        QCOMPARE(table.columns, integerField(shortened.model(), "heads"));
        for (int64_t i = 0; i < table.columns; ++i)
            QVERIFY(std::abs(table.values[size_t(i * table.columns + i)] - 1.0F) < 1e-6F);
    }

    void requestOfAReportRepeatsItBitForBit()
    {
        Json request = compareRequest(kQuantised);
        request["metrics"] = {"cosine_nosink", "pearson", "spearman"};
        request["skipSinks"] = 2;
        const Report first = report(request);
        Engine fresh({.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA});
        const auto second = fresh.handle(first.request(), {}, {});
        QVERIFY(second.has_value());
        const Report again(*second);
        QVERIFY(first.metrics() == again.metrics());
        QVERIFY(first.request() == again.request());
        for (size_t i = 0; i < first.matrices().size(); ++i)
            QVERIFY(first.matrices()[i].values == again.matrices()[i].values);
    }

    void skippedSinksChangeTablesNotMaps()
    {
        Json request = compareRequest(kQuantised);
        request["metrics"] = {"cosine", "cosine_nosink"};
        const Report first = report(request);
        request["skipSinks"] = 1;
        const Report second = report(request);
        QVERIFY(matrix(first, "cosine").values != matrix(second, "cosine").values);
        QVERIFY(matrix(first, "cosine_nosink").values == matrix(second, "cosine").values);
        QCOMPARE(stringField(first.body(), "pairId"), stringField(second.body(), "pairId"));
    }

    void layersAreReducedOrAveraged()
    {
        Json request = compareRequest(kQuantised);
        request["what"] = "layers";
        const Report heads = report(compareRequest(kQuantised));
        for (const char *reduce : {"max", "mean", "mean_attention"}) {
            request["reduce"] = reduce;
            const Report layers = report(request);
            const MatrixArtifact table = matrix(layers, "cosine");
            QCOMPARE(table.rows, integerField(layers.model(), "layers"));
            QCOMPARE(table.columns, integerField(childField(layers.body(), "smallModel"), "layers"));
        }
        request["reduce"] = "max";
        const MatrixArtifact table = matrix(report(request), "cosine"), all = matrix(heads, "cosine");
        const int64_t perLayer = all.rows / table.rows;
        float best = -1;
        for (int64_t i = 0; i < perLayer; ++i) {
            for (int64_t j = 0; j < perLayer; ++j)
                best = std::max(best, all.values[size_t(i * all.columns + j)]);
        }
        QCOMPARE(table.values[0], best);
    }

    void matchesAreATableWithConsistency()
    {
        Json request = compareRequest(kQuantised, 90);
        request["what"] = "match";
        request["span"] = 40;
        const Report matched = report(request);
        auto tables = matched.tables();
        QCOMPARE(tables.size(), size_t(2)); // the matches, and each head's best one in the later rows
        QCOMPARE(tables[1].id, std::string("consistency.heads"));
        QCOMPARE(tables[1].columns, (std::vector<std::string>{"layer", "head", "match", "40"}));
        int same = 0;
        for (const Json &row : tables[1].rows)
            same += row[2] == row[3] ? 1 : 0;
        QCOMPARE(double(same) / double(tables[1].rows.size()), *matched.metric("consistencyHard"));
        QCOMPARE(tables[0].columns,
            (std::vector<std::string>{"layer", "head", "smallLayer", "smallHead", "score", "margin", "cosNosink", "jaccard"}));
        QCOMPARE(int64_t(tables[0].rows.size()), integerField(matched.model(), "layers") * integerField(matched.model(), "heads"));
        QCOMPARE(*matched.metric("consistencyRows"), 50.0);
        QVERIFY(*matched.metric("consistencyHard") > 0.5 && *matched.metric("consistencySoft") > 0.9); // a copy of itself in q8_0
        QCOMPARE(matched.curves().size(), size_t(3));
        request["consistency"] = false;
        QCOMPARE(report(request).curves().size(), size_t(0));
    }

    void tilesAreRowsOfEitherModel()
    {
        const Report compared = report(compareRequest(kQuantised));
        Json request{{"command", "pair_tile"}, {"pairId", stringField(compared.body(), "pairId")}, {"side", "small"}, {"layer", 1},
            {"head", 1}, {"rowBegin", 10}, {"rowEnd", 14}};
        auto reply = ask(request);
        QVERIFY(reply.has_value());
        const auto tile = readMatrix(reply->body, *reply);
        QVERIFY(tile.has_value());
        QCOMPARE(tile->rows, int64_t(4));
        QCOMPARE(tile->columns, int64_t(14));
        for (int64_t row = 0; row < 4; ++row) {
            double sum = 0;
            for (int64_t v = 0; v < 14; ++v)
                sum += double(tile->values[size_t(row * 14 + v)]);
            QVERIFY(std::abs(sum - 1) < 1e-5);
            QVERIFY(row == 3 || tile->values[size_t(row * 14 + 13)] == 0.0F);
        }
        request["side"] = "left";
        QCOMPARE(ask(request).error().code, ErrorCode::BadInput);
        request["pairId"] = "no such";
        QCOMPARE(ask(request).error().code, ErrorCode::NotFound);
    }

    void otherTokenizersAreRefusedByTheFirstToken()
    {
        const auto reply = ask(compareRequest(kOther));
        QVERIFY(!reply);
        QCOMPARE(reply.error().code, ErrorCode::Unsupported);
        QVERIFY2(reply.error().message.find("token ") != std::string::npos, reply.error().message.c_str());
        QVERIFY(reply.error().hint.find("--align characters") != std::string::npos);
    }

    void charactersNeedNoCommonTokenizer()
    {
        Json request = compareRequest(kOther);
        request["input"] = {{"text", "The quick brown fox jumps over the lazy dog, and the lazy dog sleeps."}};
        request["align"] = "characters";
        request["metrics"] = {"cosine", "jaccard", "spearman"};
        const Report compared = report(request);
        QCOMPARE(compared.matrices().size(), size_t(3));
        for (const MatrixArtifact &table : compared.matrices()) {
            for (const float value : table.values)
                QVERIFY(std::isfinite(value) && value <= 1.0001F);
        }
        request["smallModel"] = kModel;
        QVERIFY(std::abs(*report(request).metric("cosineMeanBest") - 1) < 1e-5);
        request["metrics"] = {"minkowski1"};
        QCOMPARE(ask(request).error().code, ErrorCode::Unsupported);
    }

    void whatCannotBeAskedIsRefusedWithWhatCan()
    {
        const auto refused = [&](const char *field, const Json &value, const char *expected) {
            Json request = compareRequest(kQuantised);
            request[field] = value;
            const auto reply = ask(request);
            return !reply && reply.error().code == ErrorCode::BadInput && reply.error().message.find(expected) != std::string::npos;
        };
        QVERIFY(refused("what", "everything", "heads"));
        QVERIFY(refused("metrics", {"cosinus"}, "cosine_nosink"));
        QVERIFY(refused("metrics", Json::array(), "cosine"));
        QVERIFY(refused("skipSinks", 60, "60 tokens"));
        QVERIFY(refused("skipSinks", -1, "0 to"));
        QVERIFY(refused("reduce", "median", "mean_attention"));
        QVERIFY(refused("smallLayers", 99, "1 to"));
        QVERIFY(refused("span", 0, "1 to 1000"));
        Json request = compareRequest(kQuantised);
        request.erase("smallModel");
        QVERIFY(ask(request).error().hint.find("--small-model") != std::string::npos);
    }

    void longInputsAreCutAndSaid()
    {
        Json request = compareRequest(kQuantised, 20);
        request["span"] = 30;
        const Report compared = report(request);
        QCOMPARE(compared.notices().size(), size_t(1));
        QCOMPARE(integerField(compared.body(), "spanTokens"), int64_t(20));
    }
};

QTEST_GUILESS_MAIN(CompareTest)
#include "compare_test.moc"
