#include "core/eval/expert_trace.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <optional>

namespace winnow {

ExpertTrace::ExpertTrace(const ModelConfig &config)
    : m_experts(config.moe.experts)
    , m_rows(static_cast<size_t>(config.layers), 0)
    , m_pairs(static_cast<size_t>(config.layers), 0)
{
    m_counts.assign(static_cast<size_t>(config.layers * m_experts), 0);
    m_mass.assign(static_cast<size_t>(config.layers * m_experts), 0.0);
    for (int64_t l = 0; l < config.layers && m_experts > 0; ++l) {
        if (config.layer(l).experts)
            m_layers.push_back(l);
    }
}

void ExpertTrace::watch(Hooks &hooks)
{
    for (const int64_t layer : m_layers) {
        m_scopes.push_back(hooks.add(HookPoint::ExpertIds, layer, [this](const at::Tensor &ids, const HookSite &site) -> std::optional<at::Tensor> {
            count(ids, site.layer);
            return std::nullopt;
        }));
        m_scopes.push_back(hooks.add(HookPoint::ExpertWeights, layer, [this](const at::Tensor &weights, const HookSite &site) -> std::optional<at::Tensor> {
            weigh(weights, site.layer);
            return std::nullopt;
        }));
    }
}

void ExpertTrace::count(const at::Tensor &ids, int64_t layer)
{
    m_ids = ids.cpu().contiguous();
    m_rows[static_cast<size_t>(layer)] += m_ids.size(0);
    m_pairs[static_cast<size_t>(layer)] += m_ids.numel();
    const int32_t *id = m_ids.const_data_ptr<int32_t>();
    for (int64_t i = 0; i < m_ids.numel(); ++i)
        ++m_counts[static_cast<size_t>(layer * m_experts + id[i])];
}

void ExpertTrace::weigh(const at::Tensor &weights, int64_t layer)
{
    const at::Tensor values = weights.cpu().contiguous();
    const int32_t *id = m_ids.const_data_ptr<int32_t>();
    const float *weight = values.const_data_ptr<float>();
    for (int64_t i = 0; i < std::min(values.numel(), m_ids.numel()); ++i)
        m_mass[static_cast<size_t>(layer * m_experts + id[i])] += static_cast<double>(weight[i]);
}

ExpertUsage ExpertTrace::usage() const
{
    ExpertUsage usage;
    usage.layers = static_cast<int64_t>(m_rows.size());
    usage.experts = m_experts;
    usage.tokens = m_rows.empty() ? 0 : *std::max_element(m_rows.begin(), m_rows.end());
    usage.counts = m_counts;
    usage.mass.assign(m_mass.begin(), m_mass.end());
    for (size_t l = 0; l < m_rows.size(); ++l)
        usage.active.push_back(m_rows[l] > 0 ? static_cast<float>(m_pairs[l]) / static_cast<float>(m_rows[l]) : 0.0F);
    return usage;
}

} // namespace winnow
