#pragma once

#include "core/base/document.h"
#include "core/base/run_context.h"

#include <functional>
#include <memory>
#include <string>

namespace winnow {

/// A finished piece of a longer answer (one cell of a sweep), sent as it becomes ready.
using PartSink = std::function<void(Document part)>;

struct EngineOptions {
    int threads = 0; // 0 = cores of the machine minus one, at least 1
    int64_t modelBudgetBytes = 0; // weights of all loaded models; 0 = three quarters of physical memory
    int64_t captureBudgetBytes = 0; // 0 = a quarter of physical memory
    std::string modelFolder; // empty = the user's model folder
};

/// Answers requests (docs/protocol.md): the one implementation under `serve` and under every subcommand.
/// Keeps loaded models and captures under a byte budget. Use from one thread; torch stays behind this header.
class Engine {
public:
    explicit Engine(EngineOptions options);
    ~Engine();

    /// @error as the command states; exceptions of libraries end here as Internal or OutOfMemory.
    Result<Document> handle(const Json &request, const RunContext &context, const PartSink &part);

    /// Reply to `hello`: version, machine, method registry. The only call that any thread may make at any time.
    Json hello() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace winnow
