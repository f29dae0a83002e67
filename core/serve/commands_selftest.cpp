#include "core/serve/engine_state.h"

#include "core/base/report_artifacts.h"
#include "core/eval/metrics_rows.h"
#include "core/methods/noise.h"
#include "core/model/cpu_kernels.h"
#include "core/model/device.h"
#include "core/model/quant.h"
#include "core/model/sha256.h"
#include "gpu/dequantise.h"
#include "gpu/device.h"
#include "gpu/head_pairs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max.h>
#include <ATen/ops/mm.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>

namespace winnow {
namespace {

    constexpr int64_t kRows = 37;
    constexpr int64_t kWidth = 193; // no multiple of a vector register
    constexpr double kTolerance = 1e-5; // relative; kernels sum 193 terms in f32

    std::string numberText(double value)
    {
        char text[32];
        std::snprintf(text, sizeof text, "%.3g", value);
        return text;
    }

    std::vector<float> randomFloats(size_t count, uint32_t seed)
    {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal;
        std::vector<float> values(count);
        for (float &value : values)
            value = normal(random);
        return values;
    }

    /// Largest difference, relative to the largest reference value.
    double relativeError(const std::vector<float> &found, const std::vector<double> &expected)
    {
        double error = 0;
        double scale = 1e-30;
        for (size_t i = 0; i < found.size(); ++i) {
            error = std::max(error, std::abs(double(found[i]) - expected[i]));
            scale = std::max(scale, std::abs(expected[i]));
        }
        return error / scale;
    }

    Check withinTolerance(const char *id, const char *title, double error)
    {
        return {id, title, error <= kTolerance, "relative error <= " + numberText(kTolerance), numberText(error), "cpu"};
    }

    Check equalText(const char *id, const char *title, const std::string &expected, const std::string &found)
    {
        return {id, title, expected == found, expected, found, "cpu"};
    }

    Check matrixVectorCheck()
    {
        const auto matrix = randomFloats(kRows * kWidth, 1);
        const auto x = randomFloats(kWidth, 2);
        std::vector<float> found(kRows);
        cpu::matrixVector(matrix.data(), x.data(), found.data(), kRows, kWidth);
        std::vector<double> expected(kRows);
        for (size_t r = 0; r < expected.size(); ++r) {
            for (size_t c = 0; c < size_t(kWidth); ++c)
                expected[r] += double(matrix[r * kWidth + c]) * double(x[c]);
        }
        return withinTolerance("matrixVector", "Matrix times vector", relativeError(found, expected));
    }

    Check matrixMatrixCheck()
    {
        const auto a = randomFloats(kRows * kWidth, 3);
        const auto b = randomFloats(kWidth * kRows, 4);
        at::Tensor left = at::empty({kRows, kWidth});
        at::Tensor right = at::empty({kWidth, kRows});
        std::copy(a.begin(), a.end(), left.data_ptr<float>());
        std::copy(b.begin(), b.end(), right.data_ptr<float>());
        const at::Tensor product = at::mm(left, right).contiguous();
        const std::vector<float> found(product.const_data_ptr<float>(), product.const_data_ptr<float>() + product.numel());
        std::vector<double> expected(found.size());
        for (size_t i = 0; i < expected.size(); ++i) {
            for (size_t k = 0; k < size_t(kWidth); ++k)
                expected[i] += double(a[i / kRows * kWidth + k]) * double(b[k * kRows + i % kRows]);
        }
        return withinTolerance("matrixMatrix", "Matrix product of the library", relativeError(found, expected));
    }

    Check rmsNormCheck()
    {
        const auto x = randomFloats(kRows * kWidth, 5);
        const auto weight = randomFloats(kWidth, 6);
        std::vector<float> found(x.size());
        cpu::rmsNormRows(x.data(), weight.data(), found.data(), kRows, kWidth, 1e-5F);
        std::vector<double> expected(x.size());
        for (size_t r = 0; r < size_t(kRows); ++r) {
            double square = 0;
            for (size_t c = 0; c < size_t(kWidth); ++c)
                square += double(x[r * kWidth + c]) * double(x[r * kWidth + c]);
            for (size_t c = 0; c < size_t(kWidth); ++c)
                expected[r * kWidth + c]
                    = double(x[r * kWidth + c]) / std::sqrt(square / double(kWidth) + 1e-5) * double(weight[c]);
        }
        return withinTolerance("rmsNorm", "Root mean square norm", relativeError(found, expected));
    }

    Check siluCheck()
    {
        const auto in = randomFloats(kRows * 2 * kWidth, 7);
        std::vector<float> found(kRows * kWidth);
        cpu::siluMulRows(in.data(), found.data(), kRows, kWidth);
        std::vector<double> expected(found.size());
        for (size_t i = 0; i < expected.size(); ++i) {
            const double gate = in[i / kWidth * 2 * kWidth + i % kWidth];
            expected[i] = gate / (1 + std::exp(-gate)) * double(in[i / kWidth * 2 * kWidth + kWidth + i % kWidth]);
        }
        return withinTolerance("siluMul", "Gated activation", relativeError(found, expected));
    }

    Check rotationCheck()
    {
        constexpr int64_t kDim = 64;
        constexpr int64_t kPairs = 32;
        const auto x = randomFloats(kRows * kDim, 8);
        std::vector<float> cosine;
        std::vector<float> sine;
        std::vector<double> expected(x.size());
        for (size_t r = 0; r < size_t(kRows); ++r) {
            for (size_t j = 0; j < size_t(kPairs); ++j) {
                const double angle = 0.37 * double(r) / double(j + 1);
                cosine.push_back(float(std::cos(angle)));
                sine.push_back(float(std::sin(angle)));
                const double a = x[r * kDim + j];
                const double b = x[r * kDim + j + kPairs];
                expected[r * kDim + j] = a * std::cos(angle) - b * std::sin(angle);
                expected[r * kDim + j + kPairs] = b * std::cos(angle) + a * std::sin(angle);
            }
        }
        std::vector<float> found = x;
        cpu::rotateRows(found.data(), cosine.data(), sine.data(), kRows, kDim, 1, kDim, kPairs, kPairs);
        return withinTolerance("rotation", "Rotary position embedding", relativeError(found, expected));
    }

    Check softmaxCheck()
    {
        std::vector<float> found = randomFloats(kWidth, 9);
        const size_t visible = kWidth - 20;
        std::vector<double> expected(found.size());
        double sum = 0;
        for (size_t i = 0; i < visible; ++i)
            sum += std::exp(double(found[i]));
        for (size_t i = 0; i < visible; ++i)
            expected[i] = std::exp(double(found[i])) / sum;
        cpu::softmaxRow(found.data(), int64_t(visible), kWidth, nullptr, false);
        return withinTolerance("softmax", "Softmax with a hidden tail", relativeError(found, expected));
    }

    /// The kernel of head pairs where it can run, its reference elsewhere.
    Check headPairsCheck()
    {
        const auto x = randomFloats(kRows * kWidth, 10);
        const auto y = randomFloats(kRows * kWidth, 11);
        std::vector<double> products(kRows * kRows);
        std::vector<double> expected(products.size());
        for (size_t i = 0; i < expected.size(); ++i) {
            for (size_t k = 0; k < size_t(kWidth); ++k)
                expected[i] += double(x[i / kRows * kWidth + k]) * double(y[i % kRows * kWidth + k]);
        }
        const gpu::HeadPairs pairs{x.data(), y.data(), kRows, kRows, kWidth, kWidth, kWidth, products.data()};
        const bool kernel = gpu::headPairKernelAvailable();
        std::string said;
        if (kernel)
            said = gpu::headPairProductsFromHost(pairs);
        else
            gpu::headPairProductsReference(pairs);
        Check check = withinTolerance("headPairs", "Products of pairs of heads",
            relativeError({products.begin(), products.end()}, expected));
        check.where = kernel ? "cuda" : "cpu";
        if (!said.empty())
            check = {"headPairs", "Products of pairs of heads", false, "a kernel that runs", said, "cuda"};
        return check;
    }

    /// The library's product on the GPU; the short mantissa of TF32 would miss the tolerance a hundredfold.
    Check gpuProductCheck(const at::Device &device)
    {
        constexpr const char *kId = "matrixMatrixGpu", *kTitle = "Matrix product of the library on the GPU";
        const auto a = randomFloats(kRows * kWidth, 3), b = randomFloats(kWidth * kRows, 4);
        at::Tensor left = at::empty({kRows, kWidth}), right = at::empty({kWidth, kRows});
        std::copy(a.begin(), a.end(), left.data_ptr<float>());
        std::copy(b.begin(), b.end(), right.data_ptr<float>());
        const at::Tensor exact = at::mm(left.to(at::kDouble), right.to(at::kDouble));
        Check check;
        try {
            const at::Tensor found = at::mm(left.to(device), right.to(device)).cpu().to(at::kDouble);
            check = withinTolerance(kId, kTitle, ((found - exact).abs().max() / exact.abs().max()).item<double>());
        } catch (const std::exception &error) {
            check = {kId, kTitle, false, "a product", std::string(error.what()).substr(0, 200), {}};
        }
        check.where = device.str();
        return check;
    }

    // Worked example of kv-evaluation.md 8.
    Check divergenceCheck()
    {
        const std::array<float, 3> p{2, 1, 0};
        const std::array<float, 3> q{1.5F, 1.5F, 0};
        ReferenceRows reference(1, 3);
        reference.set(0, p);
        const double kl = scoreRow(q, reference, 0, 0).kl;
        return {"divergence", "Kullback-Leibler divergence of the worked example", std::abs(kl - 0.101566) < 1e-6, "0.101566",
            numberText(kl), "kv-evaluation.md 8"};
    }

    // Worked value R8 of kv-eviction-baselines.md 8.
    Check noiseCheck()
    {
        char found[32];
        std::snprintf(found, sizeof found, "0x%016llx",
            static_cast<unsigned long long>(noiseBits(1234, {.layer = 29, .head = 2, .row = 511, .key = 300})));
        return equalText("noise", "Random bits as a pure function", "0xc110a1c48562a850", found);
    }

    // FIPS 180-4, example "abc".
    Check checksumCheck()
    {
        const std::string text = "abc";
        return equalText("sha256", "SHA-256 of a known text",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256(std::as_bytes(std::span(text))));
    }

    /// A Q8_0 block is a half-precision scale and 32 signed bytes.
    Check dequantiseCheck()
    {
        std::array<std::byte, 34> block{};
        block[1] = std::byte{0x38}; // 0x3800 = 0.5
        for (int i = 0; i < 32; ++i)
            block[size_t(2 + i)] = static_cast<std::byte>(static_cast<int8_t>(i - 16));
        std::vector<float> found(32);
        const auto done = dequantiseRows(TensorType::Q8_0, block, 1, 32, found.data());
        bool ok = done.has_value();
        for (int i = 0; ok && i < 32; ++i)
            ok = found[size_t(i)] == 0.5F * float(i - 16);
        return {"dequantise", "Dequantised Q8_0 block", ok, "-8 to 7.5 in steps of 0.5", ok ? "equal" : "different", "cpu"};
    }

    /// The kernel that dequantises rows of a file where it can run, its reference elsewhere, against the reader of files.
    Check storedRowsCheck()
    {
        constexpr int64_t kColumns = 512;
        std::vector<std::byte> rows(size_t(*rowBytes(TensorType::Q4_K, kColumns) * kRows));
        std::mt19937 random(12);
        for (std::byte &byte : rows)
            byte = static_cast<std::byte>(random() & 0xbb); // scales are numbers
        std::vector<float> found(size_t(kRows * kColumns)), expected(found.size());
        const auto read = dequantiseRows(TensorType::Q4_K, rows, kRows, kColumns, expected.data());
        const gpu::StoredMatrix matrix{.type = uint32_t(TensorType::Q4_K), .stored = rows.data(), .rows = kRows, .columns = kColumns, .out = found.data()};
        const bool kernel = gpu::dequantiseKernelAvailable();
        const std::string said = kernel ? gpu::dequantiseFromHost(matrix, int64_t(rows.size())) : gpu::dequantiseReference(matrix);
        const bool equal = read && said.empty() && found == expected;
        return {"storedRows", "Rows in file precision by the kernel of the GPU", equal, "equal numbers", equal ? "equal" : said.empty() ? "different" : said,
            kernel ? "cuda" : "cpu"};
    }

} // namespace

Result<Document> answerSelftest(EngineState &, const Json &, const RunContext &context, const PartSink &)
{
    using MakeCheck = Check (*)();
    constexpr std::array<MakeCheck, 12> kChecks{matrixVectorCheck, matrixMatrixCheck, rmsNormCheck, siluCheck, rotationCheck,
        softmaxCheck, headPairsCheck, divergenceCheck, noiseCheck, checksumCheck, dequantiseCheck, storedRowsCheck};
    Json checks = Json::array();
    bool ok = true;
    for (size_t i = 0; i < kChecks.size(); ++i) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled");
        const Check check = kChecks[i]();
        ok = ok && check.ok;
        checks.push_back(toJson(check));
        context.progress("selftest", int64_t(i) + 1, int64_t(kChecks.size()), "checks");
    }
    const gpu::DeviceProbe probe = gpu::probe();
    if (probe.available) {
        const auto device = chooseDevice("cuda");
        const Check check = device ? gpuProductCheck(*device)
                                   : Check{"matrixMatrixGpu", "Matrix product of the library on the GPU", false, "a GPU that starts",
                                         device.error().message, "cuda"};
        ok = ok && check.ok;
        checks.push_back(toJson(check));
    }
    Json names = Json::array();
    for (int i = 0; i < probe.devices; ++i)
        names.push_back(gpu::deviceName(i));
    return Document{{{"ok", ok}, {"checks", std::move(checks)},
                        {"gpu", {{"available", probe.available}, {"devices", probe.devices}, {"names", std::move(names)}, {"reason", probe.reason}}}},
        {}};
}

} // namespace winnow
