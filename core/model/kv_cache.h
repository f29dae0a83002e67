#pragma once

#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// Slots of one KV head of one layer: rows 0..count-1 are live, in ascending order of original position.
struct HeadSlots {
    at::Tensor keys; // [capacity, D] in the element type, after RoPE
    at::Tensor values; // [capacity, Dv] in the same
    std::vector<int32_t> positions; // [count]

    int64_t count() const { return static_cast<int64_t>(positions.size()); }
    int64_t capacity() const { return keys.defined() ? keys.size(0) : 0; }
};

/// Keys and values of one layer in the configuration's element type. Starts uniform (all heads in one buffer); becomes ragged when heads keep different slots.
class LayerCache {
public:
    LayerCache() = default;
    LayerCache(const ModelConfig &config, const at::Device &device);
    /// A cache of latent attention in its own form: one head whose keys are [normed latent | rotated shared key part], r + rope
    /// channels, and whose values have none; keys and values of all heads are made of it where they are used (latent_layer.h).
    static LayerCache latents(const ModelConfig &config, const at::Device &device);
    bool isLatent() const { return m_latent; }

    int64_t heads() const { return static_cast<int64_t>(m_heads.size()); }
    const HeadSlots &head(int64_t index) const { return m_heads[static_cast<size_t>(index)]; }
    bool uniform() const { return m_keys.defined(); }
    int64_t maxCount() const;

    /// All heads as one tensor [Hkv, count, D] or [Hkv, count, Dv]; only while uniform.
    at::Tensor keys() const;
    at::Tensor values() const;

    /// Room for `slots` slots per head beyond the live ones, exactly.
    void reserve(int64_t slots);

    /// Type of what is held: what adopt() brought, else the configuration's.
    at::ScalarType scalarType() const;

    /// Appends rows to every head, rounded to its type. k [rows, Hkv, D], v [rows, Hkv, Dv] f32 (any strides), positions [rows]
    /// ascending.
    void append(const at::Tensor &k, const at::Tensor &v, std::span<const int32_t> positions);

    /// Keeps the given slots of one head, ascending; storage is cut to what is kept (plus `spare` slots).
    void keep(int64_t head, std::span<const int32_t> slots, int64_t spare = 0);
    /// Keeps slots[h] of every head h at once. Stays one buffer when all heads keep equally many.
    void keepEach(const std::vector<std::vector<int32_t>> &slots, int64_t spare = 0);
    /// Removes slots of one head (ascending indices) without giving storage back.
    void drop(int64_t head, std::span<const int32_t> slots);
    /// Forgets every slot at or behind an original position.
    void forgetFrom(int32_t position);
    /// Keeps only what queries from `position` on see through a window. Storage is cut to `window` slots and some spare ones,
    /// and only once there are enough to go: the copy costs less than the rows that came since the last one.
    void slideTo(int64_t position, int64_t window);
    /// Takes finished tensors over, [Hkv, N, D] and [Hkv, N, Dv], positions 0..N-1; no copy. Latents become heads that way.
    void adopt(at::Tensor keys, at::Tensor values);

    int64_t allocatedBytes() const; // storage of K and V, each storage once
    int64_t slots() const; // live slots over all heads

private:
    void bindHeads();
    void splitHeads();

    at::Device m_device{c10::DeviceType::CPU};
    bool m_latent = false;
    at::Tensor m_keys, m_values; // [Hkv, capacity, D] and [Hkv, capacity, Dv] while uniform
    std::vector<HeadSlots> m_heads;
};

/// The cache of one sequence: original positions, ragged where a plan left it so. Layers with a window hold about as many slots
/// as the window; the others all. Latent attention holds latents (ModelConfig::ownCacheBytes).
class KvCache {
public:
    explicit KvCache(const ModelConfig &config, const at::Device &device = at::Device(c10::DeviceType::CPU));

    LayerCache &layer(int64_t index) { return m_layers[static_cast<size_t>(index)]; }
    const LayerCache &layer(int64_t index) const { return m_layers[static_cast<size_t>(index)]; }
    int64_t layers() const { return static_cast<int64_t>(m_layers.size()); }

    /// Position the next token gets: one more than the largest ever fed (evictions do not change it).
    int64_t nextPosition() const { return m_nextPosition; }

    /// What has been fed: ids and positions of all rows, also of those whose slots have gone since.
    std::span<const int32_t> ids() const { return m_ids; }
    std::span<const int32_t> positions() const { return m_positions; }
    /// Notes rows that all layers hold now, and lets go what no later row can see.
    void fed(std::span<const int32_t> ids, std::span<const int32_t> positions);

    /// Room for `slots` more slots; layers with a window get no more than they will hold.
    void reserve(int64_t slots);
    int64_t allocatedBytes() const;

private:
    std::vector<LayerCache> m_layers;
    std::vector<int64_t> m_windows; // [L] 0 = none
    std::vector<int32_t> m_ids, m_positions;
    int64_t m_nextPosition = 0;
};

} // namespace winnow
