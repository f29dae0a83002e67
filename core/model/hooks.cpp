#include "core/model/hooks.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    constexpr std::array<HookPointInfo, 17> kPoints{{
        {HookPoint::Hidden, "hidden.{}", "[T, E]", "residual stream entering layer i; hidden.L leaves the last layer, before the final norm", true},
        {HookPoint::Query, "layer.{}.q", "[H, T, D]", "queries before RoPE", true},
        {HookPoint::Key, "layer.{}.k", "[Hkv, T, D]", "keys before RoPE", true},
        {HookPoint::Value, "layer.{}.v", "[Hkv, T, Dv]", "values", true},
        {HookPoint::Latent, "layer.{}.latent", "[1, T, r]", "normed latent that keys and values are made of; latent attention only", true},
        {HookPoint::QueryRope, "layer.{}.q_rope", "[H, T, D]", "queries after RoPE, before the scale", true},
        {HookPoint::KeyRope, "layer.{}.k_rope", "[Hkv, T, D]", "keys after RoPE, as the cache holds them", true},
        {HookPoint::LatentKeyRope, "layer.{}.kpe", "[1, T, Dr]", "rotated key part that all heads share, after RoPE; latent attention only", true},
        {HookPoint::Probabilities, "layer.{}.probs", "[G, rows, S]", "attention weights of one KV head's query heads, in blocks of rows", true},
        {HookPoint::HeadOutput, "layer.{}.heads", "[H, T, Dv]", "weighted values of each head, before the output projection", true},
        {HookPoint::AttentionOutput, "layer.{}.attn_out", "[T, E]", "output projection of attention, before a post norm and before the residual is added", true},
        {HookPoint::RouterLogits, "layer.{}.router_logits", "[T, N]", "router logits before softmax or sigmoid; MoE layers only", true},
        {HookPoint::ExpertIds, "layer.{}.topk_ids", "[T, k]", "chosen experts (i32), ascending ids; MoE layers only", true},
        {HookPoint::ExpertWeights, "layer.{}.topk_weights", "[T, k]", "combine weights in the order of topk_ids, all factors applied; MoE layers only", true},
        {HookPoint::ExpertNorms, "layer.{}.expert_norms", "[T, k]", "Euclidean norm of each chosen expert's output before its weight, in the order of topk_ids; MoE layers only; observed, not replaced", true},
        {HookPoint::MlpOutput, "layer.{}.mlp_out", "[T, E]", "feed-forward output or that of the experts, before a post norm and before the residual is added", true},
        {HookPoint::Logits, "logits", "[rows, V]", "logits of the asked rows", false},
    }};

} // namespace

std::span<const HookPointInfo> hookPoints() { return kPoints; }

std::string hookName(HookPoint point, int64_t layer)
{
    const auto info = std::find_if(kPoints.begin(), kPoints.end(), [&](const HookPointInfo &i) { return i.point == point; });
    std::string name(info->name);
    if (const size_t at = name.find("{}"); at != std::string::npos)
        name.replace(at, 2, std::to_string(layer));
    return name;
}

HookScope &HookScope::operator=(HookScope &&other) noexcept
{
    if (this != &other) {
        reset();
        m_hooks = other.m_hooks;
        m_id = other.m_id;
        other.m_hooks = nullptr;
    }
    return *this;
}

void HookScope::reset()
{
    if (m_hooks)
        std::erase_if(m_hooks->m_entries, [this](const Hooks::Entry &entry) { return entry.id == m_id; });
    m_hooks = nullptr;
}

HookScope Hooks::add(HookPoint point, int64_t layer, HookFunction function)
{
    m_entries.push_back(Entry{m_nextId, point, layer, std::move(function)});
    return HookScope(this, m_nextId++);
}

bool Hooks::wants(HookPoint point, int64_t layer) const
{
    return std::any_of(m_entries.begin(), m_entries.end(), [&](const Entry &entry) {
        return entry.point == point && (entry.layer == layer || entry.layer == kEveryLayer);
    });
}

at::Tensor Hooks::apply(const at::Tensor &value, const HookSite &site) const
{
    at::Tensor current = value;
    for (const Entry &entry : m_entries) {
        if (entry.point != site.point || (entry.layer != site.layer && entry.layer != kEveryLayer))
            continue;
        if (std::optional<at::Tensor> replaced = entry.function(current, site))
            current = *replaced;
    }
    return current;
}

} // namespace winnow
