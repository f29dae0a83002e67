#pragma once

#include "core/model/element_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace winnow {

/// Whether rows that leave are copied to the host, from where they may come back.
enum class HostCopy { Keep, None };

/// Keys, or values, of one KV head in the cache's element type: rows that are resident in slots of one block, and copies of those that left. A row is copied
/// when it first leaves and never changes, so it is only read back later (smallkv.md 5).
class ResidentRows {
public:
    ResidentRows(int64_t width, ElementType type, HostCopy hostCopy)
        : m_width(width)
        , m_type(type)
        , m_rowBytes(static_cast<size_t>(width * bytesOf(type)))
        , m_hostCopy(hostCopy)
    {
    }

    /// Takes the resident rows out of those of a whole prompt [N, width] of the element type; storage is exactly theirs.
    void start(const void *rows, int64_t tokens, std::span<const int32_t> resident);
    /// Room for so many rows beyond the resident ones.
    void reserve(int64_t rows);

    /// The resident rows from now on, ascending; a position behind all earlier ones is `newRow`, of the element type.
    void update(std::span<const int32_t> resident, const void *newRow);

    int64_t slots() const { return static_cast<int64_t>(m_positions.size()); } // used or free
    /// Slot of a resident position.
    size_t slotOf(int32_t position) const { return static_cast<size_t>(m_slots[static_cast<size_t>(position)]); }
    /// out [slots] = products of all slots with x [width].
    void multiply(const float *x, float *out) const;
    /// A row as f32 wherever it is: itself, or in `scratch`; null when it left without a copy.
    const float *row(int32_t position, std::vector<float> &scratch) const;

    int64_t allocatedBytes() const { return static_cast<int64_t>(m_rows.capacity()); }
    int64_t hostBytes() const { return static_cast<int64_t>(m_host.size() * m_rowBytes); }

private:
    void leave(int32_t position);
    void enter(int32_t position, const void *newRow);
    std::byte *slotRow(size_t slot) { return m_rows.data() + slot * m_rowBytes; }

    int64_t m_width;
    ElementType m_type;
    size_t m_rowBytes;
    HostCopy m_hostCopy;
    std::vector<std::byte> m_rows; // [slots, width]
    std::vector<int32_t> m_positions; // of each slot; -1 = free
    std::vector<int32_t> m_slots; // of each position; -1 = not resident
    std::vector<size_t> m_free;
    std::vector<int32_t> m_resident; // ascending
    std::unordered_map<int32_t, std::vector<std::byte>> m_host;
};

} // namespace winnow
