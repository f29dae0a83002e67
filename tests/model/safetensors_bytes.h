#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace winnow::test {

/// Bytes of a safetensors file with any header text, so that tests can also build what no writer would write.
inline std::string safetensorsBytes(std::string_view header, std::string_view data)
{
    const uint64_t length = header.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes.append(header).append(data);
}

/// One entry of a header.
inline Json entryJson(std::string_view dtype, const std::vector<int64_t> &shape, int64_t begin, int64_t end)
{
    return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

/// Two small tensors, the bytes 0, 1, 2, ...
inline std::string goodSafetensors()
{
    std::string data;
    for (int i = 0; i < 32; ++i)
        data += static_cast<char>(i);
    const Json header{{"a", entryJson("F32", {2, 3}, 0, 24)}, {"b", entryJson("BF16", {4}, 24, 32)}};
    return safetensorsBytes(header.dump(), data);
}

} // namespace winnow::test
