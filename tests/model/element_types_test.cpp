#include "core/eval/score.h"
#include "core/model/forward.h"
#include "core/model/generate.h"
#include "core/model/load_weights.h"

#include <QDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/plain_decoder.h"
#include "tests/support/random_model.h"

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <random>

using namespace winnow;
using namespace winnow::test;

namespace {

/// Half a unit in the last place of a type, relative: what one rounding changes at most.
double roundingOf(const QString &dtype) { return dtype == "bf16" ? 0x1p-9 : 0x1p-12; }

std::shared_ptr<const Model> openAs(const QString &path, const QString &dtype, const std::string &weights = "auto")
{
    auto model = Model::open(path.toStdString(),
        LoadOptions{.device = "cpu", .dtype = dtype.toStdString(), .threads = 1, .weights = weights}, RunContext{});
    if (!model)
        qFatal("%s", model.error().message.c_str());
    return *model;
}

std::vector<int32_t> someIds(const ModelConfig &config, int64_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<int32_t> ids(static_cast<size_t>(count));
    for (int32_t &id : ids)
        id = static_cast<int32_t>(random() % static_cast<unsigned>(config.vocab));
    return ids;
}

at::Tensor logitsOf(const Model &model, std::span<const int32_t> ids)
{
    KvCache cache(model.config());
    auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return result->logits;
}

/// Size of the difference over the size of what was expected.
double relative(const at::Tensor &found, const at::Tensor &expected)
{
    return (found - expected).norm().item<double>() / expected.norm().item<double>();
}

/// Share of rows whose largest logit is the same.
double sameTop(const at::Tensor &a, const at::Tensor &b)
{
    return a.argmax(1).eq(b.argmax(1)).to(at::kDouble).mean().item<double>();
}

} // namespace

/// Models opened with products and cache in bf16 and f16 on the CPU.
class ElementTypesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void modelsAndTypes_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("dtype");
        QStringList paths;
        const QDir zoo(QString::fromStdString(dataPath("zoo"))), files(QString::fromStdString(dataPath("models")));
        for (const QFileInfo &entry : zoo.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
            if (QDir(entry.filePath()).exists("config.json"))
                paths << entry.filePath();
        }
        for (const QFileInfo &entry : files.entryInfoList({"*.gguf"}, QDir::Files, QDir::Name))
            paths << entry.filePath();
        for (const QString &path : paths) {
            for (const char *dtype : {"bf16", "f16"})
                QTest::newRow(qPrintable(QFileInfo(path).fileName() + ' ' + dtype)) << path << QString(dtype);
        }
    }

    /// Every number that a product reads is rounded once: some ten roundings a layer of independent errors, over two or three
    /// layers. Routers that are nearly undecided may choose other experts, which moves a row by more.
    void logitsOfEveryFamilyStayNearF32_data() { modelsAndTypes_data(); }
    void logitsOfEveryFamilyStayNearF32()
    {
        QFETCH(QString, path);
        QFETCH(QString, dtype);
        const auto full = openAs(path, "f32"), half = openAs(path, dtype, dtype.toStdString());
        const auto ids = someIds(full->config(), std::min<int64_t>(80, full->config().contextLength), 3);
        const at::Tensor expected = logitsOf(*full, ids), found = logitsOf(*half, ids);
        QCOMPARE(found.scalar_type(), at::kFloat);
        const at::Tensor errors = (found - expected).norm(2, 1) / expected.norm(2, 1); // [T]
        const double median = errors.median().item<double>(), units = median / roundingOf(dtype);
        qInfo("median error of a row %.2e = %.1f roundings, worst %.2e, same top %.3f", median, units, errors.max().item<double>(), sameTop(found, expected));
        QVERIFY(median > 0);
        QVERIFY2(units < 12, qPrintable(QString::number(units)));
        QVERIFY(sameTop(found, expected) > (dtype == "bf16" ? 0.85 : 0.95));
    }

    /// One token after the other reads the same cache as a pass over all of them.
    void decodeEqualsPrefill_data() { modelsAndTypes_data(); }
    void decodeEqualsPrefill()
    {
        QFETCH(QString, path);
        QFETCH(QString, dtype);
        const auto full = openAs(path, "f32"), half = openAs(path, dtype);
        const auto ids = someIds(full->config(), 24, 5);
        const at::Tensor expected = logitsOf(*half, ids), exact = logitsOf(*full, ids);
        KvCache cache(half->config());
        QVERIFY(forward(*half, std::span(ids).first(20), cache, ForwardOptions{}, RunContext{}).has_value());
        for (size_t t = 20; t < ids.size(); ++t) {
            const auto step = forward(*half, std::span(ids).subspan(t, 1), cache, ForwardOptions{}, RunContext{});
            QVERIFY(step.has_value());
            const auto row = static_cast<int64_t>(t);
            // Sums in another order, so that some numbers are rounded the other way: less than the type itself changes.
            QVERIFY(relative(step->logits[0], expected[row]) < 12 * roundingOf(dtype));
        }
        QVERIFY(relative(expected, exact) < 0.2);
    }

    void tokensAndScoresStayNearF32_data() { modelsAndTypes_data(); }
    void tokensAndScoresStayNearF32()
    {
        QFETCH(QString, path);
        QFETCH(QString, dtype);
        const auto full = openAs(path, "f32"), half = openAs(path, dtype);
        const auto ids = someIds(full->config(), std::min<int64_t>(60, full->config().contextLength - 10), 7);
        const auto expected = scoreTokens(*full, ids, ScoreOptions{}, RunContext{}), found = scoreTokens(*half, ids, ScoreOptions{}, RunContext{});
        QVERIFY(found.has_value());
        QCOMPARE(found->nll.size(), expected->nll.size());
        double sum = 0, worst = 0, size = 0;
        for (size_t i = 0; i < found->nll.size(); ++i) {
            const double gap = std::abs(double(found->nll[i]) - double(expected->nll[i]));
            sum += gap, worst = std::max(worst, gap), size += double(expected->nll[i]);
        }
        qInfo("mean difference of NLL %.2e of %.2f, worst %.2e", sum / double(found->nll.size()), size / double(found->nll.size()), worst);
        QVERIFY(sum < 12 * roundingOf(dtype) * size);
        // What is generated is what its own logits say.
        const GenerateOptions options{.maxNew = 8, .endTokens = EndTokens::Ignore};
        const auto text = generate(*half, ids, options, nullptr, RunContext{});
        QVERIFY(text.has_value());
        const auto again = generate(*half, ids, options, nullptr, RunContext{});
        QCOMPARE(again->ids, text->ids);
        std::vector<int32_t> all = ids;
        all.insert(all.end(), text->ids.begin(), text->ids.end() - 1);
        const at::Tensor logits = logitsOf(*half, all);
        for (size_t i = 0; i < text->ids.size(); ++i) {
            const at::Tensor row = logits[static_cast<int64_t>(ids.size() + i) - 1];
            const double margin = (row.max() - row[text->ids[i]]).item<double>();
            QVERIFY(margin < 24 * roundingOf(dtype) * row.abs().max().item<double>());
        }
    }

    /// tests/data/zoo: logits_native is the reference's own arithmetic in the type; it rounds after every operator, where we round
    /// what products read. The bounds are those of the models' README.
    void referenceInItsOwnTypeAgrees_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("bound");
        QTest::newRow("llama, bf16") << "zoo/llama-bf16" << "bf16" << 0.2;
        QTest::newRow("qwen2, f16") << "zoo/qwen2-fp16" << "f16" << 0.02;
    }
    void referenceInItsOwnTypeAgrees()
    {
        QFETCH(QString, folder);
        QFETCH(QString, dtype);
        QFETCH(double, bound);
        const auto file = SafetensorsFile::open(dataPath(folder.toStdString() + "/native.safetensors"));
        QVERIFY(file.has_value());
        const at::Tensor native = golden(*file, "logits_native");
        for (const std::string weights : {"file", dtype.toStdString().c_str()}) {
            const auto model = openAs(QString::fromStdString(dataPath(folder.toStdString())), dtype, weights);
            const at::Tensor found = logitsOf(*model, file->ints("input_ids"));
            qInfo("%s: largest difference %.4f, same top %.3f", weights.c_str(), maxDifference(found, native), sameTop(found, native));
            QVERIFY(maxDifference(found, native) < bound);
            QVERIFY(sameTop(found, native) > 0.9);
        }
    }

    /// Against the same decoder written down step by step. f32 sums lie within 1e-7 of exact ones; a number that is that near to a
    /// tie is rounded the other way, and what comes behind it differs by roundings of its own. Finer types have more ties in the
    /// way, hence one layer and few tokens.
    void numbersAreThoseOfAPlainDecoder_data()
    {
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("tokens");
        QTest::newRow("bf16") << "bf16" << 3 << 40;
        QTest::newRow("f16") << "f16" << 1 << 8;
    }
    void numbersAreThoseOfAPlainDecoder()
    {
        QFETCH(QString, dtype);
        QFETCH(int, layers);
        QFETCH(int, tokens);
        ModelConfig config = tinyConfig();
        config.layers = layers;
        const auto full = randomModel(config, 17);
        config.elementType = *chooseElementType(dtype.toStdString());
        const auto half = Model::fromParts(config, *weightsOn(at::kCPU, full->weights(), config.elementType), nullptr);
        const auto ids = someIds(config, tokens, 2);
        const at::Tensor expected = PlainDecoder(config, full->weights(), dtype == "bf16" ? at::kBFloat16 : at::kHalf).logits(ids);
        const at::Tensor exact = PlainDecoder(config, full->weights(), at::kDouble).logits(ids);
        const at::Tensor found = logitsOf(*half, ids).to(at::kDouble);
        QVERIFY(relative(logitsOf(*full, ids).to(at::kDouble), exact) < 1e-5);
        const double own = relative(found, expected), type = relative(expected, exact);
        qInfo("from the plain decoder %.2e, which is %.2e from exact numbers", own, type);
        QVERIFY(own < type / 4);
    }

    void everyHookPointIsF32()
    {
        for (const char *folder : {"zoo/llama-bf16", "zoo/deepseek-v3"}) {
            const auto model = openAs(QString::fromStdString(dataPath(folder)), "bf16");
            Hooks hooks;
            std::vector<HookScope> scopes;
            int calls = 0;
            bool right = true;
            for (const HookPointInfo &info : hookPoints()) {
                scopes.push_back(hooks.add(info.point, kEveryLayer, [&, point = info.point](const at::Tensor &value, const HookSite &) -> std::optional<at::Tensor> {
                    right = right && value.scalar_type() == (point == HookPoint::ExpertIds ? at::kInt : at::kFloat);
                    ++calls;
                    return {};
                }));
            }
            KvCache cache(model->config());
            QVERIFY(forward(*model, someIds(model->config(), 10, 1), cache, ForwardOptions{.hooks = &hooks}, RunContext{}).has_value());
            QVERIFY(calls > 10 && right);
        }
    }

    void weightsAndCacheTakeTwoBytes_data() { modelsAndTypes_data(); }
    void weightsAndCacheTakeTwoBytes()
    {
        QFETCH(QString, path);
        QFETCH(QString, dtype);
        for (const std::string weights : {"file", dtype.toStdString().c_str()}) {
            const auto model = openAs(path, dtype, weights);
            const ModelConfig &config = model->config();
            QCOMPARE(model->dtypeName(), dtype.toStdString());
            QCOMPARE(model->weightsName(), weights);
            const MemoryForecast forecast = forecastMemory(config, 20, model->residency());
            const double held = static_cast<double>(model->weights().bytes());
            // Slices begin at multiples of 64 bytes, which tiny vectors notice.
            QVERIFY2(std::abs(held / double(forecast.weightBytes) - 1) < 0.1, qPrintable(QStringLiteral("%1, forecast %2").arg(held).arg(forecast.weightBytes)));
            KvCache cache(config);
            cache.reserve(20);
            QVERIFY(forward(*model, someIds(config, 20, 1), cache, ForwardOptions{}, RunContext{}).has_value());
            QCOMPARE(config.cacheElementBytes(), int64_t{2});
            QCOMPARE(forecast.cacheBytes, config.ownCacheBytes(20));
            if (std::all_of(config.layerConfigs.begin(), config.layerConfigs.end(), [](const LayerConfig &layer) { return layer.window == 0; }))
                QCOMPARE(cache.allocatedBytes(), forecast.cacheBytes);
        }
        const auto full = openAs(path, "f32", "f32"), half = openAs(path, dtype, dtype.toStdString());
        const auto bytes = static_cast<double>(full->weights().bytes());
        QVERIFY(std::abs(static_cast<double>(half->weights().bytes()) / bytes - 0.5) < 0.05);
    }

    void automaticWeightsAreTheSmallerOnes()
    {
        QCOMPARE(openAs(QString::fromStdString(dataPath("models/llama3-f32.gguf")), "bf16")->weightsName(), std::string("bf16"));
        QCOMPARE(openAs(QString::fromStdString(dataPath("models/llama-q8_0.gguf")), "bf16")->weightsName(), std::string("file"));
        QCOMPARE(openAs(QString::fromStdString(dataPath("zoo/llama-bf16")), "bf16")->weightsName(), std::string("file"));
        const auto other = Model::open(dataPath("models/llama-q8_0.gguf"), {.device = "cpu", .dtype = "bf16", .weights = "f32"}, RunContext{});
        QVERIFY(!other && other.error().code == ErrorCode::BadInput);
        const auto unknown = Model::open(dataPath("models/llama-q8_0.gguf"), {.device = "cpu", .dtype = "f8"}, RunContext{});
        QVERIFY(!unknown && unknown.error().code == ErrorCode::BadInput);
    }

    /// 65,504 is the largest number of f16: what is beyond becomes it, and no infinity that ends as not a number.
    void numbersBeyondF16AreItsLargest()
    {
        const WeightMatrix matrix(at::ones({3, 4}).to(at::kHalf));
        at::Tensor x = at::zeros({1, 4});
        x[0][0] = 1e6, x[0][1] = -1e6, x[0][2] = 3;
        for (const int64_t rows : {1, 5, 20}) {
            const at::Tensor y = multiply(x.expand({rows, 4}).contiguous(), matrix);
            QVERIFY((y == 3).all().item<bool>());
        }
    }

    void tooLittleMemoryNamesWhatWouldFit()
    {
        const std::string path = smolPath(); // tiny models are smaller than the block that is dequantised at a time
        if (path.empty())
            QSKIP("SmolLM2-135M is not in the user's model folder");
        const auto config = Model::describe(path);
        const int64_t full = forecastMemory(*config, 1024, Residency::Dense).totalBytes();
        const auto refused = Model::open(path, {.device = "cpu", .threads = 1, .memoryLimitBytes = full - 1000, .weights = "f32"}, RunContext{});
        QVERIFY(!refused && refused.error().code == ErrorCode::OutOfMemory);
        QVERIFY2(refused.error().hint.find("--dtype bf16") != std::string::npos, refused.error().hint.c_str());
    }
};

QTEST_GUILESS_MAIN(ElementTypesTest)
#include "element_types_test.moc"
