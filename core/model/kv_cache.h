#pragma once

#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// Slots of one KV head of one layer: rows 0..count-1 are live, in ascending order of original position.
struct HeadSlots {
    at::Tensor keys; // [capacity, D] f32, after RoPE
    at::Tensor values; // [capacity, D] f32
    std::vector<int32_t> positions; // [count]

    int64_t count() const { return static_cast<int64_t>(positions.size()); }
    int64_t capacity() const { return keys.defined() ? keys.size(0) : 0; }
};

/// Keys and values of one layer. Starts uniform (all heads in one buffer); becomes ragged when heads keep different slots.
class LayerCache {
public:
    LayerCache() = default;
    LayerCache(int64_t kvHeads, int64_t headDim, const at::Device &device);

    int64_t heads() const { return static_cast<int64_t>(m_heads.size()); }
    const HeadSlots &head(int64_t index) const { return m_heads[static_cast<size_t>(index)]; }
    bool uniform() const { return m_keys.defined(); }
    int64_t maxCount() const;

    /// All heads as one tensor [Hkv, count, D]; only while uniform.
    at::Tensor keys() const;
    at::Tensor values() const;

    /// Room for `slots` slots per head beyond the live ones, exactly.
    void reserve(int64_t slots);

    /// Appends rows to every head. k, v [rows, Hkv, D] f32 (any strides), positions [rows] ascending.
    void append(const at::Tensor &k, const at::Tensor &v, std::span<const int32_t> positions);

    /// Keeps the given slots of one head, ascending; storage is cut to what is kept (plus `spare` slots).
    void keep(int64_t head, std::span<const int32_t> slots, int64_t spare = 0);
    /// Keeps slots[h] of every head h at once. Stays one buffer when all heads keep equally many.
    void keepEach(const std::vector<std::vector<int32_t>> &slots, int64_t spare = 0);
    /// Removes slots of one head (ascending indices) without giving storage back.
    void drop(int64_t head, std::span<const int32_t> slots);
    /// Forgets every slot at or behind an original position.
    void forgetFrom(int32_t position);
    /// Takes finished tensors over, [Hkv, N, D] each, positions 0..N-1; no copy.
    void adopt(at::Tensor keys, at::Tensor values);

    int64_t allocatedBytes() const; // storage of K and V, each storage once
    int64_t slots() const; // live slots over all heads

private:
    void bindHeads();
    void splitHeads();

    int64_t m_headDim = 0;
    at::Device m_device{c10::DeviceType::CPU};
    at::Tensor m_keys, m_values; // [Hkv, capacity, D] while uniform
    std::vector<HeadSlots> m_heads;
};

/// The cache of one sequence: original positions, ragged where a plan left it so.
class KvCache {
public:
    explicit KvCache(const ModelConfig &config, const at::Device &device = at::Device(c10::DeviceType::CPU));

    LayerCache &layer(int64_t index) { return m_layers[static_cast<size_t>(index)]; }
    const LayerCache &layer(int64_t index) const { return m_layers[static_cast<size_t>(index)]; }
    int64_t layers() const { return static_cast<int64_t>(m_layers.size()); }

    /// Position the next token gets: one more than the largest ever fed (evictions do not change it).
    int64_t nextPosition() const { return m_nextPosition; }
    void setNextPosition(int64_t position) { m_nextPosition = position; }

    void reserve(int64_t slots);
    int64_t allocatedBytes() const;

private:
    std::vector<LayerCache> m_layers;
    int64_t m_nextPosition = 0;
};

} // namespace winnow
