#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Places of the forward pass that can be observed or replaced.
enum class HookPoint : uint8_t {
    Hidden,
    Query,
    Key,
    Value,
    Latent,
    QueryRope,
    KeyRope,
    LatentKeyRope,
    Probabilities,
    HeadOutput,
    AttentionOutput,
    RouterLogits,
    ExpertIds,
    ExpertWeights,
    ExpertNorms,
    MlpOutput,
    Logits,
};

/// One row of the table of hook points.
struct HookPointInfo {
    HookPoint point;
    std::string_view name; // with "{}" for the layer: "layer.{}.q_rope"
    std::string_view shape; // "[H, T, D]"
    std::string_view meaning;
    bool perLayer;
};

/// All hook points, in the order of the pass.
std::span<const HookPointInfo> hookPoints();

/// "hidden.3", "layer.2.k_rope", "logits".
std::string hookName(HookPoint point, int64_t layer);

/// Where a hook was called.
struct HookSite {
    HookPoint point;
    int64_t layer = 0; // Hidden: 0..L; Logits: L
    int64_t firstRow = 0; // row of the fed tokens the tensor begins at (Probabilities come in blocks of rows)
    int64_t firstHead = 0; // Probabilities: first query head of the group
};

/// Nothing = observe; a tensor of the same shape = go on with that instead.
using HookFunction = std::function<std::optional<at::Tensor>(const at::Tensor &value, const HookSite &site)>;

class Hooks;

/// Takes its hook away when it goes out of scope. Must not outlive the Hooks.
class HookScope {
public:
    HookScope() = default;
    HookScope(Hooks *hooks, int64_t id) : m_hooks(hooks), m_id(id) { }
    HookScope(HookScope &&other) noexcept : m_hooks(other.m_hooks), m_id(other.m_id) { other.m_hooks = nullptr; }
    HookScope &operator=(HookScope &&other) noexcept;
    HookScope(const HookScope &) = delete;
    HookScope &operator=(const HookScope &) = delete;
    ~HookScope() { reset(); }
    void reset();

private:
    Hooks *m_hooks = nullptr;
    int64_t m_id = 0;
};

inline constexpr int64_t kEveryLayer = -1;

/// The hooks of one pass. Not thread-safe; a pass gets it by pointer and must not outlive it.
class Hooks {
public:
    /// Called at `point` of `layer` (kEveryLayer = all), in the order of adding; each sees what the one before left.
    [[nodiscard]] HookScope add(HookPoint point, int64_t layer, HookFunction function);

    bool wants(HookPoint point, int64_t layer) const;
    /// The value the pass goes on with.
    at::Tensor apply(const at::Tensor &value, const HookSite &site) const;

private:
    friend class HookScope;
    struct Entry {
        int64_t id;
        HookPoint point;
        int64_t layer;
        HookFunction function;
    };
    std::vector<Entry> m_entries;
    int64_t m_nextId = 1;
};

} // namespace winnow
