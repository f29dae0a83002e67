#include "core/eval/score.h"
#include "core/model/forward.h"
#include "core/model/generate.h"
#include "core/model/load_weights.h"

#include <QDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/parity_device.h"
#include "tests/support/random_model.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <random>

using namespace winnow;
using namespace winnow::test;

/// Products and cache in bf16 and f16 on a GPU against the CPU, weights in memory and in file precision. Both devices round the
/// same numbers and sum in f32 in another order: a number near a tie is rounded the other way, and what comes behind it differs by
/// roundings of its own. So two devices may be as far apart as the type is from f32 (tests/model/element_types_test.cpp: up to 6
/// roundings), and products are held to f32's own accuracy by themselves.
class GpuElementTypesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void productsAreThoseOfTheRoundedNumbers_data();
    void productsAreThoseOfTheRoundedNumbers();
    void logitsAreThoseOfTheCpu_data();
    void logitsAreThoseOfTheCpu();
    void decodeIsThatOfTheCpu_data() { logitsAreThoseOfTheCpu_data(); }
    void decodeIsThatOfTheCpu();
    void everySwitchIsThatOfTheCpu_data();
    void everySwitchIsThatOfTheCpu();
    void bytesAreAsForecast_data() { logitsAreThoseOfTheCpu_data(); }
    void bytesAreAsForecast();
};

namespace {

/// Half a unit in the last place, relative.
double roundingOf(const QString &dtype) { return dtype == "bf16" ? 0x1p-9 : 0x1p-12; }

double boundOf(const QString &dtype) { return 12 * roundingOf(dtype); }

std::shared_ptr<const Model> openOn(const QString &path, const std::string &device, const QString &dtype, const QString &weights)
{
    auto model = Model::open(path.toStdString(),
        LoadOptions{.device = device, .dtype = dtype.toStdString(), .threads = 1, .weights = weights.toStdString()}, RunContext{});
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

at::Tensor pass(const Model &model, std::span<const int32_t> ids, KvCache &cache)
{
    auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return result->logits.cpu();
}

/// Relative errors of rows: the median, as a router that is nearly undecided may choose other experts for some of them.
double medianError(const at::Tensor &found, const at::Tensor &expected)
{
    return ((found - expected).norm(2, 1) / expected.norm(2, 1)).median().item<double>();
}

} // namespace

void GpuElementTypesTest::initTestCase()
{
    if (const std::string reason = parityReason(); !reason.empty())
        QSKIP(reason.c_str());
}

void GpuElementTypesTest::productsAreThoseOfTheRoundedNumbers_data()
{
    QTest::addColumn<QString>("dtype");
    for (const char *dtype : {"bf16", "f16"})
        QTest::newRow(dtype) << QString(dtype);
}

/// One, a few and many inputs; targets that are columns of a wider matrix; sums in f32: nothing is rounded behind the inputs.
void GpuElementTypesTest::productsAreThoseOfTheRoundedNumbers()
{
    QFETCH(QString, dtype);
    const c10::InferenceMode inference;
    const at::Device device = *chooseDevice(parityDevice());
    const at::ScalarType type = dtype == "bf16" ? at::kBFloat16 : at::kHalf;
    const at::Tensor rows = at::randn({200, 700}).to(type);
    const WeightMatrix matrix(rows.to(device));
    for (const int64_t inputs : {1, 5, 64}) {
        const at::Tensor x = at::randn({inputs, 700});
        const at::Tensor exact = at::mm(x.to(type).to(at::kDouble), rows.to(at::kDouble).t());
        QVERIFY(parityError(multiply(x.to(device), matrix), exact) < 2e-5);
        at::Tensor wide = at::zeros({inputs, 300}, at::TensorOptions(at::kFloat).device(device));
        at::Tensor part = wide.narrow(1, 50, 200);
        multiplyOut(part, x.to(device), matrix);
        addMultiply(x.to(device), matrix, part);
        QVERIFY(parityError(part, 2 * exact) < 2e-5);
        QVERIFY(wide.narrow(1, 0, 50).abs().max().item<double>() == 0.0);
    }
}

void GpuElementTypesTest::logitsAreThoseOfTheCpu_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QString>("weights");
    QStringList paths;
    const QDir zoo(QString::fromStdString(dataPath("zoo"))), files(QString::fromStdString(dataPath("models")));
    for (const QFileInfo &entry : zoo.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        if (QDir(entry.filePath()).exists("config.json"))
            paths << entry.filePath();
    }
    for (const QFileInfo &entry : files.entryInfoList({"*.gguf"}, QDir::Files, QDir::Name))
        paths << entry.filePath();
    for (const QString &path : paths) {
        for (const QString dtype : {"bf16", "f16"}) {
            for (const QString &weights : {dtype, QString("file")})
                QTest::newRow(qPrintable(QFileInfo(path).fileName() + ' ' + dtype + ", weights " + weights)) << path << dtype << weights;
        }
    }
}

void GpuElementTypesTest::logitsAreThoseOfTheCpu()
{
    QFETCH(QString, path);
    QFETCH(QString, dtype);
    QFETCH(QString, weights);
    const c10::InferenceMode inference;
    const auto cpu = openOn(path, "cpu", dtype, weights), other = openOn(path, parityDevice(), dtype, weights);
    QCOMPARE(other->dtypeName(), dtype.toStdString());
    QCOMPARE(other->weightsName(), weights.toStdString());
    const auto ids = someIds(cpu->config(), std::min<int64_t>(120, cpu->config().contextLength - 20), 3);
    KvCache a(cpu->config()), b(other->config(), other->device());
    const at::Tensor expected = pass(*cpu, ids, a), found = pass(*other, ids, b);
    const double median = medianError(found, expected);
    qInfo("median error of a row %.2e = %.2f roundings", median, median / roundingOf(dtype));
    QVERIFY(median < boundOf(dtype));
    QCOMPARE(b.allocatedBytes(), a.allocatedBytes());
    const auto here = scoreTokens(*cpu, ids, ScoreOptions{}, RunContext{}), there = scoreTokens(*other, ids, ScoreOptions{}, RunContext{});
    QVERIFY2(there.has_value(), there ? "" : there.error().message.c_str());
    double sum = 0, size = 0;
    for (size_t i = 0; i < here->nll.size(); ++i)
        sum += std::abs(double(there->nll[i]) - double(here->nll[i])), size += double(here->nll[i]);
    QVERIFY(sum < 12 * roundingOf(dtype) * size);
}

/// The cache of two bytes read by single tokens.
void GpuElementTypesTest::decodeIsThatOfTheCpu()
{
    QFETCH(QString, path);
    QFETCH(QString, dtype);
    QFETCH(QString, weights);
    const c10::InferenceMode inference;
    const auto cpu = openOn(path, "cpu", dtype, weights), other = openOn(path, parityDevice(), dtype, weights);
    const auto ids = someIds(cpu->config(), 28, 5);
    KvCache a(cpu->config()), b(other->config(), other->device());
    pass(*cpu, std::span(ids).first(20), a);
    pass(*other, std::span(ids).first(20), b);
    std::vector<double> errors;
    for (size_t t = 20; t < ids.size(); ++t)
        errors.push_back(medianError(pass(*other, std::span(ids).subspan(t, 1), b), pass(*cpu, std::span(ids).subspan(t, 1), a)));
    std::sort(errors.begin(), errors.end());
    QVERIFY2(errors[errors.size() / 2] < boundOf(dtype), qPrintable(QString::number(errors[errors.size() / 2])));
}

void GpuElementTypesTest::everySwitchIsThatOfTheCpu_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("dtype");
    int index = 0;
    for (const auto &[name, config] : tinyConfigs()) {
        for (const char *dtype : {"bf16", "f16"})
            QTest::newRow((name + ' ' + dtype).c_str()) << index << QString(dtype);
        ++index;
    }
}

void GpuElementTypesTest::everySwitchIsThatOfTheCpu()
{
    QFETCH(int, index);
    QFETCH(QString, dtype);
    const c10::InferenceMode inference;
    ModelConfig config = tinyConfigs()[static_cast<size_t>(index)].second;
    const auto full = randomModel(config, 11);
    config.elementType = *chooseElementType(dtype.toStdString());
    const auto made = [&](const at::Device &device) {
        return Model::fromParts(config, *weightsOn(device, full->weights(), config.elementType), nullptr);
    };
    const auto cpu = made(at::kCPU), other = made(*chooseDevice(parityDevice()));
    const auto ids = someIds(config, 90, 9);
    KvCache a(config), b(config, other->device());
    QVERIFY(medianError(pass(*other, std::span(ids).first(70), b), pass(*cpu, std::span(ids).first(70), a)) < boundOf(dtype));
    QVERIFY(medianError(pass(*other, std::span(ids).subspan(70), b), pass(*cpu, std::span(ids).subspan(70), a)) < boundOf(dtype));
}

void GpuElementTypesTest::bytesAreAsForecast()
{
    QFETCH(QString, path);
    QFETCH(QString, dtype);
    QFETCH(QString, weights);
    const auto model = openOn(path, parityDevice(), dtype, weights);
    const MemoryForecast forecast = forecastMemory(model->config(), 20, model->residency(), model->device());
    const auto held = static_cast<double>(model->weights().bytes());
    QVERIFY2(std::abs(held / double(forecast.weightBytes) - 1) < 0.1, qPrintable(QStringLiteral("%1, forecast %2").arg(held).arg(forecast.weightBytes)));
}

QTEST_GUILESS_MAIN(GpuElementTypesTest)
#include "gpu_element_types_test.moc"
