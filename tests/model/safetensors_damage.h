#pragma once

#include "../fuzz/exercise_folder_json.h"
#include "../fuzz/exercise_safetensors.h"
#include "file_damage.h"
#include "safetensors_bytes.h"

namespace winnow::test {

/// A file of 24 tensors of the three readable types.
inline std::string manyTensors()
{
    Json header{{"__metadata__", {{"format", "pt"}}}};
    int64_t at = 0;
    for (int i = 0; i < 24; ++i) {
        const char *dtype = i % 3 == 0 ? "F32" : i % 3 == 1 ? "F16" : "BF16";
        const int64_t bytes = (i % 3 == 0 ? 4 : 2) * 8 * (i + 1);
        header["model.layers." + std::to_string(i) + ".weight"] = entryJson(dtype, {8, i + 1}, at, at + bytes);
        at += bytes;
    }
    return safetensorsBytes(header.dump(), std::string(static_cast<size_t>(at), '\x3c'));
}

/// model.safetensors.index.json of 40 tensors in three shards.
inline std::string exampleIndex()
{
    Json map = Json::object();
    for (int i = 0; i < 40; ++i)
        map["model.layers." + std::to_string(i) + ".weight"] = "model-0000" + std::to_string(i % 3) + "-of-00003.safetensors";
    return Json{{"metadata", {{"total_size", 12}}}, {"weight_map", map}}.dump(2);
}

inline std::string exampleConfig()
{
    return Json{{"architectures", {"LlamaForCausalLM"}}, {"rope_scaling", {{"factor", 32.0}, {"rope_type", "llama3"}}},
        {"layer_types", {"full_attention", "sliding_attention"}}, {"tie_word_embeddings", true}, {"rms_norm_eps", 1e-6},
        {"head_dim", nullptr}, {"hidden_size", 2048}}
        .dump(2);
}

/// `count` truncations and `count` bit flips of one of the above.
inline DamageResult damageFolderFile(const std::string &whole, const std::filesystem::path &folder, int count)
{
    writeFile(folder / "whole", whole);
    const bool isJson = whole.starts_with('{');
    const auto exercise = [isJson](const std::filesystem::path &file) {
        return isJson ? exerciseFolderJson(readFile(file)) : exerciseSafetensors(file);
    };
    const auto opens = [isJson](const std::filesystem::path &file) {
        return isJson ? readJsonFile(file).has_value() : SafetensorsFile::open(file).has_value();
    };
    return damageFile(folder / "whole", folder / "damaged", count, 2200, {exercise, opens});
}

} // namespace winnow::test
