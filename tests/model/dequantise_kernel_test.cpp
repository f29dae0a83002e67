#include "core/model/quant.h"
#include "gpu/dequantise.h"
#include "gpu/stored_blocks.h"

#include <QTest>

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace winnow;

namespace {

constexpr TensorType kTypes[]{TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0,
    TensorType::Q5_1, TensorType::Q8_0, TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K};

/// Random bytes whose scales are numbers: exponents of all pairs of bytes that could be a half are kept below infinity.
std::vector<std::byte> randomRows(TensorType type, int64_t rows, int64_t columns)
{
    std::vector<std::byte> bytes(static_cast<size_t>(*rowBytes(type, columns) * rows));
    std::mt19937 random(static_cast<unsigned>(type) + 5);
    for (std::byte &byte : bytes)
        byte = static_cast<std::byte>(random() & 0xbb); // no half or f32 of only set exponent bits, whatever the alignment
    return bytes;
}

std::vector<float> expectedRows(TensorType type, const std::vector<std::byte> &bytes, int64_t rows, int64_t columns)
{
    std::vector<float> numbers(static_cast<size_t>(rows * columns));
    if (const auto done = dequantiseRows(type, bytes, rows, columns, numbers.data()); !done)
        qFatal("%s", done.error().message.c_str());
    return numbers;
}

bool bitEqual(const std::vector<float> &a, const std::vector<float> &b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

gpu::StoredMatrix matrixOf(TensorType type, const std::vector<std::byte> &bytes, int64_t columns)
{
    gpu::StoredMatrix matrix;
    matrix.type = static_cast<uint32_t>(type);
    matrix.stored = bytes.data();
    matrix.columns = columns;
    return matrix;
}

/// IEEE half to even, by its definition in double precision.
uint16_t halfByDefinition(float value)
{
    const double magnitude = std::abs(double(value));
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    if (magnitude >= 65520)
        return sign | 0x7c00;
    const int exponent = magnitude == 0 ? -15 : std::max(std::ilogb(magnitude), -14);
    const double unit = std::ldexp(1.0, std::max(exponent, -14) - 10);
    const auto units = static_cast<uint32_t>(std::nearbyint(magnitude / unit)); // to even
    // 1024 units and more carry into the exponent by themselves.
    return static_cast<uint16_t>(sign | (units + (exponent > -14 ? static_cast<uint32_t>(exponent + 14) << 10 : 0)));
}

} // namespace

/// The kernel that dequantises rows of model files on a GPU: its reference against the reader of the CPU, bit for bit, and the
/// kernel against the reference where there is a GPU.
class DequantiseKernelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void referenceEqualsTheReaderOfFiles_data()
    {
        QTest::addColumn<uint32_t>("type");
        for (const TensorType type : kTypes)
            QTest::newRow(tensorTypeName(type).c_str()) << static_cast<uint32_t>(type);
    }
    void referenceEqualsTheReaderOfFiles()
    {
        QFETCH(uint32_t, type);
        const auto stored = static_cast<TensorType>(type);
        QVERIFY(gpu::canDequantise(type));
        const auto bytes = randomRows(stored, 7, 512);
        const auto expected = expectedRows(stored, bytes, 7, 512);
        for (const auto &[first, rows] : {std::pair<int64_t, int64_t>{0, 7}, {2, 4}}) {
            std::vector<float> found(static_cast<size_t>(rows * 512));
            gpu::StoredMatrix matrix = matrixOf(stored, bytes, 512);
            matrix.firstRow = first, matrix.rows = rows, matrix.out = found.data();
            QCOMPARE(gpu::dequantiseReference(matrix), std::string());
            QVERIFY(bitEqual(found, {expected.begin() + first * 512, expected.begin() + (first + rows) * 512}));
        }
    }

    void unknownTypesAndRaggedRowsAreRefused()
    {
        QVERIFY(!gpu::canDequantise(99));
        std::vector<std::byte> bytes(64);
        QVERIFY(gpu::dequantiseReference({.type = 99, .stored = bytes.data(), .rows = 1, .columns = 32}).find("99") != std::string::npos);
        QVERIFY(gpu::dequantiseReference({.type = 2, .stored = bytes.data(), .rows = 1, .columns = 33}).find("33") != std::string::npos);
    }

    /// Rows 0, D/2, 1, D/2 + 1, ... of heads of 6: original row r stands at 2 r, or at 2 (r - 3) + 1.
    void permutedHeadsComeInTheirOriginalOrder()
    {
        std::vector<float> rows;
        for (int i = 0; i < 12; ++i)
            rows.push_back(static_cast<float>(i));
        std::vector<std::byte> bytes(rows.size() * 4);
        std::memcpy(bytes.data(), rows.data(), bytes.size());
        std::vector<float> found(12);
        gpu::StoredMatrix matrix = matrixOf(TensorType::F32, bytes, 1);
        matrix.rows = 12, matrix.permutedHeadDim = 6, matrix.out = found.data();
        QCOMPARE(gpu::dequantiseReference(matrix), std::string());
        const std::vector<float> expected{0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11};
        QCOMPARE(found, expected);
    }

    /// All kinds of numbers: subnormals of the type, ties, carries into the exponent, beyond the largest.
    void roundingsAreThoseOfTheTypes()
    {
        std::mt19937 random(3);
        std::vector<float> values{0.0F, -0.0F, 1.0F, 65504, 65519.99F, 65520, -1e9F, 0x1p-24F, 0x1p-25F, 0x1.8p-25F, 0x1.004p0F, 0x1.00cp0F,
            0x1.ffep-15F, 0x1.01p0F, 0x1.03p0F, 0x1.ffp127F, INFINITY, -INFINITY};
        for (int i = 0; i < 200000; ++i)
            values.push_back(std::ldexp(static_cast<float>(random() & 0xffffff) / 0x1p23F - 1.0F, static_cast<int>(random() % 60) - 30));
        for (const float value : values) {
            QVERIFY2(gpu::toBf16(value) == c10::BFloat16(value).x, qPrintable(QString::number(double(value))));
            QVERIFY2(gpu::toHalf(value) == c10::Half(value).x, qPrintable(QString::number(double(value))));
            QVERIFY2(gpu::toHalf(value) == halfByDefinition(value), qPrintable(QString::number(double(value))));
        }
        QVERIFY(std::isnan(static_cast<float>(c10::Half(gpu::toHalf(NAN), c10::Half::from_bits()))));
        QVERIFY((gpu::toBf16(NAN) & 0x7fff) > 0x7f80);
    }

    void everyHalfIsRead()
    {
        for (uint32_t bits = 0; bits < 0x10000; ++bits) {
            const uint8_t stored[]{static_cast<uint8_t>(bits & 0xff), static_cast<uint8_t>(bits >> 8)};
            const float expected = c10::Half(static_cast<uint16_t>(bits), c10::Half::from_bits()), found = gpu::half(stored);
            QVERIFY(std::isnan(expected) ? std::isnan(found) : std::bit_cast<uint32_t>(expected) == std::bit_cast<uint32_t>(found));
        }
    }

    void kernelEqualsTheReference_data() { referenceEqualsTheReaderOfFiles_data(); }
    void kernelEqualsTheReference()
    {
        std::string reason;
        if (!gpu::dequantiseKernelAvailable(&reason))
            QSKIP(reason.c_str());
        QFETCH(uint32_t, type);
        const auto stored = static_cast<TensorType>(type);
        const auto bytes = randomRows(stored, 96, 768);
        for (const int64_t headDim : {0, 32}) {
            for (const gpu::NumberType out : {gpu::NumberType::F32, gpu::NumberType::F16, gpu::NumberType::Bf16}) {
                const size_t outBytes = 61 * 768 * (out == gpu::NumberType::F32 ? 4 : 2);
                std::vector<std::byte> expected(outBytes), found(outBytes);
                gpu::StoredMatrix matrix = matrixOf(stored, bytes, 768);
                matrix.firstRow = 5, matrix.rows = 61, matrix.permutedHeadDim = headDim, matrix.outType = out;
                matrix.out = expected.data();
                QCOMPARE(gpu::dequantiseReference(matrix), std::string());
                matrix.out = found.data();
                QCOMPARE(gpu::dequantiseFromHost(matrix, static_cast<int64_t>(bytes.size())), std::string());
                QVERIFY(found == expected);
            }
        }
    }
};

QTEST_GUILESS_MAIN(DequantiseKernelTest)
#include "dequantise_kernel_test.moc"
