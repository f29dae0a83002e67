#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <span>

namespace winnow {

inline constexpr int kMaxCborDepth = 64;

/// Walks untrusted CBOR without building anything, so that a decoder that recurses may be called afterwards: exactly one
/// well-formed item, at most kMaxCborDepth levels, text keys, valid UTF-8, no tags, no byte strings, definite lengths.
/// @error BadInput with the byte offset and what is wrong there.
/// @cost  O(bytes), no allocation.
Result<void> checkCbor(std::span<const std::byte> bytes);

} // namespace winnow
