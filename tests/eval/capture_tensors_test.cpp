#include "core/eval/capture_tensors.h"

#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/random_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/xlogy.h>

#include <algorithm>

using namespace winnow;
using namespace winnow::test;

/// Written tensors of tiny models of each family against transformers (models' README: 1e-4, weights of attention 1e-5).
class CaptureTensorsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tensorsOfTinyModelsEqualTheReference_data();
    void tensorsOfTinyModelsEqualTheReference();
    void patternsAndLayersChooseNames();
    void refusalsLeaveNoFile();
    void statisticsEqualTheWrittenMaps();
    void expertsAndLatentsAreWrittenWhereTheyAre();
    void windowsAndValueWidthsShapeTheTensors();
};

namespace {

struct Written {
    std::vector<std::string> names;
    SafetensorsFile file;
};

Result<Written> write(const Model &model, const std::vector<int32_t> &ids, const TensorSelection &selection)
{
    const QTemporaryDir folder;
    const std::string path = folder.filePath("capture.safetensors").toStdString();
    auto names = writeCaptureTensors(model, ids, selection, path, RunContext{});
    if (!names)
        return fail(names.error());
    auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    return Written{*names, *file};
}

Result<Written> write(const std::string &model, const std::vector<int32_t> &ids, const TensorSelection &selection)
{
    return write(*openModel(dataPath(model)), ids, selection);
}

ModelConfig tinyNamed(const std::string &name)
{
    for (const NamedConfig &entry : tinyConfigs()) {
        if (entry.first == name)
            return entry.second;
    }
    qFatal("no tiny model is called %s", name.c_str());
}

std::vector<int32_t> someIds() { return {5, 9, 200, 31, 77, 8, 100, 5, 44, 301, 12, 17}; }

} // namespace

void CaptureTensorsTest::tensorsOfTinyModelsEqualTheReference_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("values");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("llama, F16, untied, permuted rows") << "models/llama-f16.gguf" << "models/llama-gguf-golden.safetensors" << "";
    QTest::newRow("llama, Q8_0") << "models/llama-q8_0.gguf" << "models/llama-gguf-golden.safetensors" << "q8_0.";
    QTest::newRow("llama, Q4_K and Q6_K, tied") << "models/llama-q4_k_m.gguf" << "models/llama-gguf-kquant-golden.safetensors" << "";
    QTest::newRow("llama, rope factors, tied") << "models/llama3-f32.gguf" << "models/llama3-golden.safetensors" << "";
    QTest::newRow("qwen2, F16, biases, tied") << "models/qwen2-f16.gguf" << "models/qwen2-golden.safetensors" << "";
}

void CaptureTensorsTest::tensorsOfTinyModelsEqualTheReference()
{
    QFETCH(QString, model);
    QFETCH(QString, values);
    QFETCH(QString, prefix);
    const auto expected = SafetensorsFile::open(dataPath(values.toStdString()));
    QVERIFY2(expected.has_value(), expected ? "" : expected.error().message.c_str());
    const auto written = write(model.toStdString(), expected->ints("input_ids"), TensorSelection{.greedy = 16});
    QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
    QCOMPARE(written->file.ints("greedy_ids"), expected->ints(prefix.toStdString() + "greedy_ids"));
    int compared = 0;
    double worst = 0, worstWeight = 0;
    for (const std::string &name : written->names) {
        const std::string reference = prefix.toStdString() + name;
        if (!expected->has(reference) || name.ends_with("_ids"))
            continue;
        const double difference = maxDifference(golden(written->file, name), golden(*expected, reference));
        (name.ends_with(".probs") ? worstWeight : worst) = std::max(name.ends_with(".probs") ? worstWeight : worst, difference);
        ++compared;
        QVERIFY2(difference < (name.ends_with(".probs") ? 1e-5 : 1e-4), qPrintable(QString("%1 differs by %2").arg(name.c_str()).arg(difference)));
    }
    qInfo("%d tensors, worst %.2g, attention weights %.2g", compared, worst, worstWeight);
    QVERIFY(compared >= (prefix.isEmpty() ? 8 : 1));
}

void CaptureTensorsTest::patternsAndLayersChooseNames()
{
    const auto written = write("models/llama-f16.gguf", someIds(), TensorSelection{.what = "layer.*.k_rope, hidden.?", .layers = {1}});
    QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
    const std::vector<std::string> expected{"hidden.0", "hidden.1", "hidden.2", "layer.1.k_rope"};
    QCOMPARE(written->names, expected);
    QCOMPARE(written->file.entry("layer.1.k_rope").shape, (std::vector<int64_t>{2, 12, 16}));
}

void CaptureTensorsTest::refusalsLeaveNoFile()
{
    const QTemporaryDir folder;
    const auto model = openModel(dataPath("models/llama-f16.gguf"));
    const std::string path = folder.filePath("x.safetensors").toStdString();
    const auto refused = [&](const std::vector<int32_t> &ids, const TensorSelection &selection) {
        const auto result = writeCaptureTensors(*model, ids, selection, path, RunContext{});
        return !result && QDir(folder.path()).isEmpty();
    };
    QVERIFY(refused(someIds(), {.what = "nothing"}));
    QVERIFY(refused(someIds(), {.layers = {2}}));
    QVERIFY(refused({}, {}));
    QVERIFY(refused({1, 512}, {}));
    QVERIFY(refused(std::vector<int32_t>(257, 1), {}));
    QVERIFY(refused(std::vector<int32_t>(250, 1), {.greedy = 8}));
    QVERIFY(refused(someIds(), {.window = 0}));
    std::stop_source stop;
    stop.request_stop();
    const auto cancelled = writeCaptureTensors(*model, someIds(), {}, path, RunContext{stop.get_token()});
    QVERIFY(!cancelled && cancelled.error().code == ErrorCode::Cancelled);
    QVERIFY(QDir(folder.path()).isEmpty());
    const auto nowhere = writeCaptureTensors(*model, someIds(), {}, folder.filePath("no/x.safetensors").toStdString(), RunContext{});
    QVERIFY(!nowhere && nowhere.error().code == ErrorCode::Io);
}

void CaptureTensorsTest::statisticsEqualTheWrittenMaps()
{
    std::vector<int32_t> ids;
    for (int i = 0; i < 150; ++i) // more than two blocks of rows
        ids.push_back((i * 37 + 11) % 512);
    const auto written = write("models/qwen2-f16.gguf", ids, TensorSelection{.window = 7});
    QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
    for (const std::string layer : {"layer.0.", "layer.1."}) {
        const at::Tensor maps = golden(written->file, layer + "probs").to(at::kDouble);
        QVERIFY(maxDifference(maps.sum(-1), at::ones({4, 150}, at::kDouble)) < 1e-5);
        QVERIFY(maxDifference(maps.sum(1), golden(written->file, layer + "colsum")) < 1e-5);
        QVERIFY(maxDifference(maps.select(1, 149), golden(written->file, layer + "last_row")) < 1e-7);
        QVERIFY(maxDifference(maps.narrow(1, 143, 7).mean(1), golden(written->file, layer + "win_mean")) < 1e-6);
        QVERIFY(maxDifference(-at::xlogy(maps, maps).sum(-1), golden(written->file, layer + "row_entropy")) < 1e-5);
    }
}

void CaptureTensorsTest::expertsAndLatentsAreWrittenWhereTheyAre()
{
    const ModelConfig config = tinyNamed("latent attention"); // layer 0 dense, 1 and 2 with experts
    const std::vector<int32_t> ids{5, 9, 20, 31, 7, 8, 10, 5, 44};
    const auto written = write(*randomModel(config), ids, TensorSelection{});
    QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
    std::vector<std::string> known = captureTensorNames(config), names = written->names;
    std::sort(known.begin(), known.end());
    std::sort(names.begin(), names.end());
    QCOMPARE(names, known);
    const SafetensorsFile &file = written->file;
    QVERIFY(!file.has("layer.0.router_logits") && file.has("layer.1.router_logits") && file.has("layer.0.latent"));
    QCOMPARE(file.entry("layer.0.latent").shape, (std::vector<int64_t>{1, 9, 12}));
    QCOMPARE(file.entry("layer.0.v").shape, (std::vector<int64_t>{4, 9, 5}));
    QCOMPARE(file.entry("layer.0.q_rope").shape, (std::vector<int64_t>{4, 9, 10}));
    QCOMPARE(file.entry("layer.2.topk_weights").shape, (std::vector<int64_t>{9, 2}));
    // All heads share the rotated part of a key: its last channels.
    const at::Tensor keys = golden(file, "layer.1.k_rope"), shared = golden(file, "layer.1.kpe");
    for (int64_t head = 0; head < 4; ++head)
        QCOMPARE(maxDifference(keys[head].narrow(1, 6, 4), shared), 0.0);
    const std::vector<int32_t> experts = file.ints("layer.1.topk_ids");
    for (size_t t = 0; t < ids.size(); ++t)
        QVERIFY(experts[2 * t] < experts[2 * t + 1]);
    QVERIFY(maxDifference(golden(file, "layer.1.topk_weights").sum(1), at::full({9}, config.moe.scale)) < 1e-5);
    QVERIFY(golden(file, "layer.1.expert_norms").gt(0).all().item<bool>());
    const at::Tensor branches = golden(file, "layer.1.attn_out") + golden(file, "layer.1.mlp_out");
    QVERIFY(maxDifference(golden(file, "hidden.1") + branches, golden(file, "hidden.2")) < 1e-5);
}

void CaptureTensorsTest::windowsAndValueWidthsShapeTheTensors()
{
    const ModelConfig config = tinyNamed("windows"); // 7 in layers 0 and 2
    std::vector<int32_t> ids;
    for (int i = 0; i < 100; ++i)
        ids.push_back((i * 37 + 11) % 64);
    const auto written = write(*randomModel(config), ids, TensorSelection{.window = 5});
    QVERIFY2(written.has_value(), written ? "" : written.error().message.c_str());
    const at::Tensor hidden = at::ones({100, 100}, at::kBool).tril(-7).logical_or(at::ones({100, 100}, at::kBool).triu(1));
    for (const std::string layer : {"layer.0.", "layer.1."}) {
        const at::Tensor maps = golden(written->file, layer + "probs");
        QVERIFY(maxDifference(maps.sum(-1), at::ones({4, 100})) < 1e-5);
        QCOMPARE(maps.masked_select(hidden).gt(0).any().item<bool>(), layer == "layer.1.");
        QVERIFY(maxDifference(maps.sum(1), golden(written->file, layer + "colsum")) < 1e-5);
        QVERIFY(maxDifference(maps.narrow(1, 95, 5).mean(1), golden(written->file, layer + "win_mean")) < 1e-6);
    }
}

QTEST_GUILESS_MAIN(CaptureTensorsTest)
#include "capture_tensors_test.moc"
