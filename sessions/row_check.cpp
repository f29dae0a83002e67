#include "sessions/row_check.h"

#include <sqlite3.h>

#include <array>
#include <cstring>

namespace winnow {
namespace {

    constexpr std::array<uint32_t, 256> makeTable()
    {
        std::array<uint32_t, 256> table {};
        for (uint32_t n = 0; n < 256; ++n) {
            uint32_t c = n;
            for (int bit = 0; bit < 8; ++bit)
                c = (c & 1u) ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
    constexpr std::array<uint32_t, 256> kTable = makeTable();

    uint32_t addRaw(const void *data, size_t size, uint32_t crc)
    {
        return crc32({ static_cast<const std::byte *>(data), size }, crc);
    }

    // Type and length go in as well: ('ab', 'c') and ('a', 'bc') must differ.
    uint32_t addValue(sqlite3_value *value, uint32_t crc)
    {
        const int type = sqlite3_value_type(value);
        const auto tag = static_cast<uint8_t>(type);
        crc = addRaw(&tag, 1, crc);
        if (type == SQLITE_INTEGER) {
            const int64_t number = sqlite3_value_int64(value);
            return addRaw(&number, sizeof number, crc);
        }
        if (type == SQLITE_FLOAT) {
            const double number = sqlite3_value_double(value);
            return addRaw(&number, sizeof number, crc);
        }
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
            const void *data
                = type == SQLITE_TEXT ? sqlite3_value_text(value) : sqlite3_value_blob(value);
            const int64_t size = sqlite3_value_bytes(value);
            crc = addRaw(&size, sizeof size, crc);
            return data ? addRaw(data, static_cast<size_t>(size), crc) : crc;
        }
        return crc;
    }

    void rowCheck(sqlite3_context *context, int count, sqlite3_value **values)
    {
        uint32_t crc = 0;
        for (int i = 0; i < count; ++i)
            crc = addValue(values[i], crc);
        sqlite3_result_int64(context, crc);
    }

} // namespace

uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed)
{
    uint32_t c = ~seed;
    for (const std::byte byte : bytes)
        c = kTable[(c ^ static_cast<uint32_t>(byte)) & 0xFFu] ^ (c >> 8);
    return ~c;
}

int registerRowCheck(sqlite3 *database)
{
    return sqlite3_create_function_v2(database, "winnow_crc", -1,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr, rowCheck, nullptr, nullptr,
        nullptr);
}

} // namespace winnow
