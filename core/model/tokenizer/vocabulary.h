#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Token texts by id and ids by text. Ids may have gaps. Two words of memory a token beside its bytes.
class Vocabulary {
public:
    /// Above any published vocabulary; bounds what a damaged file can make us allocate.
    static constexpr int64_t kLargestId = (int64_t{1} << 22) - 1;

    enum class Added { New, SameText, SameId };

    void reserve(size_t tokens, size_t bytes);
    /// Adds a token with 0 <= id <= kLargestId. Of equal texts the last id is found; a text is never changed: SameId
    /// adds nothing.
    Added add(int32_t id, std::string_view text);
    /// -1 when there is no such token.
    int32_t find(std::string_view text) const;
    bool has(int32_t id) const;
    /// Empty for an id that has() denies.
    std::string_view text(int32_t id) const;
    /// One above the largest id.
    int32_t end() const { return static_cast<int32_t>(m_entries.size()); }
    /// How many texts there are, equal ones counted once.
    size_t texts() const { return m_texts; }

private:
    struct Entry {
        uint32_t offset = 0;
        int32_t length = -1; // -1: a gap
    };
    size_t slotOf(std::string_view text) const;
    void grow(size_t slots);

    std::string m_bytes; // of all texts
    std::vector<Entry> m_entries; // by id
    std::vector<int32_t> m_slots = std::vector<int32_t>(16, -1); // open addressing, at most half full
    size_t m_texts = 0;
};

} // namespace winnow
