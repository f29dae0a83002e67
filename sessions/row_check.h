#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

struct sqlite3;

namespace winnow {

/// CRC-32 (polynomial 0xEDB88320, as in PNG and zip), continued from `seed`, the value of the bytes
/// before. It finds every single flipped bit and every burst up to 32 bits.
/// @source ISO 3309; PNG specification, annex D.
uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed = 0);

/// Registers the SQL function winnow_crc(value, ...): the CRC-32 over type, length and bytes of its
/// arguments. Rows keep it in their column `crc`; statements compare it where they read.
/// @return an SQLite result code.
int registerRowCheck(sqlite3 *database);

} // namespace winnow
