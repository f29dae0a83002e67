// labels: slow
#include "core/eval/evaluate.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <algorithm>
#include <chrono>

using namespace winnow;
using namespace winnow::test;

/// Continuation under stored kept sets against golden/kv_smollm2-135m (kvpress 0.5.5): 64 rows, decodeRule grow.
class EvaluateGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void continuationOfStoredSetsEqualsTheReference_data();
    void continuationOfStoredSetsEqualsTheReference();

private:
    EvaluationCell storedCell(const std::string &name, int64_t tokens) const;

    std::shared_ptr<const Model> m_model;
    SafetensorsFile m_golden;
    Json m_json;
};

void EvaluateGoldenTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    m_model = openModel(smolPath());
    auto file = SafetensorsFile::open(dataPath("golden/kv_smollm2-135m.safetensors"));
    QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
    m_golden = *file;
    m_json = readJson("golden/kv_smollm2-135m.json");
    QVERIFY(m_json.is_object());
}

EvaluationCell EvaluateGoldenTest::storedCell(const std::string &name, int64_t tokens) const
{
    const ModelConfig &config = m_model->config();
    const std::vector<uint8_t> bits = m_golden.bytes(name + ".kept"); // [L, Hkv, ceil(N / 8)]
    const int64_t stride = (tokens + 7) / 8;
    EvaluationCell cell;
    cell.plan.kept = KeptTokens::sized(config.layers, config.kvHeads, tokens);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        for (int64_t head = 0; head < config.kvHeads; ++head) {
            const int64_t row = (layer * config.kvHeads + head) * stride;
            for (int64_t v = 0; v < tokens; ++v) {
                if (bits[static_cast<size_t>(row + v / 8)] >> (v % 8) & 1)
                    cell.plan.kept.setKept(layer, head, v);
            }
        }
    }
    return cell;
}

void EvaluateGoldenTest::continuationOfStoredSetsEqualsTheReference_data()
{
    QTest::addColumn<int>("prompt");
    for (int prompt = 0; prompt < 3; ++prompt)
        QTest::addRow("p%d", prompt) << prompt;
}

void EvaluateGoldenTest::continuationOfStoredSetsEqualsTheReference()
{
    QFETCH(int, prompt);
    const std::string prefix = std::string("p").append(std::to_string(prompt)) + ".";
    const std::vector<int32_t> continuation = m_golden.ints(prefix + "cont");
    std::vector<int32_t> context = m_golden.ints(prefix + "ids");
    context.resize(context.size() - continuation.size());
    const int64_t tokens = static_cast<int64_t>(context.size());
    auto capture = captureContext(m_model, context, CaptureNeeds{}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());

    std::vector<EvaluationCell> cells;
    std::vector<Json> references;
    for (const Json &reference : m_json["results"]) {
        if (reference["prompt"] != prompt || reference["press"] == "think")
            continue; // think narrows keys; its sets are channels
        char ratio[16];
        std::snprintf(ratio, sizeof ratio, ".r%g", reference["ratio"].get<double>());
        cells.push_back(storedCell(prefix + reference["press"].get<std::string>() + ratio, tokens));
        references.push_back(reference);
    }
    QVERIFY(cells.size() > 40);
    const auto start = std::chrono::steady_clock::now();
    const auto results = evaluate(**capture, continuation, cells, EvaluationOptions{}, {}, RunContext{});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    QVERIFY2(results.has_value(), results ? "" : results.error().message.c_str());

    references.push_back(Json{{"press", "full"}, {"ratio", 0}, {"nll", m_json["prompts"][static_cast<size_t>(prompt)]["full_nll"]}});
    double worstRow = 0, worstMean = 0;
    for (size_t i = 0; i < references.size(); ++i) {
        const std::vector<double> expected = references[i]["nll"].get<std::vector<double>>();
        const std::vector<float> &found = (*results)[i].series.nll;
        QCOMPARE(found.size(), expected.size());
        double row = 0, sum = 0;
        for (size_t t = 0; t < expected.size(); ++t) {
            row = std::max(row, std::abs(static_cast<double>(found[t]) - expected[t]));
            sum += static_cast<double>(found[t]) - expected[t];
        }
        const double mean = std::abs(sum) / static_cast<double>(expected.size());
        QVERIFY2(row < 1e-3 && mean < 2e-4, qPrintable(QString("%1 %2: row %3, mean %4").arg(QString::fromStdString(references[i]["press"]))
            .arg(references[i]["ratio"].get<double>()).arg(row).arg(mean)));
        worstRow = std::max(worstRow, row);
        worstMean = std::max(worstMean, mean);
    }
    qInfo("%zu cells, %.2f s; worst row %.2g, worst mean %.2g nats", cells.size(), seconds, worstRow, worstMean);
}

QTEST_GUILESS_MAIN(EvaluateGoldenTest)
#include "evaluate_golden_test.moc"
