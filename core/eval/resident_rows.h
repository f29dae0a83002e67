#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace winnow {

/// Whether rows that leave are copied to the host, from where they may come back.
enum class HostCopy { Keep, None };

/// Keys, or values, of one KV head: rows that are resident in slots of one block, and copies of those that left. A row is copied
/// when it first leaves and never changes, so it is only read back later (smallkv.md 5).
class ResidentRows {
public:
    ResidentRows(int64_t width, HostCopy hostCopy)
        : m_width(width)
        , m_hostCopy(hostCopy)
    {
    }

    /// Takes the resident rows out of those of a whole prompt [N, width]; storage is exactly theirs.
    void start(const float *rows, int64_t tokens, std::span<const int32_t> resident);
    /// Room for so many rows beyond the resident ones.
    void reserve(int64_t rows);

    /// The resident rows from now on, ascending; a position behind all earlier ones is `newRow`.
    void update(std::span<const int32_t> resident, const float *newRow);

    int64_t slots() const { return static_cast<int64_t>(m_positions.size()); } // used or free
    const float *data() const { return m_rows.data(); } // [slots, width]
    /// Slot of a resident position.
    size_t slotOf(int32_t position) const { return static_cast<size_t>(m_slots[static_cast<size_t>(position)]); }
    /// A row wherever it is; null when it left without a copy.
    const float *row(int32_t position) const;

    int64_t allocatedBytes() const { return static_cast<int64_t>(m_rows.capacity() * sizeof(float)); }
    int64_t hostBytes() const { return static_cast<int64_t>(m_host.size()) * m_width * static_cast<int64_t>(sizeof(float)); }

private:
    void leave(int32_t position);
    void enter(int32_t position, const float *newRow);
    float *slotRow(size_t slot) { return m_rows.data() + slot * static_cast<size_t>(m_width); }

    int64_t m_width;
    HostCopy m_hostCopy;
    std::vector<float> m_rows;
    std::vector<int32_t> m_positions; // of each slot; -1 = free
    std::vector<int32_t> m_slots; // of each position; -1 = not resident
    std::vector<size_t> m_free;
    std::vector<int32_t> m_resident; // ascending
    std::unordered_map<int32_t, std::vector<float>> m_host;
};

} // namespace winnow
