#pragma once

#include "core/model/json_file.h"
#include "core/model/shard_index.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace winnow::test {

/// Reads text of any bytes as the JSON files of a model folder are read: as config.json and as the index of shards.
/// Returns "" after errors that say something or whole results; else what is wrong.
inline std::string exerciseFolderJson(std::string_view text)
{
    const auto json = parseJson(text, "config.json");
    if (!json)
        return json.error().message.empty() ? "an error without a message" : "";
    const auto again = parseJson(json->dump(), "config.json");
    if (!again || *again != *json)
        return "a value that does not come back from its text";
    const auto index = readShardIndex(*json, "model.safetensors.index.json");
    if (!index)
        return index.error().message.empty() ? "an error without a message" : "";
    for (const auto &[tensor, shard] : *index) {
        if (!(std::filesystem::path("/folder") / shard).lexically_normal().string().starts_with("/folder/"))
            return "a shard outside the folder";
    }
    return "";
}

} // namespace winnow::test
