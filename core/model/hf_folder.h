#pragma once

#include "core/base/json.h"
#include "core/base/run_context.h"
#include "core/model/json_file.h"
#include "core/model/safetensors_file.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A Hugging Face model folder: config.json, optional generation_config.json, and the weights as one .safetensors file or
/// as shards under model.safetensors.index.json. The tensors of all shards are one source, whose path is the folder.
class HfFolder final : public TensorSource {
public:
    /// @param path  The folder, or any file in it. Weights are model.safetensors, else the shards of the index, else the one
    ///              other .safetensors file there is; naming a .safetensors file directly chooses that file.
    /// @error NotFound (no such path, no config.json, no weights); BadModelFile: all differences between index and shards
    ///        at once, or what SafetensorsFile and parseJson report; Unsupported for a folder with pickled weights only.
    /// @cost  Headers are read; weights are mapped and not touched.
    static Result<std::shared_ptr<const HfFolder>> open(const std::filesystem::path &path);

    /// An object.
    const Json &config() const { return m_config; }
    /// An object; empty when there is no generation_config.json.
    const Json &generationConfig() const { return m_generationConfig; }
    /// The weight files, sorted by name.
    const std::vector<std::shared_ptr<const SafetensorsFile>> &shards() const { return m_shards; }

    /// Whether the folder holds a file of that name.
    bool has(std::string_view name) const;
    /// Another JSON file of the folder, such as tokenizer_config.json.
    /// @error as readJsonFile.
    Result<Json> readJson(std::string_view name, const JsonLimits &limits = {}) const;
    /// Another text file of the folder, such as chat_template.jinja.
    /// @error as readSmallFile.
    Result<std::string> readText(std::string_view name, int64_t maxBytes = int64_t{16} << 20) const;

    /// Identity of what the model computes: SHA-256 over config.json and the weight files, sorted by name, each as its name,
    /// a zero byte, its size in decimal, a zero byte, its bytes. Neither the index nor the tokenizer is part of it, and a
    /// copy of the folder has the same. Progress stage "checksum", unit bytes.
    /// @error Io, Cancelled.
    Result<std::string> sha256(const RunContext &context) const;

private:
    explicit HfFolder(std::filesystem::path folder)
        : TensorSource(std::move(folder))
    {
    }
    Result<void> openWeights(const std::filesystem::path &named);
    Result<void> openSingle(const std::filesystem::path &file);
    Result<void> openShards();
    Result<void> readConfigs();

    Json m_config, m_generationConfig = Json::object();
    std::vector<std::shared_ptr<const SafetensorsFile>> m_shards;
};

/// Whether a folder has weights that HfFolder would open by itself: model.safetensors or the index of shards.
bool hasHfWeights(const std::filesystem::path &folder);

} // namespace winnow
