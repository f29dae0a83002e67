#include "core/base/json.h"
#include "core/model/gguf_file.h"
#include "core/model/sha256.h"

#include <QTest>
#include <cstdlib>
#include <fstream>

using namespace winnow;

namespace {

std::filesystem::path userModel(const char *folder, const char *file)
{
    const char *home = std::getenv("HOME");
    return std::filesystem::path(home ? home : "") / ".local/share/winnow/models" / folder / file;
}

} // namespace

/// Real files against tests/data/models/dequant_*.json: sums and hashes of the published gguf Python package.
class DequantGoldenTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRecordedTensorIsBitEqual_data()
    {
        QTest::addColumn<QString>("golden");
        QTest::addColumn<QString>("model");
        QTest::newRow("SmolLM2-135M: F32, Q4_1, Q8_0")
            << "dequant_smollm2-135m.json"
            << QString::fromStdString(userModel("smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf").string());
        QTest::newRow("Gemma 3 270M: F32, Q5_0, Q8_0, Q4_K, Q6_K")
            << "dequant_gemma3-270m.json"
            << QString::fromStdString(userModel("gemma3-270m", "gemma-3-270m-q4_k_m.gguf").string());
    }

    void everyRecordedTensorIsBitEqual()
    {
        QFETCH(QString, golden);
        QFETCH(QString, model);
        if (!std::filesystem::exists(model.toStdString()))
            QSKIP("this model is not in the user's model folder");
        std::ifstream stream(std::string(WINNOW_TEST_DATA) + "/models/" + golden.toStdString());
        const Json json = Json::parse(stream);
        const auto file = GgufFile::open(model.toStdString());
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        for (const Json &expected : json.at("gguf_tensors")) {
            const auto name = expected.at("name").get<std::string>();
            const auto tensor = (*file)->tensor(name);
            QVERIFY2(tensor, name.c_str());
            const GgufTensor &found = **tensor;
            QCOMPARE(tensorTypeName(found.type), expected.at("type").get<std::string>());
            QCOMPARE(sha256(found.bytes), expected.at("raw_sha256").get<std::string>());
            std::vector<float> values(static_cast<size_t>(found.elements()));
            const auto read = dequantiseRows(found.type, found.bytes, found.rows, found.cols, values.data());
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            QCOMPARE(sha256(std::as_bytes(std::span(values))), expected.at("f32_sha256").get<std::string>());
        }
    }
};

QTEST_GUILESS_MAIN(DequantGoldenTest)
#include "dequant_golden_test.moc"
