#include "core/model/model.h"

#include "core/model/device.h"
#include "core/model/families/family.h"
#include "core/model/gguf_file.h"
#include "core/model/load_weights.h"
#include "core/model/sha256.h"

#include <ATen/ATen.h>

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

    struct OpenedFile {
        std::shared_ptr<const GgufFile> file;
        const Family *family = nullptr;
        ModelConfig config;
    };

    /// Everything that can be said about a file without its weights; all tensors are checked.
    Result<OpenedFile> openFile(const std::string &path)
    {
        auto file = GgufFile::open(path);
        if (!file)
            return fail(file.error());
        const auto family = familyOf(**file);
        if (!family)
            return fail(family.error());
        auto config = readConfig(**file, **family);
        if (!config)
            return fail(config.error());
        if (auto fits = checkTensors(**file, **family, *config); !fits)
            return fail(fits.error());
        return OpenedFile{*file, *family, *config};
    }

    /// Scaling of the rotation, into the configuration.
    Result<void> readRope(OpenedFile &opened)
    {
        RopeConfig &rope = opened.config.ropes.front();
        std::vector<float> factors;
        if (const GgufTensor *tensor = opened.file->findTensor("rope_freqs.weight")) {
            factors.resize(static_cast<size_t>(tensor->elements()));
            if (auto done = dequantiseRows(tensor->type, tensor->bytes, tensor->rows, tensor->cols, factors.data()); !done)
                return fail(done.error());
            if (std::any_of(factors.begin(), factors.end(), [](float f) { return !(f > 0.0F); }))
                return opened.file->bad("rope_freqs.weight: expected positive factors");
        }
        const std::string prefix = std::string(opened.family->id) + ".rope.scaling.";
        double linear = 1.0;
        if (const auto type = opened.file->string(prefix + "type"); type && *type == "linear") {
            const auto factor = opened.file->number(prefix + "factor");
            if (!factor)
                return fail(factor.error());
            if (!(*factor > 0.0))
                return opened.file->bad("key " + prefix + "factor: expected a positive number, found " + std::to_string(*factor));
            linear = *factor;
            rope.scaling = RopeScaling::Linear;
            rope.factor = linear;
        }
        if (!factors.empty()) {
            rope.scaling = RopeScaling::Factors;
            rope.factors = factors;
            for (float &factor : rope.factors)
                factor *= static_cast<float>(linear);
        }
        return {};
    }

    Result<void> checkMemory(const OpenedFile &opened, const LoadOptions &options)
    {
        const MemoryForecast forecast = forecastMemory(opened.config, 1024);
        const int64_t available = options.memoryLimitBytes > 0 ? options.memoryLimitBytes : availableMemoryBytes();
        if (forecast.totalBytes() <= available)
            return {};
        return fail(ErrorCode::OutOfMemory,
            opened.file->path().string() + " needs " + gib(forecast.totalBytes()) + " in f32 (weights " + gib(forecast.weightBytes)
                + ", cache and work for 1,024 tokens " + gib(forecast.cacheBytes + forecast.workBytes) + "), available are "
                + gib(available),
            "close other programs, choose a smaller model, or use a machine with more memory through the engine command");
    }

} // namespace

MemoryForecast forecastMemory(const ModelConfig &config, int64_t tokens)
{
    const int64_t qkvRows = (config.heads + 2 * config.kvHeads) * config.headDim;
    const int64_t perLayer = config.hidden * (2 + qkvRows + config.heads * config.headDim + 3 * config.ffn)
        + (config.qkvBias ? qkvRows : 0);
    const int64_t vocabulary = config.vocab * config.hidden * (config.tied ? 1 : 2);
    MemoryForecast forecast;
    forecast.weightBytes = 4 * (config.layers * perLayer + config.hidden + vocabulary);
    forecast.cacheBytes = config.fullCacheBytes(tokens, 4);
    // Residual stream, normed rows, q k v and attention output of all rows; one block of rows in the feed-forward part and
    // in attention (64 rows of the G heads of one KV head).
    const int64_t row = 2 * config.hidden + qkvRows + config.heads * config.headDim;
    forecast.workBytes = 4 * (tokens * row + 256 * 3 * config.ffn + 64 * config.groups() * tokens + config.vocab);
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
    setComputeThreads(options.threads);
    auto opened = openFile(path);
    if (!opened)
        return fail(opened.error());
    if (auto fits = checkMemory(*opened, options); !fits)
        return fail(fits.error());
    if (auto rope = readRope(*opened); !rope)
        return fail(rope.error());
    auto tokenizer = Tokenizer::fromGguf(*opened->file);
    if (!tokenizer)
        return fail(tokenizer.error());
    auto weights = loadWeights(*opened->file, *opened->family, opened->config, context);
    if (!weights)
        return fail(weights.error());

    std::shared_ptr<Model> model(new Model(opened->config, weightsOn(*device, *weights, opened->config)));
    model->m_device = *device;
    model->m_tokenizer = *tokenizer;
    model->m_path = path;
    model->m_fileBytes = opened->file->fileBytes();
    return std::shared_ptr<const Model>(std::move(model));
}

Result<ModelConfig> Model::describe(const std::string &path)
{
    auto opened = openFile(path);
    if (!opened)
        return fail(opened.error());
    return opened->config;
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
        auto hash = sha256File(m_path, context);
        if (!hash)
            return hash;
        m_sha256 = *hash;
    }
    return m_sha256;
}

} // namespace winnow
