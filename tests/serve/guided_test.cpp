#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace winnow;

namespace {

Json guidedRequest(const char *command)
{
    Json ids = Json::array();
    for (int i = 0; i < 90; ++i)
        ids.push_back(10 + (i * i + 3 * i) % 480);
    return {{"command", command}, {"model", WINNOW_TEST_DATA "/models/llama-f16.gguf"},
        {"smallModel", WINNOW_TEST_DATA "/models/llama-q8_0.gguf"}, {"input", {{"ids", std::move(ids)}}}, {"scoreLast", 18}, {"threads", 1}};
}

Json smallkv(const char *rescale) { return {{"method", "smallkv"}, {"params", {{"matchMin", 16}, {"rescale", rescale}}}}; }

} // namespace

/// SmallKV through requests: a model and its quantised copy.
class GuidedServeTest : public QObject {
    Q_OBJECT

    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Result<Document> ask(const Json &request) { return m_engine.handle(request, {}, [](Document) {}); }
    Report report(const Json &request)
    {
        auto reply = ask(request);
        if (!reply)
            qFatal("%s", reply.error().message.c_str());
        return Report(*reply);
    }

private Q_SLOTS:
    void aRunSaysWhatTheSmallModelCosts()
    {
        Json request = guidedRequest("run");
        request.update(smallkv("mass"));
        request["budget"] = "30%";
        request["measure"] = true;
        const Report found = report(request);
        const Savings savings = found.savings();
        QVERIFY(savings.slmCacheBytes > 0 && savings.slmWeightsBytes > 0);
        QVERIFY(std::abs(savings.effectiveRatio - (savings.nativeBytes + savings.slmCacheBytes) / savings.fullBytes) < 1e-12);
        QVERIFY(savings.hostBytes > 0 && savings.d2hBytes >= 0 && savings.h2dBytes >= 0);
        for (const char *metric : {"smallNll", "smallKl", "marginalMass", "surplusMass", "revivalRate", "kl"})
            QVERIFY2(found.metric(metric).has_value(), metric);
        for (const Check &check : found.checks())
            QVERIFY2(check.ok, (check.id + ": " + check.expected + ", found " + check.found).c_str());
        // Keys and values together are the stored bytes; marginal tokens have values alone.
        QCOMPARE(*found.metric("keyBytes") + *found.metric("valueBytes"), savings.nativeBytes - savings.metadataBytes);
        QVERIFY(*found.metric("keyBytes") < *found.metric("valueBytes"));
        const KeptTokens kept = *found.keptTokens();
        QVERIFY(std::count(kept.classes.begin(), kept.classes.end(), uint8_t(TokenClass::Marginal)) > 0);
        QVERIFY(!kept.changes.empty());
        const auto tables = found.tables();
        const auto heads = std::find_if(tables.begin(), tables.end(), [](const TableArtifact &table) { return table.id == "guidedHeads"; });
        QVERIFY(heads != tables.end());
        const Json model = found.model();
        QCOMPARE(heads->rows.size(), model.at("layers").get<size_t>() * model.at("heads").get<size_t>());
        QCOMPARE(heads->columns.size(), size_t(12));
        for (const Json &row : heads->rows) {
            QVERIFY(std::abs(row[6].get<double>() + row[7].get<double>() - 1) < 1e-5); // critical and recent: a softmax
            QVERIFY(std::abs(row[10].get<double>() + row[11].get<double>() - 1) < 1e-5); // `mass` leaves nothing over
        }
        QVERIFY(!childField(found.request(), "smallModel").is_null());
        // The canonical request repeats the run.
        QCOMPARE(*report(found.request()).metric("kl"), *found.metric("kl"));
    }

    void theSmallModelAloneIsAlmostItsOriginal()
    {
        Json request = guidedRequest("run");
        request.update(smallkv("ratio"));
        const Report found = report(request);
        QVERIFY(*found.metric("smallKl") < 0.01); // 8 bits a weight
        QVERIFY(std::abs(*found.metric("smallNll") - *found.metric("fullNll")) < 0.05);
    }

    void sweepsDrawCurvesOverEffectiveBytes()
    {
        Json request = guidedRequest("sweep");
        request["methods"] = {"snapkv", smallkv("literal"), smallkv("mass")};
        request["budgets"] = {"20%", "50%"};
        const Report found = report(request);
        std::set<std::string> ids;
        for (const Curve &curve : found.curves()) {
            ids.insert(curve.id);
            QCOMPARE(curve.xName, std::string("effectiveBytes"));
            const bool line = std::any_of(curve.thresholds.begin(), curve.thresholds.end(),
                [](const Json &threshold) { return stringField(threshold, "name") == "small"; });
            QVERIFY(line);
        }
        for (const char *id : {"kl:snapkv", "kl:smallkv rescale=literal", "kl:smallkv rescale=mass"})
            QVERIFY2(ids.count(id) == 1, id);
    }

    void byteBudgetsCountTheSmallCacheUnlessAskedNotTo()
    {
        Json request = guidedRequest("run");
        request.update(smallkv("mass"));
        request["budget"] = "30KiB"; // the full cache has 36, and so has the small model's
        const auto counted = ask(request);
        QVERIFY(!counted);
        QVERIFY2(counted.error().message.find("unreachable") != std::string::npos, counted.error().message.c_str());
        request["countSlm"] = false;
        const Report found = report(request);
        QVERIFY(integerField(found.body().at("budget"), "tokens") > 40);
        QVERIFY(found.savings().nativeBytes <= 30 * 1024);
        QVERIFY(found.request().at("countSlm") == false);
    }

    void aMissingSmallModelIsNamed()
    {
        Json request = guidedRequest("run");
        request.erase("smallModel");
        request.update(smallkv("mass"));
        const auto reply = ask(request);
        QVERIFY(!reply);
        QVERIFY2(reply.error().message.find("small") != std::string::npos, reply.error().message.c_str());
    }

    void generationGoesOnUnderTheMethod()
    {
        Json request = guidedRequest("generate");
        request.erase("scoreLast");
        request.update(smallkv("ratio"));
        request["budget"] = "30%";
        request["maxNew"] = 8;
        const Report found = report(request);
        QCOMPARE(found.texts().size(), size_t(2));
        QVERIFY(found.metric("firstDivergence").has_value());
    }
};

QTEST_GUILESS_MAIN(GuidedServeTest)
#include "guided_test.moc"
