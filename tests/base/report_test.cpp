#include "core/base/report.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace winnow;

namespace {

KeptTokens smallKept()
{
    KeptTokens kept = KeptTokens::sized(2, 2, 5);
    for (const auto &[layer, head, token] : std::vector<std::tuple<int, int, int>>{
             {0, 0, 0}, {0, 0, 4}, {0, 1, 1}, {0, 1, 2}, {1, 0, 3}, {1, 1, 0}, {1, 1, 4}})
        kept.setKept(layer, head, token);
    kept.classes.assign(20, uint8_t(TokenClass::Evicted));
    kept.classes[4] = uint8_t(TokenClass::Window);
    for (int i = 0; i < 20; ++i)
        kept.score.push_back(float(i) / 10);
    kept.evictions = {{3, 1, 0, 2, 0.25f}};
    kept.changes = {{0, 1, 1, 4, TokenClass::Marginal}, {2, 0, 1, 5, TokenClass::Window}};
    kept.steps = 8;
    return kept;
}

ReportPtr sampleReport()
{
    ReportBuilder builder;
    builder.setRequest({{"command", "run"}});
    builder.setModel({{"name", "tiny"}});
    builder.setInput({7, 8}, {"a", "b"}, "ab");
    builder.add(smallKept());
    builder.add(TokenScores{"series", {"nll", "kl"}, 2, 1, {1, 2, 3, 0.1f}});
    Curve curve;
    curve.id = "deltaNll";
    curve.method = "snapkv";
    curve.unit = "nats";
    curve.x = {1, 2};
    curve.y = {0.5, std::numeric_limits<double>::quiet_NaN()};
    curve.budgets = {"10%", "20%"};
    curve.forecast = {0, 1};
    builder.add(curve);
    builder.add(TextArtifact{"text", "full", "hello", {1, 2, 3}});
    TableArtifact table{"cells", "Cells", {"method", "kl"}, {"", "nats"}, Json::array()};
    table.rows.push_back({"h2o", 0.5});
    builder.add(table);
    MatrixArtifact matrix;
    matrix.id = "heads";
    matrix.metric = "cosine";
    matrix.rows = 2;
    matrix.columns = 2;
    matrix.values = {0.1f, 0.9f, 0.5f, 0.5f};
    matrix.extra = {{"layer", 3}};
    builder.add(matrix);
    ExpertUsage usage;
    usage.layers = 2;
    usage.experts = 3;
    usage.tokens = 2;
    usage.counts = {0, 0, 0, 2, 1, 1};
    usage.mass = {0, 0, 0, 1.5f, 0.25f, 0.25f};
    usage.active = {0, 2};
    builder.add(usage);
    builder.setMetric("nll", 2.5);
    builder.setMetric("kl", std::numeric_limits<double>::infinity());
    Savings savings;
    savings.nativeBytes = 1024;
    savings.slmCacheBytes = 512;
    savings.effectiveRatio = 0.25;
    savings.nominalOnly = true;
    builder.setSavings(savings);
    builder.addCheck({"counts", "Kept counts", true, "3", "3", ""});
    builder.setProvenance({{"version", "1"}});
    return builder.build();
}

} // namespace

class ReportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void artifactsComeBackThroughAFrame()
    {
        const auto decoded = decodeDocument(encodeDocument(sampleReport()->document()));
        QVERIFY(decoded.has_value());
        const Report report(*decoded);
        QVERIFY(report.ids() == (std::vector<int32_t>{7, 8}));
        QVERIFY(report.pieces() == (std::vector<std::string>{"a", "b"}));

        const KeptTokens kept = report.keptTokens().value();
        const KeptTokens asked = smallKept();
        QVERIFY(kept.mask == asked.mask);
        QVERIFY(kept.classes == asked.classes);
        QVERIFY(kept.score == asked.score);
        QCOMPARE(kept.evictions.size(), size_t(1));
        QCOMPARE(kept.evictions[0].position, 2);
        QCOMPARE(kept.evictions[0].score, 0.25f);
        QCOMPARE(kept.steps, int64_t(8));
        QCOMPARE(kept.changes.size(), size_t(2));
        QCOMPARE(kept.changes[1].position, 5);
        QCOMPARE(kept.changes[0].to, TokenClass::Marginal);

        const TokenScores scores = report.tokenScores().at(0);
        QCOMPARE(scores.firstToken, int64_t(1));
        QVERIFY(scores.values == (std::vector<float>{1, 2, 3, 0.1f}));
        const Curve curve = report.curves().at(0);
        QVERIFY(std::isnan(curve.y[1]));
        QVERIFY(curve.forecast == (std::vector<uint8_t>{0, 1}));
        QCOMPARE(report.texts().at(0).ids.size(), size_t(3));
        QCOMPARE(report.tables().at(0).rows.at(0).at(1).get<double>(), 0.5);
        const MatrixArtifact matrix = report.matrices().at(0);
        QCOMPARE(matrix.extra.at("layer").get<int>(), 3);
        QCOMPARE(matrix.values[1], 0.9f);
        const ExpertUsage usage = report.expertUsage().value();
        QVERIFY(usage.counts == (std::vector<int32_t>{0, 0, 0, 2, 1, 1}));
        QCOMPARE(usage.mass[3], 1.5f);
        QVERIFY(usage.active == (std::vector<float>{0, 2}));
        QCOMPARE(report.metric("nll").value(), 2.5);
        QCOMPARE(report.savings().nativeBytes, 1024.0);
        QCOMPARE(report.savings().slmCacheBytes, 512.0);
        QCOMPARE(report.savings().effectiveRatio, 0.25);
        QCOMPARE(report.savings().hostBytes, -1.0);
        QCOMPARE(report.savings().fullBytes, -1.0);
        QVERIFY(report.savings().nominalOnly);
        QVERIFY(report.checks().at(0).ok);
    }

    void countsAgreeWithTheMask()
    {
        const KeptTokens kept = smallKept();
        QCOMPARE(kept.countKept(0, 0), int64_t(2));
        QCOMPARE(kept.countKept(0, 1), int64_t(2));
        QCOMPARE(kept.countKept(1, 0), int64_t(1));
        QCOMPARE(kept.countKept(1, 1), int64_t(2));
        QVERIFY(kept.tokenClass(0, 0, 4) == TokenClass::Window);
        KeptTokens wide = KeptTokens::sized(3, 2, 37);
        for (int64_t token = 0; token < 37; token += 2)
            wide.setKept(1, 1, token);
        QCOMPARE(wide.countKept(1, 1), int64_t(19));
        QCOMPARE(wide.countKept(1, 0), int64_t(0));
        QCOMPARE(wide.countKept(2, 0), int64_t(0));
    }

    void documentForPeopleHasNestedLists()
    {
        const Json json = sampleReport()->toCliJson();
        QCOMPARE(json.at("schema").get<std::string>(), std::string("winnow.report/1"));
        for (const char *field : {"request", "model", "input", "artifacts", "metrics", "savings", "checks", "notices",
                 "provenance"})
            QVERIFY2(json.contains(field), field);
        const Json &kept = json.at("artifacts").at(0);
        QCOMPARE(kept.at("tokens").get<int>(), 5);
        QVERIFY(kept.at("kept") == Json({{{0, 4}, {1, 2}}, {{3}, {0, 4}}}));
        QVERIFY(kept.at("class").at(0).at(0) == Json({0, 0, 0, 0, 2}));
        QCOMPARE(kept.at("score").at(1).at(1).at(4).get<double>(), 1.9);
        QVERIFY(json.at("artifacts").at(1).at("values") == Json({{1.0, 2.0}, {3.0, 0.1}}));
        QVERIFY(json.at("artifacts").at(5).at("match") == Json({1, 0}));
        QVERIFY(json.at("artifacts").at(6).at("counts") == Json({{0, 0, 0}, {2, 1, 1}}));
        QVERIFY(json.at("artifacts").at(6).at("active") == Json({0.0, 2.0}));
        QVERIFY(json.at("input").at("ids") == Json({7, 8}));
        QVERIFY(json.at("savings").at("fullBytes") == Json());
    }

    void notFiniteNumbersAreWordsWithANotice()
    {
        ReportBuilder builder;
        builder.add(TokenScores{"s", {"x"}, 2, 0, {std::numeric_limits<float>::quiet_NaN(), 1}});
        builder.setMetric("kl", std::numeric_limits<double>::infinity());
        const Json json = builder.build()->toCliJson();
        QVERIFY(json.at("artifacts").at(0).at("values").at(0).at(0) == Json("NaN"));
        QVERIFY(json.at("metrics").at("kl") == Json("Infinity"));
        QCOMPARE(json.at("notices").size(), size_t(2));
    }

    void damagedBodiesAreReadWithoutExceptions()
    {
        for (const Json &body : {Json(), Json(5), Json::array({1}), Json{{"artifacts", 3}, {"metrics", {1}}},
                 Json{{"artifacts", {Json(), 1, {{"type", "KeptTokens"}}, {{"type", "Curve"}, {"x", {1}}},
                                        {{"type", 3}}, {{"type", "Table"}, {"rows", 5}}}},
                     {"notices", {1}}, {"checks", {1}}, {"input", 4}, {"savings", "x"}}}) {
            const Report report(Document{body, {}});
            QVERIFY(!report.keptTokens());
            QVERIFY(report.curves().empty());
            QVERIFY(report.tokenScores().empty());
            QVERIFY(report.matrices().empty());
            QVERIFY(report.ids().empty());
            QVERIFY(report.request().is_object());
            (void)report.toCliJson(), (void)report.checks(), (void)report.savings(), (void)report.notices();
            (void)report.tables(), (void)report.texts(), (void)report.metrics(), (void)report.pieces();
        }
    }

    void arraysOfTheWrongSizeAreNotKeptTokens()
    {
        Document document = sampleReport()->document();
        document.body["artifacts"][0]["tokens"] = 6;
        QVERIFY(!Report(document).keptTokens());
        document.body["artifacts"][0]["tokens"] = -5;
        QVERIFY(!Report(document).keptTokens());
    }
};

QTEST_GUILESS_MAIN(ReportTest)
#include "report_test.moc"
