#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace winnow {

enum class LocalModelKind : uint8_t { GgufFile, HfFolder };

/// A model that lies in the user's model folder without being one of the catalogue.
struct LocalModel {
    std::string name; // path below the model folder: "my-llama", "org/model", "x/y.gguf"; --model takes it
    std::filesystem::path path;
    LocalModelKind kind = LocalModelKind::GgufFile;
    int64_t bytes = 0; // of its weight files
};

/// Hugging Face folders and GGUF files below a folder, sorted by name; files of the catalogue are left out. What cannot be
/// read is skipped.
/// @cost  Names and sizes only, four levels deep.
std::vector<LocalModel> localModels(const std::filesystem::path &folder);

} // namespace winnow
