#include "core/eval/generate_plan.h"
#include "core/eval/small_alone.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/pair_models.h"
#include "tests/support/parity_cells.h"

using namespace winnow;
using namespace winnow::test;

/// Text and measured runs under plans of a model on a GPU against the CPU, of one model and of pairs.
class GpuParityRunsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void textUnderAPlanEqualsTheCpu();
    void measuredRunsEqualTheCpu_data();
    void measuredRunsEqualTheCpu();
    void pairMethodsEqualTheCpu_data();
    void pairMethodsEqualTheCpu();
};

void GpuParityRunsTest::initTestCase()
{
    if (const std::string reason = parityReason(); !reason.empty())
        QSKIP(reason.c_str());
}

void GpuParityRunsTest::textUnderAPlanEqualsTheCpu()
{
    const auto [cpu, device] = openBoth(QString::fromStdString(dataPath("zoo/qwen3")));
    const auto ids = pairIds(60, 3, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    for (const MethodSpec *spec : methodsOfOneModel()) {
        const Planned planned = planOf(*expected, *spec, Json::object(), 20);
        const GenerateOptions options{.maxNew = 12, .endTokens = EndTokens::Ignore};
        const auto a = generateUnderPlan(*expected, planned.cell, options, nullptr, RunContext{});
        const auto b = generateUnderPlan(*found, planned.cell, options, nullptr, RunContext{});
        QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
        QVERIFY2(a->ids == b->ids, std::string(spec->id).c_str());
    }
}

void GpuParityRunsTest::measuredRunsEqualTheCpu_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("parameters");
    const char *rules[]{"{}", R"({"decodeRule": "hold"})", R"({"decodeRule": "interval", "interval": 5})", R"({"groupRule": "query_head"})",
        R"({"groupRule": "layer"})"};
    for (const char *folder : {"qwen3", "gemma2", "mistral-swa", "deepseek-v3"}) {
        for (const MethodSpec *spec : methodsOfOneModel()) {
            for (const char *rule : rules) {
                const std::string id(spec->id);
                if (canonicalParameters(methodInfo(*spec), Json::parse(rule)))
                    QTest::addRow("%s %s %s", folder, id.c_str(), rule) << folder << QString::fromStdString(id) << rule;
            }
        }
    }
}

void GpuParityRunsTest::measuredRunsEqualTheCpu()
{
    QFETCH(QString, folder);
    QFETCH(QString, method);
    QFETCH(QString, parameters);
    const auto [cpu, device] = openBoth(QString::fromStdString(dataPath("zoo/")) + folder);
    const auto ids = pairIds(60, 3, cpu->config().vocab), continuation = pairIds(kScored, 4, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    const Planned planned = planOf(*expected, *findMethod(method.toStdString()), Json::parse(parameters.toStdString()), 24);
    const auto a = measureCell(*expected, continuation, planned.cell, RunContext{});
    const auto b = measureCell(*found, continuation, planned.cell, RunContext{});
    QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
    QVERIFY2(largestGap(b->nll, a->nll) < 1e-4, qPrintable(QString::number(largestGap(b->nll, a->nll))));
    QCOMPARE(b->allocatedBytes, a->allocatedBytes);
    QCOMPARE(b->peakBytes, a->peakBytes);
}

void GpuParityRunsTest::pairMethodsEqualTheCpu_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("parameters");
    QTest::newRow("smallkv") << "smallkv" << R"({"matchMin": 16})";
    QTest::newRow("smallkv, oracle") << "smallkv" << R"({"matchMin": 16, "rescale": "oracle"})";
    QTest::newRow("iam") << "iam" << R"({"matchMin": 16, "matchMax": 40})";
    QTest::newRow("iam, chunked") << "iam" << R"({"matchMin": 16, "matchMax": 40, "prefillMode": "chunked"})";
}

void GpuParityRunsTest::pairMethodsEqualTheCpu()
{
    QFETCH(QString, method);
    QFETCH(QString, parameters);
    const MethodSpec &spec = *findMethod(method.toStdString());
    const Json given = Json::parse(parameters.toStdString());
    const auto canonical = canonicalParameters(methodInfo(spec), given);
    QVERIFY2(canonical.has_value(), canonical ? "" : canonical.error().message.c_str());
    const auto large = randomModel(pairConfig(6), 3), small = randomModel(pairConfig(3, 6, 3), 4);
    const auto ids = pairIds(96, 11, large->config().vocab), continuation = pairIds(kScored, 12, large->config().vocab);
    CaptureNeeds needs = kAll;
    needs.include(spec.create()->needs(Parameters(*canonical)));
    const CapturePtr expected = pairCapture(large, small, ids, needs), found = pairCapture(onDevice(*large), onDevice(*small), ids, needs);
    const int64_t count = spec.budget.meaning == BudgetMeaning::KeptTokens ? 30 : 3;
    const Planned a = planOf(*expected, spec, given, count), b = planOf(*found, spec, given, count);
    QCOMPARE(differentBits(a.cell.plan.kept.mask, b.cell.plan.kept.mask), 0);
    QVERIFY(a.cell.plan.standIn && b.cell.plan.standIn);
    QCOMPARE(b.cell.plan.standIn->serving, a.cell.plan.standIn->serving);
    const auto results = evaluate(*expected, continuation, {a.cell}, {}, {}, RunContext{});
    const auto others = evaluate(*found, continuation, {b.cell}, {}, {}, RunContext{});
    QVERIFY2(others.has_value(), others ? "" : others.error().message.c_str());
    QVERIFY(largestGap((*others)[0].series.nll, (*results)[0].series.nll) < 1e-4);
    QVERIFY(largestGap((*others)[1].series.nll, (*results)[1].series.nll) < 1e-4);
    const auto alone = evaluateSmall(*expected, continuation, RunContext{}), aloneThere = evaluateSmall(*found, continuation, RunContext{});
    QVERIFY2(aloneThere.has_value(), aloneThere ? "" : aloneThere.error().message.c_str());
    QVERIFY(largestGap(aloneThere->series.nll, alone->series.nll) < 1e-4);
    if (spec.budget.meaning == BudgetMeaning::KeptTokens && parityDevice() != "cpu") {
        QCOMPARE(measureCell(*found, continuation, b.cell, RunContext{}).error().code, ErrorCode::Unsupported);
    } else {
        const auto measured = measureCell(*expected, continuation, a.cell, RunContext{});
        const auto measuredThere = measureCell(*found, continuation, b.cell, RunContext{});
        QVERIFY2(measuredThere.has_value(), measuredThere ? "" : measuredThere.error().message.c_str());
        QVERIFY(largestGap(measuredThere->nll, measured->nll) < 1e-4);
        QCOMPARE(measuredThere->allocatedBytes, measured->allocatedBytes);
    }
    const GenerateOptions options{.maxNew = 12, .endTokens = EndTokens::Ignore};
    const auto text = generateUnderPlan(*expected, a.cell, options, nullptr, RunContext{});
    const auto textThere = generateUnderPlan(*found, b.cell, options, nullptr, RunContext{});
    QVERIFY2(textThere.has_value(), textThere ? "" : textThere.error().message.c_str());
    QCOMPARE(textThere->ids, text->ids);
}

QTEST_GUILESS_MAIN(GpuParityRunsTest)
#include "gpu_parity_runs_test.moc"
