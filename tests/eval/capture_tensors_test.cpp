#include "core/eval/capture_tensors.h"

#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"

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
};

namespace {

struct Written {
    std::vector<std::string> names;
    SafetensorsFile file;
};

Result<Written> write(const std::string &model, const std::vector<int32_t> &ids, const TensorSelection &selection)
{
    const QTemporaryDir folder;
    const std::string path = folder.filePath("capture.safetensors").toStdString();
    auto names = writeCaptureTensors(*openModel(dataPath(model)), ids, selection, path, RunContext{});
    if (!names)
        return fail(names.error());
    auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    return Written{*names, *file};
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

QTEST_GUILESS_MAIN(CaptureTensorsTest)
#include "capture_tensors_test.moc"
