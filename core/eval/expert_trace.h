#pragma once

#include "core/base/report.h"
#include "core/model/config.h"
#include "core/model/hooks.h"

#include <vector>

namespace winnow {

/// Counts which experts the rows of a pass are sent to, through hooks on the MoE layers. Must outlive the pass.
class ExpertTrace {
public:
    explicit ExpertTrace(const ModelConfig &config);

    /// Adds the hooks; they are taken away when the trace goes.
    void watch(Hooks &hooks);

    /// What has been seen (moe-efficiency.md 2). `tokens` = rows of one layer.
    ExpertUsage usage() const;

private:
    void count(const at::Tensor &ids, int64_t layer);
    void weigh(const at::Tensor &weights, int64_t layer);

    int64_t m_experts;
    std::vector<HookScope> m_scopes;
    std::vector<int64_t> m_layers; // MoE layers
    at::Tensor m_ids; // [T, k] of the layer that runs
    std::vector<int32_t> m_counts; // [L, N]
    std::vector<double> m_mass; // [L, N]
    std::vector<int64_t> m_rows, m_pairs; // [L]
};

} // namespace winnow
