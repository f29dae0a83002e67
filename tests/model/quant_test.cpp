#include "core/base/json.h"
#include "core/model/quant.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

using namespace winnow;

namespace {

std::vector<std::byte> fromHex(const std::string &text)
{
    std::vector<std::byte> bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
    return bytes;
}

std::vector<uint32_t> bitsOf(const std::vector<float> &values)
{
    std::vector<uint32_t> bits(values.size());
    std::memcpy(bits.data(), values.data(), values.size() * sizeof(float));
    return bits;
}

template <typename T>
std::vector<float> read(TensorType type, const std::vector<T> &stored)
{
    std::vector<float> values(stored.size());
    const auto done = dequantiseRows(type, std::as_bytes(std::span(stored)), 1, static_cast<int64_t>(stored.size()), values.data());
    return done ? values : std::vector<float>();
}

/// Value of a half by its definition, IEEE 754-2008 3.4.
float halfValue(uint32_t half)
{
    const int exponent = static_cast<int>(half >> 10 & 31), fraction = static_cast<int>(half & 1023);
    const float sign = half & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 31)
        return fraction ? std::nanf("") : sign * INFINITY;
    return sign * (exponent ? std::ldexp(static_cast<float>(1024 + fraction), exponent - 25) : std::ldexp(static_cast<float>(fraction), -24));
}

} // namespace

class QuantTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// tests/data/models/quant_blocks.json: random blocks (the first with subnormal scales) and their values by gguf 0.19.
    void blocksOfEveryQuantisedTypeAreBitEqual_data()
    {
        QTest::addColumn<uint32_t>("type");
        for (const uint32_t type : {2u, 3u, 6u, 7u, 8u, 10u, 11u, 12u, 13u, 14u})
            QTest::newRow(tensorTypeName(static_cast<TensorType>(type)).c_str()) << type;
    }
    void blocksOfEveryQuantisedTypeAreBitEqual()
    {
        QFETCH(uint32_t, type);
        std::ifstream stream(std::string(WINNOW_TEST_DATA) + "/models/quant_blocks.json");
        const Json golden = Json::parse(stream).at(QTest::currentDataTag());
        const auto bytes = fromHex(golden.at("bytes").get<std::string>());
        const auto expected = golden.at("valueBits").get<std::vector<uint32_t>>();
        // As one row, and as rows of one block.
        const auto info = *tensorTypeInfo(type);
        for (const int64_t rows : {int64_t{1}, static_cast<int64_t>(expected.size()) / info.blockElements}) {
            std::vector<float> values(expected.size());
            const auto cols = static_cast<int64_t>(expected.size()) / rows;
            const auto done = dequantiseRows(static_cast<TensorType>(type), bytes, rows, cols, values.data());
            QVERIFY2(done, done ? "" : done.error().message.c_str());
            QVERIFY(bitsOf(values) == expected);
        }
    }

    void everyHalfHasItsValue()
    {
        std::vector<uint16_t> stored(65536);
        for (size_t i = 0; i < stored.size(); ++i)
            stored[i] = static_cast<uint16_t>(i);
        const auto values = read(TensorType::F16, stored);
        QCOMPARE(values.size(), stored.size());
        for (uint32_t i = 0; i < 65536; ++i) {
            const float expected = halfValue(i);
            if (std::isnan(expected))
                QVERIFY(std::isnan(values[i]));
            else
                QVERIFY2(bitsOf({values[i]}) == bitsOf({expected}), std::to_string(i).c_str());
        }
    }

    void bfloat16IsTheUpperHalfOfAFloat()
    {
        QCOMPARE(read(TensorType::BF16, std::vector<uint16_t>{0x3f80, 0xc000, 0x0001, 0x7f80}),
            (std::vector<float>{1.0f, -2.0f, 0x1p-133f, INFINITY}));
    }

    void floatsAreCopied()
    {
        const std::vector<float> values{1.5f, -0.0f, INFINITY, 1e-40f};
        QVERIFY(bitsOf(read(TensorType::F32, values)) == bitsOf(values));
    }

    void refusesWhatDoesNotFit()
    {
        std::vector<std::byte> bytes(18);
        std::vector<float> out(64);
        QVERIFY(dequantiseRows(TensorType::Q4_0, bytes, 1, 32, out.data()));
        QCOMPARE(errorCodeName(dequantiseRows(TensorType::Q4_0, bytes, 2, 32, out.data()).error().code), "bad_input");
        QCOMPARE(errorCodeName(dequantiseRows(TensorType::Q4_0, bytes, 1, 16, out.data()).error().code), "bad_input");
        QCOMPARE(errorCodeName(dequantiseRows(TensorType::Q4_0, bytes, 1, -32, out.data()).error().code), "bad_input");
        const auto other = dequantiseRows(static_cast<TensorType>(20), bytes, 1, 32, out.data());
        QCOMPARE(errorCodeName(other.error().code), "unsupported");
        QVERIFY(other.error().message.find("IQ4_NL") != std::string::npos);
        QCOMPARE(errorCodeName(dequantiseRows(static_cast<TensorType>(99), bytes, 1, 32, out.data()).error().code), "unsupported");
        QVERIFY(!rowBytes(TensorType::F32, INT64_MAX));
    }
};

QTEST_GUILESS_MAIN(QuantTest)
#include "quant_test.moc"
