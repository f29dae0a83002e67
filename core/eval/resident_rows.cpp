#include "core/eval/resident_rows.h"

#include <algorithm>
#include <cstring>

namespace winnow {

void ResidentRows::start(const float *rows, int64_t tokens, std::span<const int32_t> resident)
{
    m_resident.assign(resident.begin(), resident.end());
    m_positions = m_resident;
    m_slots.assign(static_cast<size_t>(tokens), -1);
    m_rows = std::vector<float>(m_resident.size() * static_cast<size_t>(m_width));
    for (size_t slot = 0; slot < m_positions.size(); ++slot) {
        const auto position = static_cast<size_t>(m_positions[slot]);
        m_slots[position] = static_cast<int32_t>(slot);
        std::memcpy(slotRow(slot), rows + position * static_cast<size_t>(m_width), static_cast<size_t>(m_width) * sizeof(float));
    }
    for (int32_t position = 0; m_hostCopy == HostCopy::Keep && position < tokens; ++position) {
        if (m_slots[static_cast<size_t>(position)] < 0)
            m_host.emplace(position, std::vector<float>(rows + position * m_width, rows + (position + 1) * m_width));
    }
}

void ResidentRows::reserve(int64_t rows)
{
    m_rows.reserve((m_positions.size() + static_cast<size_t>(rows)) * static_cast<size_t>(m_width));
}

void ResidentRows::update(std::span<const int32_t> resident, const float *newRow)
{
    std::vector<int32_t> entering;
    std::set_difference(resident.begin(), resident.end(), m_resident.begin(), m_resident.end(), std::back_inserter(entering));
    std::vector<int32_t> leaving;
    std::set_difference(m_resident.begin(), m_resident.end(), resident.begin(), resident.end(), std::back_inserter(leaving));
    for (const int32_t position : leaving)
        leave(position);
    for (const int32_t position : entering)
        enter(position, newRow);
    m_resident.assign(resident.begin(), resident.end());
}

void ResidentRows::leave(int32_t position)
{
    const size_t slot = slotOf(position);
    if (m_hostCopy == HostCopy::Keep)
        m_host.try_emplace(position, slotRow(slot), slotRow(slot) + m_width);
    m_slots[static_cast<size_t>(position)] = -1;
    m_positions[slot] = -1;
    m_free.push_back(slot);
}

void ResidentRows::enter(int32_t position, const float *newRow)
{
    const auto copy = m_host.find(position);
    const float *from = copy == m_host.end() ? newRow : copy->second.data();
    if (m_free.empty()) {
        // Unions of query-head sets differ from row to row; the block grows by a sixteenth and is used again.
        if (m_rows.capacity() < (m_positions.size() + 1) * static_cast<size_t>(m_width))
            reserve(std::max<int64_t>(1, slots() / 16));
        m_free.push_back(m_positions.size());
        m_positions.push_back(-1);
        m_rows.resize(m_rows.size() + static_cast<size_t>(m_width));
    }
    const size_t slot = m_free.back();
    m_free.pop_back();
    std::memcpy(slotRow(slot), from, static_cast<size_t>(m_width) * sizeof(float));
    m_positions[slot] = position;
    m_slots.resize(std::max(m_slots.size(), static_cast<size_t>(position) + 1), -1);
    m_slots[static_cast<size_t>(position)] = static_cast<int32_t>(slot);
}

const float *ResidentRows::row(int32_t position) const
{
    if (m_slots[static_cast<size_t>(position)] >= 0)
        return m_rows.data() + slotOf(position) * static_cast<size_t>(m_width);
    const auto copy = m_host.find(position);
    return copy == m_host.end() ? nullptr : copy->second.data();
}

} // namespace winnow
