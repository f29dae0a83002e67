#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace winnow {

/// Types of GGUF metadata; the numbers stand in files.
enum class GgufType : uint32_t {
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
};

/// "u32", "string", ...; "type 99" is never made: the reader refuses unknown numbers.
const char *ggufTypeName(GgufType type);

/// Bytes of one value of a fixed-size type; 0 for String and Array.
int64_t ggufTypeBytes(GgufType type);

/// One metadata value: a checked view into the mapped file, never a copy. Of an array, `raw` is its elements.
struct GgufValue {
    GgufType type = GgufType::U8;
    GgufType elementType = GgufType::U8; // Array only
    uint64_t count = 1; // elements of an Array
    std::span<const std::byte> raw; // little endian; a String without its length
};

} // namespace winnow
