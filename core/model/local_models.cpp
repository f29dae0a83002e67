#include "core/model/local_models.h"

#include "core/model/catalogue.h"
#include "core/model/hf_folder.h"

#include <algorithm>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    constexpr int kDeepest = 3; // a hub's cache keeps a model in models--org--name/snapshots/<commit>

    int64_t sizeOf(const fs::path &file)
    {
        std::error_code error;
        const auto size = fs::file_size(file, error);
        return error ? 0 : static_cast<int64_t>(size);
    }

    bool isHfModel(const fs::path &folder)
    {
        std::error_code ignored;
        return fs::is_regular_file(folder / "config.json", ignored) && hasHfWeights(folder);
    }

    int64_t weightBytes(const fs::path &folder)
    {
        int64_t sum = 0;
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            const std::string name = entry->path().filename().string();
            if (name.starts_with("model") && name.ends_with(".safetensors"))
                sum += sizeOf(entry->path());
        }
        return sum;
    }

    bool isOfCatalogue(const fs::path &file, const fs::path &folder)
    {
        const auto models = catalogue();
        return std::any_of(models.begin(), models.end(), [&](const CatalogueModel &model) { return model.path(folder) == file; });
    }

} // namespace

std::vector<LocalModel> localModels(const fs::path &folder)
{
    std::vector<LocalModel> models;
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator entry(folder, options, error), end; !error && entry != end; entry.increment(error)) {
        const fs::path &path = entry->path();
        std::error_code ignored;
        const std::string name = path.lexically_relative(folder).generic_string();
        if (fs::is_directory(path, ignored)) {
            if (isHfModel(path)) {
                models.push_back({name, path, LocalModelKind::HfFolder, weightBytes(path)});
                entry.disable_recursion_pending();
            } else if (entry.depth() >= kDeepest) {
                entry.disable_recursion_pending();
            }
        } else if (path.extension() == ".gguf" && fs::is_regular_file(path, ignored) && !isOfCatalogue(path, folder)) {
            models.push_back({name, path, LocalModelKind::GgufFile, sizeOf(path)});
        }
    }
    std::sort(models.begin(), models.end(), [](const LocalModel &a, const LocalModel &b) { return a.name < b.name; });
    return models;
}

} // namespace winnow
