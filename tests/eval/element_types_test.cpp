#include "core/eval/bytes.h"
#include "core/eval/generate_plan.h"
#include "core/eval/pair_bytes.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/pair_models.h"
#include "tests/support/parity_cells.h"

using namespace winnow;
using namespace winnow::test;

/// Captures, plans and measured runs of models whose products and cache are bf16 or f16, on the CPU, beside f32.
class ElementTypesTest : public QObject {
    Q_OBJECT

private:
    struct Both {
        std::shared_ptr<const Model> full, half;
    };
    Both open(const QString &folder, const QString &dtype) const
    {
        const auto as = [&](const std::string &type) {
            auto model = Model::open(dataPath("zoo/" + folder.toStdString()), LoadOptions{.device = "cpu", .dtype = type, .threads = 1, .weights = type}, RunContext{});
            if (!model)
                qFatal("%s", model.error().message.c_str());
            return *model;
        };
        return {as("f32"), as(dtype.toStdString())};
    }

private Q_SLOTS:
    void foldersAndTypes_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("dtype");
        for (const char *folder : {"llama-bf16", "qwen3", "gemma2", "mistral-swa", "gpt2", "deepseek-v2", "qwen3-moe"}) {
            for (const char *dtype : {"bf16", "f16"})
                QTest::addRow("%s %s", folder, dtype) << folder << dtype;
        }
    }

    /// Statistics stay f32; scores move by roundings, so that few tokens change places.
    void keptSetsAreMostlyThoseOfF32_data() { foldersAndTypes_data(); }
    void keptSetsAreMostlyThoseOfF32()
    {
        QFETCH(QString, folder);
        QFETCH(QString, dtype);
        const Both models = open(folder, dtype);
        const auto ids = pairIds(80, 3, models.full->config().vocab);
        const CapturePtr full = captureOf(models.full, ids, kAll), half = captureOf(models.half, ids, kAll);
        QVERIFY(full->id != half->id);
        for (const at::Tensor &tensor : {half->layers[0].keys, half->layers[0].values, half->layers[0].colSum, half->layers[0].winRows, half->lastLogits})
            QCOMPARE(tensor.scalar_type(), at::kFloat);
        QVERIFY(half->maxRowSumError < 1e-5);
        QCOMPARE(half->bytes, forecastCaptureBytes(models.half->config(), 80, kAll));
        // What the cache held are numbers of the type.
        const at::ScalarType type = dtype == "bf16" ? at::kBFloat16 : at::kHalf;
        QVERIFY(half->layers[1].keys.equal(half->layers[1].keys.to(type).to(at::kFloat)));
        int64_t kept = 0, different = 0;
        for (const MethodSpec *spec : methodsOfOneModel()) {
            const Planned a = planOf(*full, *spec, Json::object(), 24), b = planOf(*half, *spec, Json::object(), 24);
            kept += 24 * a.cell.plan.kept.heads * a.cell.plan.kept.layers;
            different += differentBits(a.cell.plan.kept.mask, b.cell.plan.kept.mask);
        }
        // A token that changes places is two bits.
        const double changed = 0.5 * double(different) / double(kept);
        qInfo("%.2f %% of the kept tokens are others", 100 * changed);
        QVERIFY(changed < (dtype == "bf16" ? 0.1 : 0.03));
    }

    /// Native bytes are those of numbers of two bytes, forecast and held.
    void measuredRunsHoldTwoBytesANumber_data() { foldersAndTypes_data(); }
    void measuredRunsHoldTwoBytesANumber()
    {
        QFETCH(QString, folder);
        QFETCH(QString, dtype);
        const Both models = open(folder, dtype);
        const auto ids = pairIds(60, 3, models.full->config().vocab), continuation = pairIds(kScored, 4, models.full->config().vocab);
        const CapturePtr full = captureOf(models.full, ids, kAll), half = captureOf(models.half, ids, kAll);
        for (const MethodSpec *spec : methodsOfOneModel()) {
            const Planned planned = planOf(*half, *spec, Json::object(), 24);
            const CacheBytes bytes = cellBytes(planned.cell.plan, *half), inF32 = cellBytes(planned.cell.plan, *full);
            QCOMPARE(2 * bytes.full, inF32.full);
            QCOMPARE(2 * bytes.nominal, inF32.nominal);
            QCOMPARE(2 * bytes.stored, inF32.stored);
            QCOMPARE(2 * bytes.unfolded, inF32.unfolded);
            QCOMPARE(bytes.metadata, inF32.metadata);
            QCOMPARE(bytes.native, bytes.stored + bytes.metadata);
            const auto measured = measureCell(*half, continuation, planned.cell, RunContext{});
            QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
            QCOMPARE(measured->allocatedBytes, bytes.stored);
            QVERIFY(!isNominalOnly(measured->allocatedBytes, bytes.native));
            const auto evaluated = evaluate(*half, continuation, {planned.cell}, {}, {}, RunContext{});
            QVERIFY(evaluated.has_value());
            double sum = 0;
            for (size_t i = 0; i < measured->nll.size(); ++i)
                sum += std::abs(double(measured->nll[i]) - double((*evaluated)[0].series.nll[i]));
            // Evaluation attends in f32 over the captured cache; the run rounds queries, new keys and values, and weights.
            QVERIFY(sum / double(measured->nll.size()) < (dtype == "bf16" ? 0.1 : 0.02));
        }
    }

    void pairsHoldTwoBytesANumber_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("parameters");
        QTest::newRow("smallkv") << "smallkv" << R"({"matchMin": 16})";
        QTest::newRow("smallkv, oracle") << "smallkv" << R"({"matchMin": 16, "rescale": "oracle"})";
        QTest::newRow("iam") << "iam" << R"({"matchMin": 16, "matchMax": 40})";
        QTest::newRow("iam, chunked") << "iam" << R"({"matchMin": 16, "matchMax": 40, "prefillMode": "chunked"})";
    }
    void pairsHoldTwoBytesANumber()
    {
        QFETCH(QString, method);
        QFETCH(QString, parameters);
        const MethodSpec &spec = *findMethod(method.toStdString());
        const Json given = Json::parse(parameters.toStdString());
        const auto canonical = canonicalParameters(methodInfo(spec), given);
        const auto as = [](ModelConfig config, uint64_t seed, ElementType type) {
            const auto full = randomModel(config, seed);
            config.elementType = type;
            return Model::fromParts(config, *weightsOn(at::kCPU, full->weights(), type), nullptr);
        };
        CaptureNeeds needs = kAll;
        needs.include(spec.create()->needs(Parameters(*canonical)));
        std::vector<double> allocated, small;
        std::vector<float> nll;
        for (const ElementType type : {ElementType::F32, ElementType::Bf16}) {
            const auto large = as(pairConfig(6), 3, type), second = as(pairConfig(3, 6, 3), 4, type);
            const auto ids = pairIds(96, 11, large->config().vocab), continuation = pairIds(kScored, 12, large->config().vocab);
            const CapturePtr capture = pairCapture(large, second, ids, needs);
            const Planned planned = planOf(*capture, spec, given, spec.budget.meaning == BudgetMeaning::KeptTokens ? 30 : 3);
            const auto measured = measureCell(*capture, continuation, planned.cell, RunContext{});
            QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
            const CacheBytes bytes = cellBytes(planned.cell.plan, *capture);
            QCOMPARE(measured->allocatedBytes, bytes.stored);
            allocated.push_back(measured->allocatedBytes);
            small.push_back(bytes.slmCache);
            if (!nll.empty()) {
                double sum = 0;
                for (size_t i = 0; i < nll.size(); ++i)
                    sum += std::abs(double(nll[i]) - double(measured->nll[i]));
                QVERIFY2(sum / double(nll.size()) < 0.2, qPrintable(QString::number(sum / double(nll.size()))));
            }
            nll = measured->nll;
            const auto text = generateUnderPlan(*capture, planned.cell, GenerateOptions{.maxNew = 6, .endTokens = EndTokens::Ignore}, nullptr, RunContext{});
            QVERIFY(text.has_value());
        }
        QCOMPARE(2 * small[1], small[0]);
        QVERIFY(std::abs(2 * allocated[1] / allocated[0] - 1) < 0.2); // other heads may serve
    }
};

QTEST_GUILESS_MAIN(ElementTypesTest)
#include "element_types_test.moc"
