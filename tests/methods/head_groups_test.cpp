#include "tests/support/method_fixture.h"

#include <ATen/ops/zeros.h>

using namespace winnow;
using namespace winnow::test;

namespace {

/// One KV head shared by the given query heads; each row is the column sums of one of them.
Capture sumsCapture(const std::vector<std::vector<float>> &sums)
{
    const auto heads = static_cast<int64_t>(sums.size());
    Capture capture = shapedCapture(1, heads, 1, 2, int64_t(sums[0].size()));
    capture.layers[0].colSum = tensor2(sums);
    return capture;
}

Positions keptIn(const Capture &capture, const char *rule, int64_t set)
{
    return keptBy("h2o", capture, {{"heavyShare", 1.0}, {"groupRule", rule}}, 2, 0, set);
}

} // namespace

/// GQA examples of kv-eviction-baselines.md 8, and what the modes have in common.
class HeadGroupsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void modesChooseDifferentTokens()
    {
        const Capture capture = sumsCapture({{.6F, .35F, .05F}, {0, .35F, .65F}});
        QCOMPARE(keptIn(capture, "kv_head_mean", 0), (Positions{1, 2}));
        QCOMPARE(keptIn(capture, "kv_head_sum", 0), (Positions{1, 2}));
        QCOMPARE(keptIn(capture, "layer", 0), (Positions{1, 2}));
        QCOMPARE(keptIn(capture, "kv_head_max", 0), (Positions{0, 2}));
        QCOMPARE(keptIn(capture, "query_head", 0), (Positions{0, 1}));
        QCOMPARE(keptIn(capture, "query_head", 1), (Positions{1, 2}));
    }

    void queryHeadsMayNeedDisjointSlots()
    {
        const Capture capture = sumsCapture({{.5F, .3F, .1F, .1F}, {.1F, .1F, .5F, .3F}});
        QCOMPARE(keptIn(capture, "query_head", 0), (Positions{0, 1}));
        QCOMPARE(keptIn(capture, "query_head", 1), (Positions{2, 3}));
    }

    void setsAreNamedByTheirMode_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<int>("sets");
        QTest::addColumn<QString>("kind");
        QTest::newRow("kv head") << "kv_head_mean" << 2 << "kvHead";
        QTest::newRow("query head") << "query_head" << 6 << "queryHead";
        QTest::newRow("layer") << "layer" << 1 << "layer";
    }
    void setsAreNamedByTheirMode()
    {
        QFETCH(QString, rule);
        QFETCH(int, sets);
        QFETCH(QString, kind);
        const Capture capture = noiseCapture(2, 6, 2, 4, 20);
        const KvPlan plan = rankMethod("snapkv", capture, {{"groupRule", rule.toStdString()}, {"window", 4}}).plan(9);
        QCOMPARE(plan.kept.heads, int64_t(sets));
        QCOMPARE(QString::fromStdString(plan.kept.headKind), kind);
    }

    void oneQueryHeadPerKvHeadMakesAllModesAgree_data()
    {
        QTest::addColumn<QString>("method");
        for (const MethodSpec *spec : methodsOf("kv")) {
            for (const ParameterSpec &parameter : spec->parameters) {
                if (parameter.name == "groupRule")
                    QTest::newRow(spec->id.data()) << QString(spec->id.data());
            }
        }
    }
    void oneQueryHeadPerKvHeadMakesAllModesAgree()
    {
        QFETCH(QString, method);
        const Capture capture = noiseCapture(2, 3, 3, 4, 50);
        const MethodInfo info = methodInfo(*findMethod(method.toStdString()));
        const auto planBy = [&](const std::string &rule) {
            Json given{{"groupRule", rule}};
            if (info.parameter("matchMin"))
                given["matchMin"] = 16;
            return rankMethod(method.toStdString(), capture, given).plan(17);
        };
        for (const std::string &rule : info.parameter("groupRule")->choices) {
            if (rule != "layer")
                QCOMPARE(planBy(rule).kept.mask, planBy("query_head").kept.mask);
        }
    }

    void poolingComesAfterTheReduction()
    {
        Capture capture = shapedCapture(1, 2, 1, 2, 7);
        at::Tensor rows = at::zeros({2, 1, 7}, at::kFloat); // [H, W, N]
        rows[0][0][0] = .6F;
        rows[0][0][2] = .4F;
        rows[1][0][2] = .3F;
        rows[1][0][1] = .7F;
        capture.layers[0].winRows = rows;
        capture.needs.window = 256;
        capture.window = 1;
        const Ranked ranked = rankMethod("snapkv", capture, {{"window", 1}, {"kernel", 3}, {"groupRule", "kv_head_mean"}});
        const std::vector<float> found = ranked.plan(3).kept.score;
        // Means .3 .35 .35 0 0 0; pooled .35 .35 .35 .35 0 0. Pooled first: .65 .65 .55 .35 0 0 (mean of .6 .6 .4 .4 and
        // .7 .7 .7 .3).
        for (size_t v = 0; v < 4; ++v)
            QVERIFY(std::abs(found[v] - .35F) < 1e-6F);
        QCOMPARE(found[4], 0.0F);
    }
};

QTEST_GUILESS_MAIN(HeadGroupsTest)
#include "head_groups_test.moc"
