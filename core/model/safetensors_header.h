#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// One entry of a safetensors header as it stands there; sizes and places are not checked yet.
struct SafetensorsEntry {
    std::string name;
    std::string dtype;
    std::vector<uint64_t> shape;
    uint64_t begin = 0, end = 0; // of the bytes behind the header
};

struct SafetensorsHeader {
    std::vector<SafetensorsEntry> entries; // in the order of the header
    std::map<std::string, std::string> metadata;
};

/// Reads the JSON part. Strict: one object of objects with exactly dtype, shape and data_offsets, every key once, whole
/// numbers that are not negative, __metadata__ a map of strings.
///
/// @error The text of what is wrong, naming the tensor and the field; the caller adds the file.
/// @cost  One pass over the text; memory for its entries, no document is built.
/// @source The safetensors format, github.com/huggingface/safetensors README, "Format".
tl::expected<SafetensorsHeader, std::string> parseSafetensorsHeader(std::string_view json);

} // namespace winnow
