#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/config.h"
#include "core/model/rope.h"
#include "core/model/tokenizer.h"
#include "core/model/weights.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>

namespace winnow {

/// How to open a model. Empty and 0 mean "decide for me".
struct LoadOptions {
    std::string device = "auto"; // auto, cpu, cuda, cuda:i
    std::string dtype = "auto"; // auto, f32, bf16, f16: of products and cache (element_type.h); auto = f32
    int threads = 0; // 0 = cores of the machine minus one, at least 1
    int64_t memoryLimitBytes = 0; // 0 = what the machine has available
    std::string weights = "auto"; // file (rows of the file), or the name of the dtype (dequantised in memory); chooseResidency
};

/// Where the matrices of a model opened this way live. Rows of the file are at least as exact and mostly less to read in decode,
/// and cost a prefill of 512 tokens 3 % at most on the CPU (docs/performance.md), where `auto` takes them unless the asked type
/// is smaller than they are. On a GPU `auto` dequantises once: rows of the file are dequantised there at every use.
/// @param config of the file, with the element type of the products.
/// @error BadInput for another word than auto, file and the name of the element type.
Result<Residency> chooseResidency(const std::string &weights, const at::Device &device, const ModelConfig &config);

/// Bytes a model will hold, known before its weights are read.
struct MemoryForecast {
    int64_t fileBytes = 0; // mapped, given back by the system when memory is short
    int64_t weightBytes = 0; // as they will be held: in the element type, or rows of the file
    int64_t cacheBytes = 0; // K and V of the asked number of tokens
    int64_t workBytes = 0; // activations of a pass over them
    int64_t totalBytes() const { return weightBytes + cacheBytes + workBytes; }
};

/// A decoder that can run: configuration, weights, rotation table, tokenizer. Immutable after open; shared by captures.
class Model {
public:
    /// Opens a GGUF file or a Hugging Face folder (or a file in one) of a known family.
    ///
    /// @error NotFound, BadModelFile (all shape differences at once), Unsupported (family, rope scaling, device, dtype),
    ///        OutOfMemory before anything large is allocated (states predicted and available bytes), Cancelled.
    /// @cost  Rows of the file: headers and vectors. f32: one pass over the file. Progress "load" in bytes.
    static Result<std::shared_ptr<const Model>> open(
        const std::string &path, const LoadOptions &options, const RunContext &context);

    /// Configuration and forecast without weights, for `describe`.
    static Result<ModelConfig> describe(const std::string &path);

    /// Builds a model from parts, for tests and derived models. The tokenizer may be null.
    static std::shared_ptr<const Model> fromParts(
        ModelConfig config, Weights weights, std::shared_ptr<const Tokenizer> tokenizer);

    const ModelConfig &config() const { return m_config; }
    const Weights &weights() const { return m_weights; }
    const LayerWeights &layer(int64_t index) const { return m_weights.layers[static_cast<size_t>(index)]; }
    const ModelRope &rope() const { return m_rope; }
    const at::Device &device() const { return m_device; }
    std::string deviceName() const; // "cpu", "cuda:0"
    ElementType elementType() const { return m_config.elementType; } // of products and cache
    std::string dtypeName() const { return std::string(nameOf(elementType())); }
    Residency residency() const { return m_residency; }
    std::string weightsName() const { return m_residency == Residency::Stored ? "file" : dtypeName(); }
    std::shared_ptr<const Tokenizer> tokenizer() const { return m_tokenizer; } // may be null
    const std::string &path() const { return m_path; }
    int64_t fileBytes() const { return m_fileBytes; }

    /// SHA-256 of the file, or of config and weights of a folder, lower-case hexadecimal; computed at the first call (0.3 s per 100 MB), empty for fromParts.
    /// Call from one thread.
    /// @error Io; Cancelled.
    Result<std::string> sha256(const RunContext &context = {}) const;

private:
    Model(ModelConfig config, Weights weights);

    ModelConfig m_config;
    Weights m_weights;
    ModelRope m_rope;
    at::Device m_device{c10::DeviceType::CPU};
    Residency m_residency = Residency::Dense;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::string m_path;
    int64_t m_fileBytes = 0;
    mutable std::string m_sha256;
};

/// Memory forecast of a model of this shape and element type for a context of `tokens`, where it lives: on a GPU all of it is memory of the card.
MemoryForecast forecastMemory(const ModelConfig &config, int64_t tokens, Residency residency,
    const at::Device &device = at::Device(c10::DeviceType::CPU));

} // namespace winnow
