#include "core/model/tokenizer/vocabulary.h"

#include <bit>
#include <functional>

namespace winnow {

void Vocabulary::reserve(size_t tokens, size_t bytes)
{
    m_entries.reserve(tokens);
    m_bytes.reserve(bytes);
    if (tokens * 2 > m_slots.size())
        grow(std::bit_ceil(tokens * 2));
}

Vocabulary::Added Vocabulary::add(int32_t id, std::string_view text)
{
    if (has(id))
        return Added::SameId;
    if (static_cast<size_t>(id) >= m_entries.size())
        m_entries.resize(static_cast<size_t>(id) + 1);
    m_entries[static_cast<size_t>(id)] = {static_cast<uint32_t>(m_bytes.size()), static_cast<int32_t>(text.size())};
    m_bytes += text;
    if ((m_texts + 1) * 2 > m_slots.size())
        grow(m_slots.size() * 2);
    int32_t &slot = m_slots[slotOf(text)];
    const bool isNew = slot < 0;
    slot = id;
    m_texts += isNew;
    return isNew ? Added::New : Added::SameText;
}

int32_t Vocabulary::find(std::string_view text) const { return m_slots[slotOf(text)]; }

bool Vocabulary::has(int32_t id) const
{
    return id >= 0 && static_cast<size_t>(id) < m_entries.size() && m_entries[static_cast<size_t>(id)].length >= 0;
}

std::string_view Vocabulary::text(int32_t id) const
{
    if (!has(id))
        return {};
    const Entry &entry = m_entries[static_cast<size_t>(id)];
    return std::string_view(m_bytes).substr(entry.offset, static_cast<size_t>(entry.length));
}

size_t Vocabulary::slotOf(std::string_view text) const
{
    const size_t mask = m_slots.size() - 1;
    size_t slot = std::hash<std::string_view>()(text) & mask;
    while (m_slots[slot] >= 0 && this->text(m_slots[slot]) != text)
        slot = (slot + 1) & mask;
    return slot;
}

void Vocabulary::grow(size_t slots)
{
    const std::vector<int32_t> old = std::move(m_slots);
    m_slots.assign(slots, -1);
    for (const int32_t id : old) {
        if (id >= 0)
            m_slots[slotOf(text(id))] = id;
    }
}

} // namespace winnow
