// What was measured, as the window compares, sweeps and draws it.
#include "app/window/savings_panel.h"
#include "app/window/sweep_dialog.h"
#include "app/workbench/compare.h"
#include "app/workbench/measurements.h"
#include "app/workbench/view_data.h"
#include "tests/support/app_fixture.h"
#include "tests/support/measured_example.h"

using namespace winnow;
using testing::exampleMethod;
using testing::reportWith;

namespace {

ComparedRun comparedRun(int64_t id, const char *name, const char *budget, ReportPtr report, bool baseline = false)
{
    RunRecord record;
    record.id = id;
    record.letter = static_cast<int>(id) - 1;
    record.name = name;
    record.request = {{"model", "m"}, {"input", {{"text", "some text"}}}, {"budget", budget}};
    return {record, std::move(report), baseline};
}

} // namespace

class MeasurementsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void deltasAreAgainstTheBaseline()
    {
        const std::vector<ComparedRun> runs{comparedRun(1, "SnapKV", "25%", reportWith(2.0655, 1000)), comparedRun(2, "H2O", "25%", nullptr),
            comparedRun(3, "Full cache", "100%", reportWith(2.0, 4000), true)};
        const std::vector<CompareRow> rows = compareRows(runs);
        QCOMPARE(*rows[0].numbers.deltaNll, 2.0655 - 2.0);
        QCOMPARE(*rows[0].numbers.deltaStored, -0.75);
        QCOMPARE(compareText(rows[0], CompareColumn::Budget), QStringLiteral("25 %"));
        QCOMPARE(compareText(rows[0], CompareColumn::DeltaNll), QStringLiteral("+0.0655"));
        QCOMPARE(compareText(rows[0], CompareColumn::DeltaStored), QStringLiteral("−75.0 %"));
        QCOMPARE(compareText(rows[0], CompareColumn::Top1), QStringLiteral("90.0"));
        QCOMPARE(compareText(rows[0], CompareColumn::Checks), QStringLiteral("1 of 2"));
        QVERIFY(!rows[1].numbers.nll && !rows[1].numbers.deltaNll);
        QCOMPARE(compareText(rows[1], CompareColumn::Nll), QStringLiteral("–"));
        QVERIFY(rows[2].baseline && !rows[2].numbers.deltaNll);
    }

    void runsOverDifferentInputsHaveNoDelta()
    {
        std::vector<ComparedRun> runs{comparedRun(1, "SnapKV", "25%", reportWith(2.1, 1000)), comparedRun(2, "Full cache", "100%", reportWith(2.0, 4000), true)};
        QVERIFY(compareRows(runs)[0].numbers.deltaNll);
        runs[0].record.request["input"] = {{"text", "another text"}};
        QVERIFY(!compareRows(runs)[0].numbers.deltaNll);
    }

    void differencesOnlyLeavesColumnsThatDiffer()
    {
        const std::vector<ComparedRun> runs{comparedRun(1, "SnapKV", "25%", reportWith(2.1, 1000)), comparedRun(2, "H2O", "25%", reportWith(2.2, 1000))};
        const std::vector<CompareColumn> columns = differingColumns(compareRows(runs));
        QVERIFY(columns == (std::vector<CompareColumn>{CompareColumn::Run, CompareColumn::Nll}));
    }

    void aResumedSweepLeavesOutWhatIsThere()
    {
        const Json request{{"methods", {{{"method", "a"}, {"params", {{"w", 1}}}}, {{"method", "b"}, {"params", Json::object()}}}}, {"budgets", {"10%", "20%"}}};
        std::set<std::string> done{cellName("a", {{"w", 1}}, "10%"), cellName("a", {{"w", 1}}, "20%"), cellName("b", Json::object(), "10%")};
        const Json rest = remainingSweep(request, done);
        QCOMPARE(rest["methods"].size(), size_t(1));
        QCOMPARE(rest["methods"][0]["method"].get<std::string>(), std::string("b"));
        QVERIFY(rest["budgets"] == Json::array({"20%"}));
    }

    void aForecastLiesOnTheLineOverLogBytes()
    {
        // Half way between 100 and 400 on a log axis is 200.
        QCOMPARE(*forecastQuality({100, 400}, {1.0, 0.0}, 200), 0.5);
        QVERIFY(!forecastQuality({100}, {1.0}, 200));
    }

    void aSweptMethodIsPinnedAtABudgetOfTheSweep()
    {
        const std::vector<Budget> budgets{{BudgetKind::Fraction, 0.1}, {BudgetKind::Fraction, 0.3}, {BudgetKind::Count, 64}};
        const Setting method = defaultSetting(exampleMethod());
        QVERIFY(sweptSetting(method, budgets, {BudgetKind::Fraction, 0.25}).budget == budgets[1]); // the nearest
        QVERIFY(sweptSetting(method, budgets, {BudgetKind::Count, 64}).budget == budgets[2]);
        QVERIFY(sweptSetting(method, {budgets[2], budgets[0]}, {BudgetKind::Fraction, 0.9}).budget == budgets[0]);
        QVERIFY(sweptSetting(method, {budgets[2]}, {BudgetKind::Fraction, 0.9}).budget == budgets[2]); // the only one
    }

    void aSweepPinsWhatItSweepsInOneStep()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        Workbench &bench = app.bench();
        bench.newSession();
        bench.addTextInput(QStringLiteral("a.txt"), QStringLiteral("Some words."));
        const Setting first{"snapkv", {{"window", 32}}, {BudgetKind::Fraction, 0.25}}, second{"h2o", Json::object(), {BudgetKind::Fraction, 0.25}};
        const qint64 pinned = bench.pinSetting(first);
        QVERIFY(pinned != 0);
        bench.sweep({{first, second}, {{BudgetKind::Fraction, 0.1}, {BudgetKind::Fraction, 0.5}}});
        const std::vector<RunRecord> &runs = bench.document().runs();
        QCOMPARE(runs.size(), size_t(2)); // snapkv owns a curve already
        QCOMPARE(settingFromJson(runs[1].request).method, std::string("h2o"));
        bench.document().undoStack().undo();
        QCOMPARE(bench.document().runs().size(), size_t(1));
        QCOMPARE(bench.document().runs()[0].id, pinned);
    }

    void everyPairOfAxesThatWasMeasuredHasACurve()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.bench().newSession();
        SessionDocument &document = app.bench().document();
        const qint64 input = app.bench().addTextInput(QStringLiteral("a.txt"), QStringLiteral("Some words."));
        RunRecord run;
        run.inputId = input;
        run.name = "SnapKV";
        run.request = {{"method", "snapkv"}, {"params", {{"window", 32}}}, {"budget", "25%"}, {"input", {{"name", "a.txt"}}}};
        document.pinRun(run, reportWith(2.1, 1000)); // says stored bytes, neither nominal ones nor tokens
        QualityCache cache;
        ViewContext context;
        context.inputId = input;
        context.quality = &cache;
        const std::vector<Curve> curves = qualityCurves(document, context);
        QCOMPARE(curves.size(), size_t(4));
        QStringList names;
        for (const Curve &curve : curves)
            names << QStringLiteral("%1 %2 %3").arg(QString::fromStdString(curve.xName), QString::fromStdString(curve.yName)).arg(curve.y.at(0));
        QCOMPARE(names, QStringList({QStringLiteral("nativeBytes deltaNll 0.1"), QStringLiteral("nativeBytes kl 0.07"), QStringLiteral("nativeBytes top1Agreement 0.9"), QStringLiteral("nativeBytes nll 2.1")}));
    }

    void curvesOverReplacedLayersBeginAtTheFullModel()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.bench().newSession();
        SessionDocument &document = app.bench().document();
        const qint64 input = app.bench().addTextInput(QStringLiteral("a.txt"), QStringLiteral("Some words."));
        const auto pin = [&](const char *method, const char *evict, const char *budget, double nll, double mapped, const char *notice) {
            RunRecord run;
            run.inputId = input;
            run.name = method;
            run.request = {{"method", method}, {"params", {{"evict", evict}}}, {"budget", budget}, {"input", {{"name", "a.txt"}}}};
            Document report = reportWith(nll, 1000)->document();
            report.body["request"] = run.request;
            report.body["model"] = {{"layers", 10}};
            if (mapped >= 0)
                report.body["metrics"]["mappedLayers"] = mapped, report.body["metrics"]["smallNll"] = 3.25;
            if (*notice)
                report.body["notices"] = {notice};
            document.pinRun(run, std::make_shared<const Report>(report));
        };
        pin("full", "none", "100%", 2.0, -1, "");
        pin("iam", "none", "30%", 2.4, 3, "");
        pin("iam", "none", "50%", 2.9, 5, "");
        pin("iam", "h2o", "30%", 2.5, 3, "");
        pin("iam", "none", "60%", 2.0, 0, "inactive: prompt shorter than 100 tokens"); // says nothing about the method
        QualityCache cache;
        ViewContext context;
        context.inputId = input;
        context.quality = &cache;
        std::map<std::string, std::vector<double>> lines;
        for (const Curve &curve : qualityCurves(document, context))
            if (curve.xName == "replacedShare" && curve.yName == "nll") {
                lines[curve.method] = curve.x;
                QCOMPARE(curve.thresholds.size(), size_t(curve.method == "A" ? 0 : 1)); // the small model by itself
                QVERIFY(curve.thresholds.empty() || curve.thresholds[0]["y"] == 3.25);
                QCOMPARE(curve.title, curve.method == "A" ? std::string("full") : curve.method == "B" ? std::string("iam") : std::string("iam, h2o"));
            }
        QCOMPARE(lines.size(), size_t(3)); // full, IAM, IAM with eviction
        QCOMPARE(lines["A"], std::vector<double>{0});
        QCOMPARE(lines["B"], (std::vector<double>{0.3, 0.5}));
        QCOMPARE(lines["D"], std::vector<double>{0.3});
    }

    void aMethodThatWaitsForTextHasNoQuality()
    {
        Document report = reportWith(2.0, 1000)->document();
        report.body["notices"] = {"inactive: prompt shorter than 100 tokens"};
        const std::vector<ComparedRun> runs{comparedRun(1, "SmallKV", "25%", std::make_shared<const Report>(report)), comparedRun(2, "Full cache", "100%", reportWith(2.0, 4000), true)};
        const std::vector<CompareRow> rows = compareRows(runs);
        QVERIFY(!rows[0].numbers.nll && !rows[0].numbers.top1 && !rows[0].numbers.deltaNll);
        QCOMPARE(compareText(rows[0], CompareColumn::Top1), QStringLiteral("–"));
    }

    void badgesSayWhatAMethodOfTwoModelsDoesNotSave()
    {
        Document report = reportWith(2.0, 1000)->document();
        QVERIFY(pairBadges(Report(report)).loss.isEmpty());
        report.body["savings"]["slmCacheBytes"] = 3000.0 + 1024 * 1024; // full are 4000
        QVERIFY(pairBadges(Report(report)).loss.contains(QStringLiteral("1.00 MiB more than full")));
        report.body["savings"]["slmCacheBytes"] = 10.0;
        QVERIFY(pairBadges(Report(report)).loss.isEmpty());
        report.body["metrics"]["flopNet"] = -2.5e9;
        QVERIFY(pairBadges(Report(report)).loss.contains(QStringLiteral("2.5")));
        report.body["notices"] = {"inactive: prompt shorter than 100 tokens"};
        QCOMPARE(pairBadges(Report(report)).inactive, QStringLiteral("inactive: prompt shorter than 100 tokens"));
    }
};

int main(int argc, char **argv)
{
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    MeasurementsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "measurements_test.moc"
