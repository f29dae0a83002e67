#include "core/model/model.h"

#include "core/model/describe_model.h"
#include "core/model/device.h"
#include "core/model/load_weights.h"
#include "core/model/memory_forecast.h"
#include "gpu/dequantise.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace winnow {
namespace {

    std::string gib(int64_t bytes)
    {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f GiB", static_cast<double>(bytes) / static_cast<double>(int64_t{1} << 30));
        return text;
    }

    /// A matrix for a GPU is made in main memory before it goes there.
    Result<void> checkStaging(const std::string &path, int64_t needed)
    {
        const int64_t available = availableMemoryBytes();
        if (needed <= available)
            return {};
        return fail(ErrorCode::OutOfMemory, path + " needs " + gib(needed)
                + " of main memory while its matrices are brought to the GPU one by one, available are " + gib(available),
            "close other programs or choose a smaller model");
    }

    /// A program without our kernels has nothing that reads rows of a file on a GPU.
    Result<void> checkKernel(Residency residency, const at::Device &device)
    {
        std::string reason;
        if (residency == Residency::Dense || device.is_cpu() || gpu::dequantiseKernelAvailable(&reason))
            return {};
        return fail(ErrorCode::Unsupported, "weights in file precision on " + device.str() + ": " + reason,
            "use --weights auto with --dtype bf16, or --device cpu");
    }

    /// What would fit instead, in words of the command line; the least change first.
    std::string otherPlacements(ModelConfig config, Residency residency, const at::Device &device, int64_t available)
    {
        std::string found;
        const auto offer = [&](ElementType type, Residency where) {
            config.elementType = type;
            if (forecastMemory(config, 1024, where, device).totalBytes() > available)
                return;
            found += (found.empty() ? "" : ", or ") + std::string("--dtype ") + std::string(nameOf(type))
                + (where == Residency::Stored ? " --weights file" : "");
        };
        const ElementType asked = config.elementType;
        if (asked == ElementType::F32)
            offer(ElementType::Bf16, Residency::Dense);
        if (residency == Residency::Dense)
            offer(asked, Residency::Stored);
        if (asked == ElementType::F32 && found.empty())
            offer(ElementType::Bf16, Residency::Stored);
        return found;
    }

    Result<void> checkMemory(const DescribedModel &described, const LoadOptions &options, Residency residency, const at::Device &device)
    {
        const ModelConfig &config = described.config;
        const std::string path = described.files.tensors->path().string();
        const MemoryForecast forecast = forecastMemory(config, 1024, residency, device);
        const int64_t available = options.memoryLimitBytes > 0 ? options.memoryLimitBytes : availableMemoryBytes(device);
        if (forecast.totalBytes() <= available)
            return device.is_cpu() ? Result<void>() : checkStaging(path, stagingBytes(config, config.elementType));
        const std::string other = otherPlacements(config, residency, device, available);
        return fail(ErrorCode::OutOfMemory,
            path + " needs " + gib(forecast.totalBytes()) + " with weights in "
                + (residency == Residency::Stored ? "file precision" : std::string(nameOf(config.elementType))) + " (weights "
                + gib(forecast.weightBytes) + ", cache and work for 1,024 tokens " + gib(forecast.cacheBytes + forecast.workBytes)
                + "), available are " + gib(available) + (device.is_cpu() ? "" : " on " + device.str()),
            (other.empty() ? "" : "it fits with " + other + "; or ")
                + "close other programs, choose a smaller model, or use a machine with more memory through the engine command");
    }

    /// Matrices in the element type, vectors in f32.
    int64_t denseWeightBytes(const ModelConfig &config)
    {
        return bytesOf(config.elementType) * (config.parameters - config.vectorNumbers) + 4 * config.vectorNumbers;
    }

    /// Rows of the file; matrices that the file stores turned round in the element type. On a GPU rows that are only looked up
    /// stay in main memory.
    int64_t storedWeightBytes(const ModelConfig &config, const at::Device &device)
    {
        return config.storedBytes - (4 - bytesOf(config.elementType)) * config.turnedNumbers
            - (device.is_cpu() ? 0 : config.storedEmbeddingBytes);
    }

} // namespace

Result<Residency> chooseResidency(const std::string &weights, const at::Device &device, const ModelConfig &config)
{
    if (weights == "file")
        return Residency::Stored;
    if (weights == nameOf(config.elementType))
        return Residency::Dense;
    if (weights != "auto" && !weights.empty())
        return fail(ErrorCode::BadInput, "weights: expected auto, file or " + std::string(nameOf(config.elementType))
                + " (the element type), found "" + weights + """, "name another type with --dtype");
    const bool smaller = config.storedBytes > 0 && storedWeightBytes(config, device) > denseWeightBytes(config);
    return device.is_cpu() && !smaller ? Residency::Stored : Residency::Dense;
}

MemoryForecast forecastMemory(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device)
{
    MemoryForecast forecast;
    const bool stored = residency == Residency::Stored;
    forecast.weightBytes = stored && config.storedBytes > 0 ? storedWeightBytes(config, device) : denseWeightBytes(config);
    forecast.cacheBytes = forecastCacheBytes(config, tokens);
    forecast.workBytes = forecastPassBytes(config, tokens, device) + forecastBlockBytes(config, residency, device);
    return forecast;
}

Result<std::shared_ptr<const Model>> Model::open(
    const std::string &path, const LoadOptions &options, const RunContext &context)
{
    const auto elements = chooseElementType(options.dtype);
    if (!elements)
        return fail(elements.error());
    const auto device = chooseDevice(options.device);
    if (!device)
        return fail(device.error());
    setComputeThreads(options.threads);
    auto described = describeModel(path);
    if (!described)
        return fail(described.error());
    described->config.elementType = *elements;
    const auto residency = chooseResidency(options.weights, *device, described->config);
    if (!residency)
        return fail(residency.error());
    if (auto can = checkKernel(*residency, *device); !can)
        return fail(can.error());
    if (auto fits = checkMemory(*described, options, *residency, *device); !fits)
        return fail(fits.error());
    auto tokenizer = openTokenizer(described->files);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto weights = loadWeights(
        described->files.tensors, described->plan, described->config, Placement{*residency, *elements, *device}, context);
    if (!weights)
        return fail(weights.error());

    std::shared_ptr<Model> model(new Model(described->config, std::move(*weights)));
    model->m_device = *device;
    model->m_residency = *residency;
    model->m_tokenizer = *tokenizer;
    model->m_path = path;
    model->m_fileBytes = described->files.tensors->fileBytes();
    return std::shared_ptr<const Model>(std::move(model));
}

Result<ModelConfig> Model::describe(const std::string &path)
{
    auto described = describeModel(path);
    if (!described)
        return fail(described.error());
    return described->config;
}

std::shared_ptr<const Model> Model::fromParts(
    ModelConfig config, Weights weights, std::shared_ptr<const Tokenizer> tokenizer)
{
    std::shared_ptr<Model> model(new Model(std::move(config), std::move(weights)));
    model->m_tokenizer = std::move(tokenizer);
    return model;
}

Model::Model(ModelConfig config, Weights weights)
    : m_config(std::move(config))
    , m_weights(std::move(weights))
    , m_rope(m_config)
    , m_device(m_weights.finalNorm.weight.device())
{
    // A position beyond the table has no row.
    if (m_config.learnedPositions)
        m_config.contextLength = std::min(m_config.contextLength, m_weights.positions.size(0) - m_config.positionOffset);
}

std::string Model::deviceName() const { return m_device.is_cpu() ? "cpu" : m_device.str(); }

Result<std::string> Model::sha256(const RunContext &context) const
{
    if (m_sha256.empty() && !m_path.empty()) {
        const auto files = openModelFiles(m_path);
        if (!files)
            return fail(files.error());
        auto hash = modelSha256(*files, context);
        if (!hash)
            return hash;
        m_sha256 = *hash;
    }
    return m_sha256;
}

} // namespace winnow
