#include "core/model/kv_cache.h"

#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>

namespace winnow {
namespace {

    /// Slots a sliding layer holds beyond its window before it is cut back.
    int64_t spareSlots(int64_t window) { return std::max<int64_t>(16, window / 8); }

    at::Tensor indexTensor(std::span<const int32_t> slots, const at::Device &device)
    {
        at::Tensor index = at::empty({static_cast<int64_t>(slots.size())}, at::kLong);
        std::copy(slots.begin(), slots.end(), index.data_ptr<int64_t>());
        return index.to(device);
    }

    std::vector<int32_t> gathered(const std::vector<int32_t> &values, std::span<const int32_t> slots)
    {
        std::vector<int32_t> result;
        result.reserve(slots.size());
        for (const int32_t slot : slots)
            result.push_back(values[static_cast<size_t>(slot)]);
        return result;
    }

    /// rows[slots] in fresh storage with room for `spare` more rows. Works along the last but one dimension.
    at::Tensor compacted(const at::Tensor &rows, const at::Tensor &index, int64_t spare)
    {
        std::vector<int64_t> shape = rows.sizes().vec();
        const int64_t axis = rows.dim() - 2;
        shape[static_cast<size_t>(axis)] = index.numel() + spare;
        at::Tensor result = at::empty(shape, rows.options());
        at::Tensor live = result.narrow(axis, 0, index.numel());
        at::index_select_out(live, rows, axis, index);
        return result;
    }

    /// rows[target..] = rows[begin..end), overlapping, of a contiguous [capacity, D].
    void moveRows(const at::Tensor &rows, int64_t begin, int64_t end, int64_t target)
    {
        if (begin >= end)
            return;
        if (!rows.is_cpu()) {
            rows.narrow(0, target, end - begin).copy_(rows.narrow(0, begin, end - begin).clone());
            return;
        }
        auto *base = static_cast<std::byte *>(rows.mutable_data_ptr());
        const int64_t width = rows.size(1) * static_cast<int64_t>(rows.element_size());
        std::memmove(base + target * width, base + begin * width, static_cast<size_t>((end - begin) * width));
    }

} // namespace

LayerCache::LayerCache(const ModelConfig &config, const at::Device &device)
    : m_device(device)
    , m_keys(at::empty({config.kvHeads, 0, config.headDim}, at::TensorOptions(winnow::scalarType(config.elementType)).device(device)))
    , m_values(at::empty({config.kvHeads, 0, config.valueWidth()}, m_keys.options()))
    , m_heads(static_cast<size_t>(config.kvHeads))
{
    bindHeads();
}

LayerCache LayerCache::latents(const ModelConfig &config, const at::Device &device)
{
    LayerCache cache;
    cache.m_device = device;
    cache.m_latent = true;
    cache.m_keys = at::empty({1, 0, config.mla.latent + config.mla.rope},
        at::TensorOptions(winnow::scalarType(config.elementType)).device(device));
    cache.m_values = at::empty({1, 0, 0}, cache.m_keys.options());
    cache.m_heads.resize(1);
    cache.bindHeads();
    return cache;
}

void LayerCache::bindHeads()
{
    for (int64_t h = 0; h < heads(); ++h) {
        m_heads[static_cast<size_t>(h)].keys = m_keys[h];
        m_heads[static_cast<size_t>(h)].values = m_values[h];
    }
}

/// Each head gets storage of its own; afterwards counts may differ.
void LayerCache::splitHeads()
{
    if (!uniform())
        return;
    for (HeadSlots &slots : m_heads) {
        slots.keys = slots.keys.clone();
        slots.values = slots.values.clone();
    }
    m_keys.reset();
    m_values.reset();
}

int64_t LayerCache::maxCount() const
{
    int64_t result = 0;
    for (const HeadSlots &slots : m_heads)
        result = std::max(result, slots.count());
    return result;
}

at::ScalarType LayerCache::scalarType() const { return m_heads.front().keys.scalar_type(); }

at::Tensor LayerCache::keys() const { return m_keys.narrow(1, 0, m_heads.front().count()); }
at::Tensor LayerCache::values() const { return m_values.narrow(1, 0, m_heads.front().count()); }

void LayerCache::reserve(int64_t slots)
{
    const auto grown = [&](const at::Tensor &old, int64_t count, int64_t capacity) {
        std::vector<int64_t> shape = old.sizes().vec();
        const int64_t axis = old.dim() - 2;
        shape[static_cast<size_t>(axis)] = capacity;
        at::Tensor result = at::empty(shape, old.options());
        result.narrow(axis, 0, count).copy_(old.narrow(axis, 0, count));
        return result;
    };
    if (uniform()) {
        const int64_t count = m_heads.front().count();
        if (count + slots <= m_keys.size(1))
            return;
        m_keys = grown(m_keys, count, count + slots);
        m_values = grown(m_values, count, count + slots);
        bindHeads();
        return;
    }
    for (HeadSlots &head : m_heads) {
        if (head.count() + slots <= head.capacity())
            continue;
        const int64_t capacity = head.count() + slots;
        head.keys = grown(head.keys, head.count(), capacity);
        head.values = grown(head.values, head.count(), capacity);
    }
}

void LayerCache::append(const at::Tensor &k, const at::Tensor &v, std::span<const int32_t> positions)
{
    const auto rows = static_cast<int64_t>(positions.size());
    const ElementType type = elementTypeOf(scalarType());
    const at::Tensor keys = asElements(k, type), values = asElements(v, type);
    const auto full = [rows](const HeadSlots &head) { return head.count() + rows > head.capacity(); };
    if (std::any_of(m_heads.begin(), m_heads.end(), full))
        reserve(std::max(rows, std::min<int64_t>(maxCount() / 2, 1024)));
    if (uniform()) {
        const int64_t count = m_heads.front().count();
        m_keys.narrow(1, count, rows).copy_(keys.transpose(0, 1));
        m_values.narrow(1, count, rows).copy_(values.transpose(0, 1));
    } else {
        for (int64_t h = 0; h < heads(); ++h) {
            HeadSlots &slots = m_heads[static_cast<size_t>(h)];
            slots.keys.narrow(0, slots.count(), rows).copy_(keys.select(1, h));
            slots.values.narrow(0, slots.count(), rows).copy_(values.select(1, h));
        }
    }
    for (HeadSlots &slots : m_heads)
        slots.positions.insert(slots.positions.end(), positions.begin(), positions.end());
}

void LayerCache::keep(int64_t head, std::span<const int32_t> slots, int64_t spare)
{
    splitHeads();
    HeadSlots &cached = m_heads[static_cast<size_t>(head)];
    const at::Tensor index = indexTensor(slots, m_device);
    cached.keys = compacted(cached.keys, index, spare);
    cached.values = compacted(cached.values, index, spare);
    cached.positions = gathered(cached.positions, slots);
}

void LayerCache::keepEach(const std::vector<std::vector<int32_t>> &slots, int64_t spare)
{
    const auto kept = static_cast<int64_t>(slots.front().size());
    const bool equal = std::all_of(slots.begin(), slots.end(),
        [kept](const std::vector<int32_t> &s) { return static_cast<int64_t>(s.size()) == kept; });
    at::Tensor keys, values;
    if (equal) {
        const HeadSlots &first = m_heads.front();
        keys = at::empty({heads(), kept + spare, first.keys.size(1)}, first.keys.options());
        values = at::empty({heads(), kept + spare, first.values.size(1)}, first.values.options());
    }
    for (int64_t h = 0; h < heads(); ++h) {
        HeadSlots &head = m_heads[static_cast<size_t>(h)];
        const std::vector<int32_t> &chosen = slots[static_cast<size_t>(h)];
        const at::Tensor index = indexTensor(chosen, m_device);
        if (equal) {
            at::Tensor keyRows = keys[h].narrow(0, 0, kept), valueRows = values[h].narrow(0, 0, kept);
            at::index_select_out(keyRows, head.keys, 0, index);
            at::index_select_out(valueRows, head.values, 0, index);
        } else {
            head.keys = compacted(head.keys, index, spare);
            head.values = compacted(head.values, index, spare);
        }
        head.positions = gathered(head.positions, chosen);
    }
    m_keys = keys;
    m_values = values;
    if (equal)
        bindHeads();
}

void LayerCache::drop(int64_t head, std::span<const int32_t> slots)
{
    if (slots.empty())
        return;
    splitHeads();
    HeadSlots &cached = m_heads[static_cast<size_t>(head)];
    // Rows behind the first gap move up in place, in runs between gaps.
    int64_t target = slots.front();
    for (size_t i = 0; i < slots.size(); ++i) {
        const int64_t begin = slots[i] + 1;
        const int64_t end = i + 1 < slots.size() ? slots[i + 1] : cached.count();
        moveRows(cached.keys, begin, end, target);
        moveRows(cached.values, begin, end, target);
        std::copy(cached.positions.begin() + begin, cached.positions.begin() + end, cached.positions.begin() + target);
        target += end - begin;
    }
    cached.positions.resize(static_cast<size_t>(target));
}

void LayerCache::forgetFrom(int32_t position)
{
    for (HeadSlots &head : m_heads)
        head.positions.erase(
            std::lower_bound(head.positions.begin(), head.positions.end(), position), head.positions.end());
}

void LayerCache::slideTo(int64_t position, int64_t window)
{
    const int64_t spare = spareSlots(window);
    if (maxCount() < window + spare)
        return;
    std::vector<std::vector<int32_t>> slots(m_heads.size());
    for (size_t h = 0; h < m_heads.size(); ++h) {
        const std::vector<int32_t> &held = m_heads[h].positions;
        const auto begin = std::lower_bound(held.begin(), held.end(), position - window + 1);
        slots[h].resize(static_cast<size_t>(held.end() - begin));
        std::iota(slots[h].begin(), slots[h].end(), static_cast<int32_t>(begin - held.begin()));
    }
    keepEach(slots, spare + 1);
}

void LayerCache::adopt(at::Tensor keys, at::Tensor values)
{
    m_latent = false;
    m_keys = std::move(keys);
    m_values = std::move(values);
    m_heads.assign(static_cast<size_t>(m_keys.size(0)), HeadSlots{});
    bindHeads();
    for (HeadSlots &head : m_heads) {
        head.positions.resize(static_cast<size_t>(m_keys.size(1)));
        for (size_t i = 0; i < head.positions.size(); ++i)
            head.positions[i] = static_cast<int32_t>(i);
    }
}

int64_t LayerCache::allocatedBytes() const
{
    std::set<const void *> seen;
    int64_t bytes = 0;
    const auto count = [&](const at::Tensor &tensor) {
        if (tensor.defined() && seen.insert(tensor.storage().data()).second)
            bytes += static_cast<int64_t>(tensor.storage().nbytes());
    };
    for (const HeadSlots &head : m_heads) {
        count(head.keys);
        count(head.values);
    }
    return bytes;
}

int64_t LayerCache::slots() const
{
    int64_t result = 0;
    for (const HeadSlots &head : m_heads)
        result += head.count();
    return result;
}

KvCache::KvCache(const ModelConfig &config, const at::Device &device)
{
    for (int64_t l = 0; l < config.layers; ++l) {
        m_layers.push_back(config.mla.latent > 0 ? LayerCache::latents(config, device) : LayerCache(config, device));
        m_windows.push_back(config.layer(l).window);
    }
}

void KvCache::fed(std::span<const int32_t> ids, std::span<const int32_t> positions)
{
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    m_positions.insert(m_positions.end(), positions.begin(), positions.end());
    m_nextPosition = positions.back() + 1;
    for (size_t l = 0; l < m_layers.size(); ++l) {
        if (m_windows[l] > 0)
            m_layers[l].slideTo(m_nextPosition, m_windows[l]);
    }
}

void KvCache::reserve(int64_t slots)
{
    for (size_t l = 0; l < m_layers.size(); ++l) {
        const int64_t window = m_windows[l];
        const int64_t most = window > 0 ? window + spareSlots(window) - m_layers[l].maxCount() : slots;
        m_layers[l].reserve(std::clamp<int64_t>(slots, 0, std::max<int64_t>(0, most)));
    }
}

int64_t KvCache::allocatedBytes() const
{
    int64_t bytes = 0;
    for (const LayerCache &layer : m_layers)
        bytes += layer.allocatedBytes();
    return bytes;
}

} // namespace winnow
