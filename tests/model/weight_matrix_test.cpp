#include "core/model/quant_kernels.h"
#include "core/model/weight_matrix.h"
#include "core/model/weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <QTest>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace winnow;

namespace {

const std::vector<TensorType> kTypes{TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q4_0, TensorType::Q4_1,
    TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0, TensorType::Q2_K, TensorType::Q3_K, TensorType::Q4_K, TensorType::Q5_K,
    TensorType::Q6_K};

/// Offsets of the f16 scales in a block.
std::vector<size_t> scaleOffsets(TensorType type)
{
    switch (type) {
    case TensorType::Q4_0:
    case TensorType::Q5_0:
    case TensorType::Q8_0:
        return {0};
    case TensorType::Q4_1:
    case TensorType::Q5_1:
    case TensorType::Q4_K:
    case TensorType::Q5_K:
        return {0, 2};
    case TensorType::Q2_K:
        return {80, 82};
    case TensorType::Q3_K:
        return {108};
    case TensorType::Q6_K:
        return {208};
    default:
        return {};
    }
}

/// Random bytes as they could stand in a file: every bit of the quants, scales between 2^-8 and 2^-4 of either sign.
std::vector<std::byte> randomRows(TensorType type, int64_t rows, int64_t columns, uint32_t seed)
{
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(static_cast<size_t>(*rowBytes(type, columns) * rows));
    for (std::byte &byte : bytes)
        byte = static_cast<std::byte>(random());
    const auto put16 = [&](size_t at, uint32_t value) {
        bytes[at] = static_cast<std::byte>(value & 255);
        bytes[at + 1] = static_cast<std::byte>(value >> 8);
    };
    // Sign and mantissa of a 16-bit float with one of `count` exponents from `exponent` on.
    const auto bits16 = [&random](uint32_t exponent, uint32_t count) {
        const auto bits = static_cast<uint32_t>(random()) & 0x83ffU;
        return bits | (exponent + static_cast<uint32_t>(random()) % count) << 10;
    };
    const TensorTypeInfo *info = tensorTypeInfo(type);
    const auto size = static_cast<size_t>(info->blockBytes);
    if (type == TensorType::F32 || type == TensorType::BF16 || type == TensorType::F16) {
        std::normal_distribution<float> normal;
        for (size_t at = 0; at < bytes.size(); at += size) {
            const float value = normal(random);
            uint32_t bits;
            std::memcpy(&bits, &value, sizeof bits);
            if (type == TensorType::F32)
                std::memcpy(&bytes[at], &bits, sizeof bits);
            else
                put16(at, type == TensorType::BF16 ? bits >> 16 : bits16(10U, 6U));
        }
        return bytes;
    }
    for (size_t block = 0; block < bytes.size(); block += size) {
        for (const size_t offset : scaleOffsets(type))
            put16(block + offset, bits16(7U, 5U));
    }
    return bytes;
}

std::vector<float> randomInputs(int64_t count, uint32_t seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<size_t>(count));
    for (float &value : values)
        value = normal(random);
    return values;
}

std::vector<float> dequantised(TensorType type, const std::vector<std::byte> &bytes, int64_t rows, int64_t columns)
{
    std::vector<float> values(static_cast<size_t>(rows * columns));
    if (!dequantiseRows(type, bytes, rows, columns, values.data()))
        values.clear();
    return values;
}

/// A matrix of parts of several types and the same values as f32, rows in the order of the matrix.
struct Example {
    std::vector<std::vector<std::byte>> storage;
    WeightMatrix stored;
    at::Tensor dense; // [rows, columns]
};

struct PartShape {
    TensorType type;
    int64_t rows, headDim;
};

Example makeExample(const std::vector<PartShape> &shapes, int64_t columns)
{
    Example example;
    std::vector<StoredRows> parts;
    std::vector<at::Tensor> values;
    uint32_t seed = 1;
    for (const PartShape &shape : shapes)
        example.storage.push_back(randomRows(shape.type, shape.rows, columns, seed++));
    for (size_t p = 0; p < shapes.size(); ++p) {
        const PartShape &shape = shapes[p];
        parts.push_back(StoredRows{shape.type, example.storage[p], shape.rows, shape.headDim});
        const std::vector<float> rows = dequantised(shape.type, example.storage[p], shape.rows, columns);
        at::Tensor ordered = at::empty({shape.rows, columns});
        for (int64_t r = 0; r < shape.rows; ++r) {
            const int64_t width = shape.headDim;
            const int64_t original = width ? r / width * width + originalRow(r % width, width) : r;
            std::memcpy(ordered.data_ptr<float>() + original * columns, rows.data() + r * columns,
                static_cast<size_t>(columns) * sizeof(float));
        }
        values.push_back(ordered);
    }
    example.dense = at::cat(values);
    auto stored = WeightMatrix::stored(std::move(parts), columns, nullptr);
    if (stored)
        example.stored = *stored;
    return example;
}

/// Largest difference from the products in double, relative to the sum of absolute products (what rounding is relative to).
double productError(const at::Tensor &products, const at::Tensor &x, const at::Tensor &dense)
{
    const at::Tensor exact = at::mm(x.to(at::kDouble), dense.to(at::kDouble).t());
    const at::Tensor size = at::mm(x.to(at::kDouble).abs(), dense.to(at::kDouble).abs().t());
    return ((products.to(at::kDouble) - exact).abs() / size).max().item<double>();
}

/// f32 sums of a few thousand products; formats with a minimum sum quants, up to 4 times larger than the weights, first.
constexpr double kRounding = 1e-6;

} // namespace

class WeightMatrixTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void kernelsDequantiseBitForBit_data() { addTypes(); }
    void kernelsDequantiseBitForBit()
    {
        QFETCH(uint32_t, type);
        const auto stored = static_cast<TensorType>(type);
        const std::vector<std::byte> bytes = randomRows(stored, 5, 768, 3);
        const std::vector<float> expected = dequantised(stored, bytes, 5, 768);
        std::vector<float> found(expected.size());
        quant::unpackRows(stored, bytes.data(), 5, 768, found.data());
        QVERIFY(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)) == 0);
    }

    void everyTypeMultipliesAsItsValues_data() { addTypes(); }
    void everyTypeMultipliesAsItsValues()
    {
        QFETCH(uint32_t, type);
        const auto stored = static_cast<TensorType>(type);
        const bool plain = tensorTypeInfo(stored)->blockElements == 1;
        // Odd numbers of rows, columns with a tail where the type allows them, more rows than one block of the general product.
        const std::vector<std::pair<int64_t, int64_t>> shapes{{1, 256}, {7, plain ? 83 : 512}, {131, 768}, {2100, plain ? 301 : 256}};
        for (const auto &[rows, columns] : shapes) {
            const Example example = makeExample({{stored, rows, 0}}, columns);
            QCOMPARE(example.stored.rows(), rows);
            for (const int64_t inputs : {1, 2, 3, 4, 7, 8, 9, 33}) {
                const at::Tensor x = at::empty({inputs, columns});
                const std::vector<float> values = randomInputs(inputs * columns, 9);
                std::memcpy(x.data_ptr<float>(), values.data(), values.size() * sizeof(float));
                const double error = productError(multiply(x, example.stored), x, example.dense);
                QVERIFY2(error < kRounding, qPrintable(QString("%1 x %2, %3 inputs: %4").arg(rows).arg(columns).arg(inputs).arg(error)));
            }
        }
    }

    void partsOfSeveralTypesAndPermutedHeadsAreOneMatrix()
    {
        const Example example = makeExample(
            {{TensorType::Q4_K, 64, 16}, {TensorType::F32, 32, 16}, {TensorType::Q6_K, 33, 0}, {TensorType::Q5_1, 9, 0}}, 256);
        QCOMPARE(example.stored.rows(), int64_t{138});
        QVERIFY(!example.stored.isDense());
        QVERIFY(at::equal(example.stored.rowsF32(0, 138), example.dense));
        QVERIFY(at::equal(example.stored.rowsF32(60, 50), example.dense.narrow(0, 60, 50)));
        for (const int64_t inputs : {1, 5, 40}) {
            const at::Tensor x = at::linspace(-1, 1, inputs * 256).view({inputs, 256}).sin();
            QVERIFY(productError(multiply(x, example.stored), x, example.dense) < kRounding);
        }
    }

    void gathersRowsInTheirOrder()
    {
        const Example example = makeExample({{TensorType::Q8_0, 300, 0}}, 96);
        const std::vector<int32_t> ids{299, 0, 17, 17, 4};
        const at::Tensor rows = example.stored.gather(ids);
        for (size_t i = 0; i < ids.size(); ++i)
            QVERIFY(at::equal(rows[static_cast<int64_t>(i)], example.dense[ids[i]]));
        QVERIFY(at::equal(WeightMatrix(example.dense).gather(ids), rows));
    }

    /// Targets that are columns of a wider matrix, as the caller of several projections has them.
    void writesAndAddsInPlace()
    {
        const Example example = makeExample({{TensorType::Q4_1, 70, 0}}, 128);
        for (const int64_t inputs : {1, 6, 20}) {
            const at::Tensor x = at::linspace(-2, 2, inputs * 128).view({inputs, 128}).cos();
            const at::Tensor product = multiply(x, example.stored);
            at::Tensor wide = at::ones({inputs, 100});
            at::Tensor part = wide.narrow(1, 10, 70);
            multiplyOut(part, x, example.stored);
            QVERIFY(at::allclose(part, product, 1e-5, 1e-5));
            addMultiply(x, example.stored, part);
            QVERIFY(at::allclose(part, product * 2, 1e-5, 1e-5));
            QCOMPARE(wide.narrow(1, 0, 10).sum().item<float>(), static_cast<float>(10 * inputs));
            QCOMPARE(wide.narrow(1, 80, 20).sum().item<float>(), static_cast<float>(20 * inputs));
            at::Tensor turned = at::zeros({70, inputs}).t();
            multiplyOut(turned, x, WeightMatrix(example.dense));
            QVERIFY(at::allclose(turned, product, 1e-5, 1e-5));
        }
    }

    void f32RowsAreUsedWhereTheyStand()
    {
        const Example example = makeExample({{TensorType::F32, 12, 0}}, 40);
        QVERIFY(example.stored.isDense());
        QVERIFY(static_cast<const void *>(example.stored.dense().data_ptr()) == example.storage.front().data());
        QCOMPARE(example.stored.bytes(), int64_t{12 * 40 * 4});
    }

    void heldBytesAreThoseOfTheFile()
    {
        const Example example = makeExample({{TensorType::Q4_0, 10, 0}, {TensorType::Q8_0, 10, 0}}, 64);
        QCOMPARE(example.stored.bytes(), int64_t{10 * 2 * 18 + 10 * 2 * 34});
    }

    void partsThatAreNotTheirRowsAreRefused()
    {
        const std::vector<std::byte> bytes(180);
        QCOMPARE(WeightMatrix::stored({StoredRows{TensorType::Q4_0, bytes, 9, 0}}, 32, nullptr).error().code, ErrorCode::BadInput);
        QCOMPARE(WeightMatrix::stored({StoredRows{TensorType::Q4_0, bytes, 10, 0}}, 33, nullptr).error().code, ErrorCode::BadInput);
        QCOMPARE(WeightMatrix::stored({StoredRows{TensorType::Q4_0, bytes, 10, 4}}, 32, nullptr).error().code, ErrorCode::BadInput);
        QVERIFY(WeightMatrix::stored({StoredRows{TensorType::Q4_0, bytes, 10, 2}}, 32, nullptr).has_value());
        const std::vector<std::byte> unknown(136);
        QCOMPARE(WeightMatrix::stored({StoredRows{static_cast<TensorType>(23), unknown, 1, 0}}, 256, nullptr).error().code,
            ErrorCode::Unsupported);
    }

private:
    static void addTypes()
    {
        QTest::addColumn<uint32_t>("type");
        for (const TensorType type : kTypes)
            QTest::newRow(tensorTypeName(type).c_str()) << static_cast<uint32_t>(type);
    }
};

QTEST_GUILESS_MAIN(WeightMatrixTest)
#include "weight_matrix_test.moc"
