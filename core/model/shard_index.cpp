#include "core/model/shard_index.h"

#include "core/model/gguf_file.h"

#include <filesystem>

namespace winnow {
namespace {

    /// A path below the folder, whatever links its files may be: a hub's cache links every file to its store of blobs.
    bool staysInside(const std::string &name)
    {
        const std::filesystem::path path(name);
        if (name.empty() || path.is_absolute() || name.find('\0') != std::string::npos || name.find('\\') != std::string::npos)
            return false;
        for (const auto &part : path) {
            if (part == ".." || part == "." || part.empty())
                return false;
        }
        return true;
    }

} // namespace

Result<ShardIndex> readShardIndex(const Json &index, const std::string &where)
{
    const auto bad = [&](const std::string &what) {
        return fail(ErrorCode::BadModelFile, where + ": " + what, "fetch the index again together with its shards");
    };
    const Json *map = index.is_object() && index.contains("weight_map") ? &index["weight_map"] : nullptr;
    if (!map || !map->is_object())
        return bad("expected an object with an object weight_map");
    if (map->empty())
        return bad("weight_map names no tensor");
    ShardIndex shards;
    for (const auto &[tensor, shard] : map->items()) {
        if (!shard.is_string())
            return bad("weight_map \"" + printable(tensor) + "\": expected the name of a file, found " + shard.type_name());
        const auto &name = shard.get_ref<const std::string &>();
        if (!staysInside(name))
            return bad("weight_map \"" + printable(tensor) + "\": \"" + printable(name) + "\" is no file inside the folder");
        if (!name.ends_with(".safetensors"))
            return bad("weight_map \"" + printable(tensor) + "\": expected a .safetensors file, found \"" + printable(name) + '"');
        shards.emplace(tensor, name);
    }
    return shards;
}

} // namespace winnow
