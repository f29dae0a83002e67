#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Element types of arrays that travel beside JSON. Bits is a packed mask: bit i of the flattened array is bit i % 8 of
/// byte i / 8 (little bit order), the last byte padded with zeros.
enum class ArrayType { F32, F64, I32, I64, U8, Bits };

/// One dense row-major array: the bulk data of a report, kept out of the JSON codec (decoding it there costs 7 ns a byte).
struct Array {
    ArrayType type = ArrayType::F32;
    std::vector<int64_t> shape;
    std::vector<std::byte> bytes;

    int64_t elements() const;
    static Array fromFloats(std::span<const float> values, std::vector<int64_t> shape);
    static Array fromInts(std::span<const int32_t> values, std::vector<int64_t> shape);
    /// Views of the bytes; BadInput when the type is another one or the byte count does not match the shape.
    Result<std::span<const float>> floats() const;
    Result<std::span<const int32_t>> ints() const;
};

/// A JSON header and the arrays it names: wherever the JSON holds `{"$array": k}`, array k belongs. The unit of the
/// protocol between window and engine, and of what a session stores for a run.
struct Document {
    Json body;
    std::vector<Array> arrays;
};

/// Bytes of a document: u32 header length, u64 blob length (both little endian), CBOR header {body, arrays: [{dtype,
/// shape, offset}]}, then the raw arrays, each at an offset that is a multiple of 8.
std::vector<std::byte> encodeDocument(const Document &document);

/// Inverse of encodeDocument over untrusted bytes.
/// @error BadInput: cut off, lengths that do not fit, unknown dtype, overlapping arrays, CBOR that is not valid.
/// @cost  No allocation larger than a small multiple of bytes.size().
Result<Document> decodeDocument(std::span<const std::byte> bytes);

/// Length of the first frame in `bytes` (12 + header + blob), 0 while fewer than 12 bytes are there.
/// @error BadInput when the header is longer than 64 MiB or the blob longer than 16 GiB.
Result<uint64_t> frameLength(std::span<const std::byte> bytes);

} // namespace winnow
