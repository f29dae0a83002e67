#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"
#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace winnow {

struct Capture; // core/eval/capture.h

/// Attention rows of some heads of a small model over tokens that are fed bit by bit: what stands in for rows of a large
/// one. Feeding one token or many gives the same rows (1e-5).
class SmallPass {
public:
    /// @param heads     flat heads ls * Hs + hs, any order, no two alike; their order is that of the rows.
    /// @param earlyExit Stops after the highest layer named, which is exact; else all layers run, as for a text of its own.
    SmallPass(std::shared_ptr<const Model> model, std::vector<int32_t> heads, bool earlyExit);

    /// Goes on behind the context of a capture of the small model: its keys and values are copied, layers that will not run are
    /// left out.
    void startFrom(const Capture &capture);

    /// Feeds tokens. @return [U, count, S] f32: row t of head u over the S slots so far, columns behind row t are zero.
    /// @error BadInput (longer than the context of the model), Cancelled.
    Result<at::Tensor> feed(std::span<const int32_t> ids, const RunContext &context);

    int64_t layersRun() const { return m_layers; }
    int64_t tokens() const { return m_tokens; }
    /// Storage of the keys and values held.
    int64_t cacheBytes() const { return m_cache.allocatedBytes(); }
    /// Of the layers that run and the embedding: what is resident beside the large model.
    int64_t weightBytes() const;

private:
    void keepRows(const at::Tensor &weights, const HookSite &site, at::Tensor &rows) const;

    std::shared_ptr<const Model> m_model;
    std::vector<int32_t> m_heads;
    std::vector<int64_t> m_place; // [Ls * Hs] row of a flat head; -1: not wanted
    int64_t m_layers = 0; // that run
    int64_t m_tokens = 0; // fed
    KvCache m_cache; // holds every token: rows are over all of them, also in layers with a window
};

/// Rows of the small model over a whole continuation, for cells whose plans use them.
class SmallRows {
public:
    /// @param heads those of the rows. @param rows [U, T, N + T], as SmallPass::feed gives them.
    SmallRows(const std::vector<int32_t> &heads, at::Tensor rows);

    /// Row t of a flat head: N + t + 1 weights that sum to 1.
    const float *row(int32_t head, int64_t t) const;
    int64_t columns() const { return m_rows.size(2); }
    int64_t bytes() const { return static_cast<int64_t>(m_rows.nbytes()); }

private:
    std::vector<int64_t> m_place; // by flat head
    at::Tensor m_rows;
};

/// All heads that any of the maps names (-1: none), ascending, each once.
std::vector<int32_t> servingHeads(std::span<const std::vector<int32_t>> serving);

/// Runs a small model over `ids` behind its captured context. @param heads as servingHeads gives them.
/// @error as SmallPass::feed. @cost U * T * (N + T) floats.
Result<std::shared_ptr<const SmallRows>> smallRows(
    const Capture &small, const std::vector<int32_t> &heads, std::span<const int32_t> ids, const RunContext &context);

} // namespace winnow
