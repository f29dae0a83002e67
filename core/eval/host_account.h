#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// What a cache of one KV head moves between device and host when entries leave and come back: an entry is copied to the host
/// when it first leaves, and only read back later (smallkv.md 5). Keys and values are accounted apart.
class HostAccount {
public:
    /// All tokens of the prompt are resident.
    explicit HostAccount(int64_t tokens);

    struct Moved {
        int64_t out = 0, in = 0; // entries
    };
    /// The resident entries from now on, ascending. A position behind the last known token is new: it is made here.
    Moved update(std::span<const int32_t> resident);

    int64_t held() const { return m_held; } // distinct entries ever copied

private:
    std::vector<int32_t> m_resident; // ascending
    std::vector<uint8_t> m_onHost; // by position
    int64_t m_held = 0;
};

} // namespace winnow
