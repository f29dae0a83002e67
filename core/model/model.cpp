#include "core/model/model.h"

#include "core/model/describe_model.h"
#include "core/model/device.h"
#include "core/model/load_weights.h"
#include "core/model/memory_forecast.h"

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

    /// The weights of a model for a GPU are made in main memory before they go there.
    Result<void> checkStaging(const std::filesystem::path &path, const MemoryForecast &forecast)
    {
        const int64_t available = availableMemoryBytes();
        if (forecast.weightBytes <= available)
            return {};
        return fail(ErrorCode::OutOfMemory, path.string() + " needs " + gib(forecast.weightBytes)
                + " of main memory while its weights are brought to the GPU, available are " + gib(available),
            "close other programs or choose a smaller model");
    }

    Result<void> checkMemory(const DescribedModel &described, const LoadOptions &options, Residency residency, const at::Device &device)
    {
        const MemoryForecast forecast = forecastMemory(described.config, 1024, residency, device);
        const int64_t available = options.memoryLimitBytes > 0 ? options.memoryLimitBytes : availableMemoryBytes(device);
        if (forecast.totalBytes() <= available)
            return device.is_cpu() ? Result<void>() : checkStaging(described.files.tensors->path(), forecast);
        return fail(ErrorCode::OutOfMemory,
            described.files.tensors->path().string() + " needs " + gib(forecast.totalBytes()) + " with weights in "
                + (residency == Residency::Stored ? "file precision" : "f32") + " (weights " + gib(forecast.weightBytes) + ", cache and work for 1,024 tokens " + gib(forecast.cacheBytes + forecast.workBytes) + "), available are "
                + gib(available) + (device.is_cpu() ? "" : " on " + device.str()),
            "close other programs, choose a smaller model, or use a machine with more memory through the engine command");
    }

} // namespace

Result<Residency> chooseResidency(const std::string &weights, const at::Device &device)
{
    if (weights == "f32")
        return Residency::Dense;
    if (weights != "auto" && weights != "file" && !weights.empty())
        return fail(ErrorCode::BadInput, "weights: expected auto, file or f32, found \"" + weights + "\"");
    if (weights == "file" && !device.is_cpu())
        return fail(ErrorCode::Unsupported, "weights that stay in file precision cannot be used on " + device.str(),
            "use --weights f32, or --device cpu");
    return device.is_cpu() ? Residency::Stored : Residency::Dense;
}

MemoryForecast forecastMemory(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device)
{
    MemoryForecast forecast;
    forecast.weightBytes = residency == Residency::Stored && config.storedBytes > 0 ? config.storedBytes : 4 * config.parameters;
    forecast.cacheBytes = forecastCacheBytes(config, tokens);
    forecast.workBytes = forecastPassBytes(config, tokens, device) + (residency == Residency::Stored ? forecastBlockBytes(config) : 0);
    return forecast;
}

Result<std::shared_ptr<const Model>> Model::open(
    const std::string &path, const LoadOptions &options, const RunContext &context)
{
    if (options.dtype != "auto" && options.dtype != "f32" && !options.dtype.empty())
        return fail(ErrorCode::Unsupported, "dtype " + options.dtype + " is not supported", "use --dtype f32");
    const auto device = chooseDevice(options.device);
    if (!device)
        return fail(device.error());
    const auto residency = chooseResidency(options.weights, *device);
    if (!residency)
        return fail(residency.error());
    setComputeThreads(options.threads);
    auto described = describeModel(path);
    if (!described)
        return fail(described.error());
    if (auto fits = checkMemory(*described, options, *residency, *device); !fits)
        return fail(fits.error());
    auto tokenizer = openTokenizer(described->files);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto weights = loadWeights(described->files.tensors, described->plan, described->config, *residency, context);
    if (!weights)
        return fail(weights.error());
    auto moved = weightsOn(*device, *weights);
    if (!moved)
        return fail(moved.error());

    std::shared_ptr<Model> model(new Model(described->config, std::move(*moved)));
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
