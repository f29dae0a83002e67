#include "core/model/model.h"

#include "core/model/device.h"
#include "core/model/families/family.h"
#include "core/model/forward.h"
#include "core/model/gguf_file.h"
#include "gpu/device.h"

#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/ops/equal.h>

#include <cstring>

using namespace winnow;
using namespace winnow::test;

/// Opening: configuration, refusals that say what is wrong, forecast, cancel, devices.
class ModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void configurationComesFromTheFile();
    void describeNeedsNoWeights();
    void allTensorDifferencesAreListedAtOnce();
    void unknownTensorsAreRefused();
    void unknownArchitectureIsRefused();
    void expertsAndYarnAreRefused();
    void cutOffFileIsRefused();
    void forecastEqualsWeightBytes();
    void tooLittleMemoryIsRefusedBeforeLoading();
    void cancelStopsLoading();
    void devicesThatAreNotThereAreRefused();
    void otherDtypesAreRefused();
    void checksumIsOfTheFile();
    void moreThreadsGiveTheSameWeights();
    void weightsOfTheFileAreThoseInMemory();
    void unknownPlacesOfWeightsAreRefused();
};

namespace {

QByteArray bytesOf(const char *name)
{
    QFile file(QString::fromStdString(dataPath(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A changed copy of a model file; its error when it opens nevertheless is empty.
std::string refusal(const QByteArray &bytes, const LoadOptions &options = {.device = "cpu", .threads = 1})
{
    const QTemporaryDir folder;
    const QString path = folder.filePath("changed.gguf");
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        return "cannot write";
    file.close();
    const auto model = Model::open(path.toStdString(), options, RunContext{});
    return model ? std::string() : std::string(errorCodeName(model.error().code)) + ": " + model.error().message;
}

/// Replaces a piece of text by one of the same length, all occurrences.
QByteArray replaced(QByteArray bytes, const QByteArray &from, const QByteArray &to)
{
    Q_ASSERT(from.size() == to.size());
    return bytes.replace(from, to);
}

/// Sets the u32 value of a metadata key: it stands behind the key and its u32 type.
QByteArray withNumber(QByteArray bytes, const QByteArray &key, uint32_t value)
{
    const qsizetype at = bytes.indexOf(key) + key.size() + 4;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

bool contains(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

} // namespace

void ModelTest::configurationComesFromTheFile()
{
    const auto model = openModel(dataPath("models/llama-f16.gguf"));
    const ModelConfig &config = model->config();
    QCOMPARE(config.family, std::string("llama"));
    QCOMPARE(config.storedType, std::string("F16"));
    QCOMPARE(config.layers, int64_t(2));
    QCOMPARE(config.heads, int64_t(4));
    QCOMPARE(config.kvHeads, int64_t(2));
    QCOMPARE(config.headDim, int64_t(16));
    QCOMPARE(config.hidden, int64_t(64));
    QCOMPARE(config.ffn, int64_t(96));
    QCOMPARE(config.vocab, int64_t(512));
    QCOMPARE(config.contextLength, int64_t(256));
    QVERIFY(model->tokenizer() != nullptr);
    QCOMPARE(model->deviceName(), std::string("cpu"));
}

void ModelTest::describeNeedsNoWeights()
{
    const auto config = Model::describe(dataPath("models/qwen2-f16.gguf"));
    QVERIFY2(config.has_value(), config ? "" : config.error().message.c_str());
    QCOMPARE(config->family, std::string("qwen2"));
    QCOMPARE(config->ropes.front().theta, 1e6);
    QVERIFY(config->qkvBias && config->tied);
    QVERIFY(!Model::describe(dataPath("models/none.gguf")));
}

void ModelTest::allTensorDifferencesAreListedAtOnce()
{
    // Another feed-forward width: gate, up and down of both layers no longer fit.
    const std::string error = refusal(withNumber(bytesOf("models/llama-f16.gguf"), "llama.feed_forward_length", 100));
    QVERIFY2(contains(error, "bad_model_file"), error.c_str());
    for (const char *name : {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight", "blk.1.ffn_gate.weight",
             "blk.1.ffn_up.weight", "blk.1.ffn_down.weight"})
        QVERIFY2(contains(error, name), name);
    QVERIFY2(contains(error, "expected [100, 64], found [96, 64]"), error.c_str());
}

void ModelTest::unknownTensorsAreRefused()
{
    const std::string error = refusal(replaced(bytesOf("models/qwen2-f16.gguf"), "blk.1.ffn_up.weight", "blk.1.ffn_uq.weight"));
    QVERIFY2(contains(error, "blk.1.ffn_up.weight is missing (expected [96, 64])"), error.c_str());
    QVERIFY2(contains(error, "blk.1.ffn_uq.weight is not part of family qwen2"), error.c_str());
}

void ModelTest::unknownArchitectureIsRefused()
{
    const std::string error = refusal(replaced(bytesOf("models/llama-f16.gguf"), "llama", "llamb"));
    QVERIFY2(contains(error, "unsupported"), error.c_str());
    QVERIFY2(contains(error, "llamb"), error.c_str());
}

void ModelTest::expertsAndYarnAreRefused()
{
    // Rename a key of the same length and type into one that asks for what is not computed.
    const QByteArray experts = replaced(bytesOf("models/llama-f16.gguf"), "llama.vocab_size", "llama.expert_siz");
    QVERIFY(refusal(experts).empty()); // an unknown key changes nothing: V comes from token_embd
    const std::string window = refusal(withNumber(bytesOf("models/llama-f16.gguf"), "llama.attention.head_count_kv", 3));
    QVERIFY2(contains(window, "head_count"), window.c_str());
    const std::string zero = refusal(withNumber(bytesOf("models/llama-f16.gguf"), "llama.block_count", 0));
    QVERIFY2(contains(zero, "llama.block_count"), zero.c_str());
    const std::string many = refusal(withNumber(bytesOf("models/llama-f16.gguf"), "llama.block_count", 2000000000));
    QVERIFY2(contains(many, "2000000000 layers"), many.c_str());
}

void ModelTest::cutOffFileIsRefused()
{
    const QByteArray whole = bytesOf("models/llama-q8_0.gguf");
    for (const qsizetype size : {qsizetype(0), qsizetype(3), qsizetype(100), whole.size() / 2, whole.size() - 1}) {
        const std::string error = refusal(whole.left(size));
        QVERIFY2(!error.empty(), qPrintable(QString::number(size)));
    }
}

void ModelTest::forecastEqualsWeightBytes()
{
    for (const char *name : {"models/llama-f16.gguf", "models/qwen2-f16.gguf", "models/llama-q4_k_m.gguf"}) {
        for (const char *weights : {"file", "f32"}) {
            const auto model = Model::open(dataPath(name), LoadOptions{.device = "cpu", .threads = 1, .weights = weights}, {});
            QVERIFY(model.has_value());
            QCOMPARE((*model)->weightsName(), std::string(weights));
            const ModelConfig &config = (*model)->config();
            const MemoryForecast forecast = forecastMemory(config, 100, (*model)->residency());
            // Slices begin at multiples of 64 bytes, the buffer is a whole number of them.
            QVERIFY(std::abs(static_cast<double>((*model)->weights().bytes()) / static_cast<double>(forecast.weightBytes) - 1) < 0.01);
            QCOMPARE(forecast.cacheBytes, config.fullCacheBytes(100, 4));
            QCOMPARE(forecast.weightBytes, std::string(weights) == "f32" ? 4 * config.parameters : config.storedBytes);
        }
    }
}

void ModelTest::tooLittleMemoryIsRefusedBeforeLoading()
{
    const std::string error = refusal(bytesOf("models/llama-f16.gguf"), {.device = "cpu", .threads = 1, .memoryLimitBytes = 100'000});
    QVERIFY2(contains(error, "out_of_memory"), error.c_str());
    QVERIFY2(contains(error, "available"), error.c_str());
    QVERIFY(availableMemoryBytes() > 0);
}

void ModelTest::cancelStopsLoading()
{
    std::stop_source stop;
    stop.request_stop();
    const auto model = Model::open(dataPath("models/llama-f16.gguf"), {.device = "cpu"}, RunContext{stop.get_token()});
    QVERIFY(!model && model.error().code == ErrorCode::Cancelled);
}

void ModelTest::devicesThatAreNotThereAreRefused()
{
    for (const char *name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"})
        QVERIFY2(!chooseDevice(name) && chooseDevice(name).error().code == ErrorCode::BadInput, name);
    QVERIFY(chooseDevice("cpu") && chooseDevice("auto"));
    if (gpu::available())
        QSKIP("this machine has a GPU");
    const auto cuda = chooseDevice("cuda");
    QVERIFY(!cuda && cuda.error().code == ErrorCode::Unsupported);
    QVERIFY2(contains(cuda.error().message, "driver"), cuda.error().message.c_str());
    QVERIFY(chooseDevice("auto")->is_cpu());
}

void ModelTest::otherDtypesAreRefused()
{
    const auto model = Model::open(dataPath("models/llama-f16.gguf"), {.device = "cpu", .dtype = "int8"}, RunContext{});
    QVERIFY(!model && model.error().code == ErrorCode::BadInput);
}

void ModelTest::checksumIsOfTheFile()
{
    const auto model = openModel(dataPath("models/llama-f16.gguf"));
    const QByteArray expected = QCryptographicHash::hash(bytesOf("models/llama-f16.gguf"), QCryptographicHash::Sha256).toHex();
    QCOMPARE(QByteArray::fromStdString(*model->sha256()), expected);
}

void ModelTest::moreThreadsGiveTheSameWeights()
{
    const auto one = *Model::open(dataPath("models/llama-q4_k_m.gguf"), {.device = "cpu", .threads = 1, .weights = "f32"}, RunContext{});
    const auto two = *Model::open(dataPath("models/llama-q4_k_m.gguf"), {.device = "cpu", .threads = 2, .weights = "f32"}, RunContext{});
    for (size_t l = 0; l < one->weights().layers.size(); ++l) {
        QVERIFY(one->weights().layers[l].qkv.dense().equal(two->weights().layers[l].qkv.dense()));
        QVERIFY(one->weights().layers[l].ffn.gateUp.dense().equal(two->weights().layers[l].ffn.gateUp.dense()));
        QVERIFY(one->weights().layers[l].ffn.down.dense().equal(two->weights().layers[l].ffn.down.dense()));
    }
    QVERIFY(one->weights().embedding.dense().equal(two->weights().embedding.dense()));
    setComputeThreads(1);
}

/// The same weights in either place; logits differ by the order of f32 sums only.
void ModelTest::weightsOfTheFileAreThoseInMemory()
{
    for (const char *name : {"models/llama-f16.gguf", "models/llama-q8_0.gguf", "models/llama-q4_k_m.gguf", "models/qwen2-f16.gguf"}) {
        const auto file = *Model::open(dataPath(name), {.device = "cpu", .threads = 1, .weights = "file"}, RunContext{});
        const auto memory = *Model::open(dataPath(name), {.device = "cpu", .threads = 1, .weights = "f32"}, RunContext{});
        QVERIFY(file->weights().bytes() < memory->weights().bytes());
        const std::vector<int32_t> all = [] {
            std::vector<int32_t> rows;
            for (int32_t row = 0; row < 64; ++row)
                rows.push_back(row);
            return rows;
        }();
        for (size_t l = 0; l < file->weights().layers.size(); ++l)
            QVERIFY(at::equal(file->weights().layers[l].qkv.gather(all), memory->weights().layers[l].qkv.gather(all)));
        QVERIFY(at::equal(file->weights().embedding.gather(all), memory->weights().embedding.gather(all)));
        // One token, a few, and more than the kernels for a few take.
        for (const size_t count : {size_t(1), size_t(5), size_t(30)}) {
            const auto logits = [&](const Model &model) {
                KvCache cache(model.config());
                ForwardOptions options;
                options.logits = LogitsRows::All;
                return forward(model, std::span(all).first(count), cache, options, RunContext{})->logits;
            };
            QVERIFY(maxDifference(logits(*file), logits(*memory)) < 2e-5);
        }
    }
}

void ModelTest::unknownPlacesOfWeightsAreRefused()
{
    const auto model = Model::open(dataPath("models/llama-f16.gguf"), {.device = "cpu", .weights = "disk"}, RunContext{});
    QVERIFY(!model && model.error().code == ErrorCode::BadInput);
    QVERIFY(contains(model.error().message, "auto, file or f32"));
}

QTEST_GUILESS_MAIN(ModelTest)
#include "model_test.moc"
