#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <map>
#include <string>
#include <string_view>

namespace winnow {

/// weight_map of a model.safetensors.index.json: tensor -> shard.
using ShardIndex = std::map<std::string, std::string, std::less<>>;

/// Reads weight_map out of a parsed index.
///
/// @param where  The index file, for messages.
/// @error BadModelFile when there is no weight_map of strings, or a shard lies outside the folder (absolute, "..", or no
///        .safetensors file).
Result<ShardIndex> readShardIndex(const Json &index, const std::string &where);

} // namespace winnow
