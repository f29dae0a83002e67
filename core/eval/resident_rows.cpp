#include "core/eval/resident_rows.h"

#include "core/model/cpu_kernels.h"
#include "core/model/quant_kernels.h"

#include <algorithm>
#include <cstring>

namespace winnow {
namespace {

    TensorType storedType(ElementType type) { return type == ElementType::Bf16 ? TensorType::BF16 : TensorType::F16; }

} // namespace

void ResidentRows::start(const void *given, int64_t tokens, std::span<const int32_t> resident)
{
    const auto *rows = static_cast<const std::byte *>(given);
    m_resident.assign(resident.begin(), resident.end());
    m_positions = m_resident;
    m_slots.assign(static_cast<size_t>(tokens), -1);
    m_rows = std::vector<std::byte>(m_resident.size() * m_rowBytes);
    for (size_t slot = 0; slot < m_positions.size(); ++slot) {
        const auto position = static_cast<size_t>(m_positions[slot]);
        m_slots[position] = static_cast<int32_t>(slot);
        std::memcpy(slotRow(slot), rows + position * m_rowBytes, m_rowBytes);
    }
    for (int32_t position = 0; m_hostCopy == HostCopy::Keep && position < tokens; ++position) {
        const std::byte *row = rows + static_cast<size_t>(position) * m_rowBytes;
        if (m_slots[static_cast<size_t>(position)] < 0)
            m_host.emplace(position, std::vector<std::byte>(row, row + m_rowBytes));
    }
}

void ResidentRows::reserve(int64_t rows)
{
    m_rows.reserve((m_positions.size() + static_cast<size_t>(rows)) * m_rowBytes);
}

void ResidentRows::update(std::span<const int32_t> resident, const void *newRow)
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
        m_host.try_emplace(position, slotRow(slot), slotRow(slot) + m_rowBytes);
    m_slots[static_cast<size_t>(position)] = -1;
    m_positions[slot] = -1;
    m_free.push_back(slot);
}

void ResidentRows::enter(int32_t position, const void *newRow)
{
    const auto copy = m_host.find(position);
    const void *from = copy == m_host.end() ? newRow : copy->second.data();
    if (m_free.empty()) {
        // Unions of query-head sets differ from row to row; the block grows by a sixteenth and is used again.
        if (m_rows.capacity() < (m_positions.size() + 1) * m_rowBytes)
            reserve(std::max<int64_t>(1, slots() / 16));
        m_free.push_back(m_positions.size());
        m_positions.push_back(-1);
        m_rows.resize(m_rows.size() + m_rowBytes);
    }
    const size_t slot = m_free.back();
    m_free.pop_back();
    std::memcpy(slotRow(slot), from, m_rowBytes);
    m_positions[slot] = position;
    m_slots.resize(std::max(m_slots.size(), static_cast<size_t>(position) + 1), -1);
    m_slots[static_cast<size_t>(position)] = static_cast<int32_t>(slot);
}

void ResidentRows::multiply(const float *x, float *out) const
{
    if (m_type == ElementType::F32)
        cpu::matrixVector(reinterpret_cast<const float *>(m_rows.data()), x, out, slots(), m_width);
    else
        quant::dotRows(storedType(m_type), m_rows.data(), slots(), m_width, x, nullptr, out);
}

const float *ResidentRows::row(int32_t position, std::vector<float> &scratch) const
{
    const std::byte *stored = nullptr;
    if (m_slots[static_cast<size_t>(position)] >= 0)
        stored = m_rows.data() + slotOf(position) * m_rowBytes;
    else if (const auto copy = m_host.find(position); copy != m_host.end())
        stored = copy->second.data();
    if (!stored || m_type == ElementType::F32)
        return reinterpret_cast<const float *>(stored);
    scratch.resize(static_cast<size_t>(m_width));
    quant::unpackRows(storedType(m_type), stored, 1, m_width, scratch.data());
    return scratch.data();
}

} // namespace winnow
