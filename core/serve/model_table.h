#pragma once

#include "core/base/json.h"
#include "core/model/model.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace winnow {

/// The fields of a request that say which model, where and how.
struct ModelRequest {
    std::string name; // as it stands in the request: path or catalogue name
    std::string path; // of the file
    std::string device = "auto", dtype = "auto", weights = "auto";
    int threads = 0;
};

/// Reads `model`, `device`, `dtype`, `weights`, `threads` of a request.
/// @error BadInput without a model; NotFound for a missing file or a catalogue name that is not on disk (with the command
///        that gets it) or unknown (with the known names).
Result<ModelRequest> modelRequest(const Json &request, const std::string &modelFolder, int defaultThreads);

/// Reads `smallModel`, the second model of a pair, which runs where and how the first one does; nothing when the request names
/// none.
Result<std::optional<ModelRequest>> smallModelRequest(const Json &request, const std::string &modelFolder, int defaultThreads);

/// Models that were opened, most recent first, under one byte budget. A file that has changed is opened again.
class ModelTable {
public:
    explicit ModelTable(int64_t budgetBytes)
        : m_budgetBytes(budgetBytes)
    {
    }

    /// Called with a model that is about to be released, so that who holds it for later (captures) lets go.
    void beforeRelease(std::function<void(const Model &)> callback) { m_beforeRelease = std::move(callback); }

    /// The loaded model, or loads it. Models that nobody uses make room first, the least recently used one first.
    /// @error OutOfMemory with what the model needs, the budget and what models in use hold; as Model::open.
    Result<std::shared_ptr<const Model>> open(const ModelRequest &request, const RunContext &context);
    /// Of the loaded model, or read from the file alone.
    Result<std::shared_ptr<const Tokenizer>> tokenizer(const ModelRequest &request);
    /// Identity of the model (modelSha256), computed once per file.
    Result<std::string> sha256(const ModelRequest &request, const RunContext &context);
    /// Of the weights of all loaded models.
    int64_t bytes() const;
    int64_t budgetBytes() const { return m_budgetBytes; }

private:
    struct Entry {
        std::string file; // path, sizes, times of change
        std::string placement; // device, dtype, weights
        std::shared_ptr<const Model> model; // null while only the tokenizer was asked for
        std::shared_ptr<const Tokenizer> tokenizer;
        std::string sha256;
    };

    Result<Entry *> entry(const ModelRequest &request, const std::string &placement);
    Result<void> makeRoom(const std::string &name, int64_t needed, const at::Device &device);
    tl::unexpected<Error> overBudget(const std::string &name, int64_t needed) const;

    int64_t m_budgetBytes;
    std::function<void(const Model &)> m_beforeRelease;
    std::list<Entry> m_entries; // most recently used first
};

} // namespace winnow
