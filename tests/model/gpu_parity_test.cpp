#include "core/eval/score.h"
#include "core/model/forward.h"
#include "core/model/generate.h"
#include "core/model/load_weights.h"

#include <QDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/parity_device.h"
#include "tests/support/random_model.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <map>
#include <random>

using namespace winnow;
using namespace winnow::test;

/// The model on a GPU against the CPU: every tensor of a pass, greedy tokens, caches that lost slots. Arithmetic is f32 on both,
/// so what differs is the order of sums.
class GpuParityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void productsKeepTheMantissaOfF32();
    void everyTensorOfAPassEqualsTheCpu_data();
    void everyTensorOfAPassEqualsTheCpu();
    void greedyTokensEqualTheCpu_data() { everyTensorOfAPassEqualsTheCpu_data(); }
    void greedyTokensEqualTheCpu();
    void scoresEqualTheCpu_data() { everyTensorOfAPassEqualsTheCpu_data(); }
    void scoresEqualTheCpu();
    void everySwitchEqualsTheCpu_data();
    void everySwitchEqualsTheCpu();
    void cachesThatLostSlotsEqualTheCpu();
    void freeMemoryAndPeakFollowAModel();
    void rowsOfTheFileEqualTheCpu_data() { everyTensorOfAPassEqualsTheCpu_data(); }
    void rowsOfTheFileEqualTheCpu();

private:
    std::shared_ptr<const Model> onDevice(const ModelConfig &config, const Weights &weights) const;
};

namespace {

/// Relative to the largest number of a tensor. f32 sums of some hundred terms over a few layers.
constexpr double kTolerance = 2e-5;

std::shared_ptr<const Model> openOn(const std::string &path, const std::string &device, const std::string &weights = "f32")
{
    auto model = Model::open(path, LoadOptions{.device = device, .dtype = "f32", .threads = 1, .weights = weights}, RunContext{});
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

int64_t tokensOf(const ModelConfig &config) { return std::min<int64_t>(150, config.contextLength - 20); }

/// What a pass leaves at every hook point, on the CPU.
std::map<std::string, at::Tensor> recordPass(const Model &model, std::span<const int32_t> ids)
{
    std::map<std::string, at::Tensor> values;
    Hooks hooks;
    std::vector<HookScope> scopes;
    for (const HookPointInfo &info : hookPoints()) {
        scopes.push_back(hooks.add(info.point, kEveryLayer, [&](const at::Tensor &value, const HookSite &site) {
            at::Tensor &kept = values[hookName(site.point, site.layer)];
            const at::Tensor host = value.cpu();
            if (site.point == HookPoint::Probabilities) { // blocks of other sizes on other devices
                const auto tokens = static_cast<int64_t>(ids.size());
                if (!kept.defined())
                    kept = at::zeros({model.config().heads, tokens, tokens});
                kept.narrow(0, site.firstHead, host.size(0)).narrow(1, site.firstRow, host.size(1)).narrow(2, 0, host.size(2)).copy_(host);
            } else {
                kept = kept.defined() && site.firstRow > 0 ? at::cat({kept, host}, host.dim() - 2) : host.clone();
            }
            return std::optional<at::Tensor>();
        }));
    }
    KvCache cache(model.config(), model.device());
    const auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = &hooks}, RunContext{});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    values["logits"] = result->logits.cpu();
    values["hidden"] = result->hidden.cpu();
    return values;
}

/// What differs, by name; empty when nothing does. `worst` gets the largest error.
QStringList differences(const std::map<std::string, at::Tensor> &found, const std::map<std::string, at::Tensor> &expected, double &worst)
{
    QStringList wrong;
    if (found.size() != expected.size())
        wrong << QStringLiteral("%1 tensors, expected %2").arg(found.size()).arg(expected.size());
    for (const auto &[name, value] : expected) {
        const auto at = found.find(name);
        const double error = at == found.end() ? INFINITY : parityError(at->second, value);
        worst = std::max(worst, error);
        if (!(error <= (name.ends_with("_ids") ? 0 : kTolerance)))
            wrong << QStringLiteral("%1: %2").arg(QString::fromStdString(name)).arg(error);
    }
    return wrong;
}

} // namespace

void GpuParityTest::initTestCase()
{
    if (const std::string reason = parityReason(); !reason.empty())
        QSKIP(reason.c_str());
}

std::shared_ptr<const Model> GpuParityTest::onDevice(const ModelConfig &config, const Weights &weights) const
{
    auto moved = weightsOn(*chooseDevice(parityDevice()), weights);
    if (!moved)
        qFatal("%s", moved.error().message.c_str());
    return Model::fromParts(config, std::move(*moved), nullptr);
}

void GpuParityTest::productsKeepTheMantissaOfF32()
{
    const at::Device device = *chooseDevice(parityDevice());
    const at::Tensor a = at::randn({96, 700}), b = at::randn({700, 80});
    const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
    const double error = parityError(at::mm(a.to(device), b.to(device)), exact);
    QVERIFY2(error < 2e-6, qPrintable(QString::number(error))); // TF32: 3e-4
}

void GpuParityTest::everyTensorOfAPassEqualsTheCpu_data()
{
    QTest::addColumn<QString>("path");
    const QDir zoo(QString::fromStdString(dataPath("zoo")));
    for (const QFileInfo &entry : zoo.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        if (QDir(entry.filePath()).exists("config.json"))
            QTest::newRow(qPrintable(entry.fileName())) << entry.filePath();
    }
    const QDir files(QString::fromStdString(dataPath("models")));
    for (const QFileInfo &entry : files.entryInfoList({"*.gguf"}, QDir::Files, QDir::Name))
        QTest::newRow(qPrintable(entry.fileName())) << entry.filePath();
}

void GpuParityTest::everyTensorOfAPassEqualsTheCpu()
{
    QFETCH(QString, path);
    const c10::InferenceMode inference;
    const auto cpu = openOn(path.toStdString(), "cpu"), other = openOn(path.toStdString(), parityDevice());
    const auto ids = someIds(cpu->config(), tokensOf(cpu->config()), 3);
    double worst = 0;
    const QStringList wrong = differences(recordPass(*other, ids), recordPass(*cpu, ids), worst);
    qInfo("largest error %.2e", worst);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
}

void GpuParityTest::greedyTokensEqualTheCpu()
{
    QFETCH(QString, path);
    const auto cpu = openOn(path.toStdString(), "cpu"), other = openOn(path.toStdString(), parityDevice());
    const auto ids = someIds(cpu->config(), tokensOf(cpu->config()), 5);
    const GenerateOptions options{.maxNew = 16, .endTokens = EndTokens::Ignore};
    const auto expected = generate(*cpu, ids, options, nullptr, RunContext{}), found = generate(*other, ids, options, nullptr, RunContext{});
    QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
    QCOMPARE(found->ids, expected->ids);
}

void GpuParityTest::scoresEqualTheCpu()
{
    QFETCH(QString, path);
    const auto cpu = openOn(path.toStdString(), "cpu"), other = openOn(path.toStdString(), parityDevice());
    const auto ids = someIds(cpu->config(), tokensOf(cpu->config()), 7);
    const ScoreOptions options{.top = 5};
    const auto expected = scoreTokens(*cpu, ids, options, RunContext{}), found = scoreTokens(*other, ids, options, RunContext{});
    QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
    QCOMPARE(found->nll.size(), expected->nll.size());
    for (size_t i = 0; i < expected->nll.size(); ++i)
        QVERIFY2(std::abs(found->nll[i] - expected->nll[i]) < 1e-4F, qPrintable(QString::number(i)));
    QCOMPARE(found->topIds, expected->topIds);
}

void GpuParityTest::everySwitchEqualsTheCpu_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const auto &[name, config] : tinyConfigs())
        QTest::newRow(name.c_str()) << index++;
}

void GpuParityTest::everySwitchEqualsTheCpu()
{
    QFETCH(int, index);
    const c10::InferenceMode inference;
    const ModelConfig config = tinyConfigs()[static_cast<size_t>(index)].second;
    const auto cpu = randomModel(config, 11);
    const auto other = onDevice(config, cpu->weights());
    const auto ids = someIds(config, 90, 9);
    double worst = 0;
    const QStringList wrong = differences(recordPass(*other, ids), recordPass(*cpu, ids), worst);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
    // Pieces and single tokens, over the lengths where windows slide and LongRope changes its factors.
    KvCache a(config), b(config, other->device());
    for (size_t first = 0, count = 10; first < 80; first += count, count = count == 1 ? 9 : 1) {
        const auto piece = std::span(ids).subspan(first, std::min(count, ids.size() - first));
        const auto expected = forward(*cpu, piece, a, ForwardOptions{}, RunContext{});
        const auto found = forward(*other, piece, b, ForwardOptions{}, RunContext{});
        QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
        const double error = parityError(found->logits, expected->logits);
        QVERIFY2(error < kTolerance, qPrintable(QStringLiteral("token %1: %2").arg(first).arg(error)));
    }
    QCOMPARE(b.allocatedBytes(), a.allocatedBytes());
}

void GpuParityTest::cachesThatLostSlotsEqualTheCpu()
{
    const c10::InferenceMode inference;
    const ModelConfig config = tinyConfig();
    const auto cpu = randomModel(config, 2);
    const auto other = onDevice(config, cpu->weights());
    const auto ids = someIds(config, 60, 4);
    const auto run = [&](const Model &model) {
        KvCache cache(config, model.device());
        if (!forward(model, std::span(ids).first(40), cache, ForwardOptions{}, RunContext{}))
            qFatal("no pass");
        const std::vector<int32_t> some{0, 1, 5, 9, 20, 33, 39}, fewer{0, 2, 3, 4, 38, 39}, gone{1, 3, 4, 11};
        cache.layer(0).keep(0, some);
        cache.layer(1).keepEach({some, some}, 3);
        cache.layer(2).keepEach({fewer, some});
        cache.layer(0).drop(1, gone);
        auto result = forward(model, std::span(ids).subspan(40), cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
        if (!result)
            qFatal("%s", result.error().message.c_str());
        return result->logits.cpu();
    };
    const double error = parityError(run(*other), run(*cpu));
    QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
}

void GpuParityTest::freeMemoryAndPeakFollowAModel()
{
    const at::Device device = *chooseDevice(parityDevice());
    if (device.is_cpu())
        QSKIP("the CPU counts no bytes of tensors");
    constexpr int64_t kBytes = int64_t{256} << 20;
    const int64_t before = availableMemoryBytes(device);
    QVERIFY(before > kBytes);
    const at::Tensor held = at::zeros({kBytes / 4}, at::TensorOptions(at::kFloat).device(device));
    QVERIFY(before - availableMemoryBytes(device) >= kBytes / 2);
    QVERIFY(peakDeviceBytes(device) >= kBytes);
}

/// Weights in file precision: dequantised on the card at every use, with the values they have on the CPU.
void GpuParityTest::rowsOfTheFileEqualTheCpu()
{
    QFETCH(QString, path);
    const c10::InferenceMode inference;
    const auto cpu = openOn(path.toStdString(), "cpu", "file"), other = openOn(path.toStdString(), parityDevice(), "file");
    QCOMPARE(other->weightsName(), std::string("file"));
    const auto ids = someIds(cpu->config(), tokensOf(cpu->config()), 3);
    double worst = 0;
    const QStringList wrong = differences(recordPass(*other, ids), recordPass(*cpu, ids), worst);
    qInfo("largest error %.2e", worst);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
    const GenerateOptions options{.maxNew = 8, .endTokens = EndTokens::Ignore};
    const auto expected = generate(*cpu, ids, options, nullptr, RunContext{}), found = generate(*other, ids, options, nullptr, RunContext{});
    QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
    QCOMPARE(found->ids, expected->ids);
    const auto forecast = forecastMemory(other->config(), 0, Residency::Stored, other->device());
    QVERIFY(std::abs(double(other->weights().bytes()) / double(forecast.weightBytes) - 1) < 0.1);
}

QTEST_GUILESS_MAIN(GpuParityTest)
#include "gpu_parity_test.moc"
