#include "core/model/model_files.h"

#include "core/model/sha256.h"

#include <algorithm>
#include <fstream>

namespace winnow {
namespace {

    Result<ModelFiles> openGguf(const std::filesystem::path &path)
    {
        auto file = GgufFile::open(path);
        if (!file)
            return fail(file.error());
        return ModelFiles{GgufSource::over(*file), *file, nullptr};
    }

    Result<ModelFiles> openFolder(const std::filesystem::path &path)
    {
        auto folder = HfFolder::open(path);
        if (!folder)
            return fail(folder.error());
        return ModelFiles{*folder, nullptr, *folder};
    }

    std::vector<std::filesystem::path> ggufFiles(const std::filesystem::path &folder)
    {
        std::vector<std::filesystem::path> files;
        std::error_code error;
        for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            if (entry->path().extension() == ".gguf")
                files.push_back(entry->path());
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    bool beginsLikeGguf(const std::filesystem::path &path)
    {
        char magic[4] = {};
        std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
        return std::string_view(magic, sizeof magic) == "GGUF";
    }

} // namespace

Result<ModelFiles> openModelFiles(const std::filesystem::path &path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        const auto gguf = ggufFiles(path);
        if (hasHfWeights(path) || gguf.empty())
            return openFolder(path);
        if (gguf.size() == 1)
            return openGguf(gguf.front());
        std::string names;
        for (const auto &file : gguf)
            names += (names.empty() ? "" : ", ") + file.filename().string();
        return fail(ErrorCode::BadInput, path.string() + " holds " + std::to_string(gguf.size()) + " GGUF files: " + names, "name one of them");
    }
    const auto extension = path.extension();
    const bool inFolder = extension == ".safetensors" || extension == ".json";
    return inFolder && !beginsLikeGguf(path) ? openFolder(path) : openGguf(path);
}

Result<std::shared_ptr<const Tokenizer>> openTokenizer(const ModelFiles &files)
{
    return files.folder ? Tokenizer::fromFolder(files.folder->path()) : Tokenizer::fromGguf(*files.gguf);
}

Result<std::string> modelSha256(const ModelFiles &files, const RunContext &context)
{
    return files.folder ? files.folder->sha256(context) : sha256File(files.gguf->path(), context);
}

} // namespace winnow
