#include "core/model/hf_folder.h"

#include "core/model/gguf_file.h"
#include "core/model/sha256.h"
#include "core/model/shard_index.h"

#include <algorithm>
#include <functional>
#include <map>

namespace winnow {
namespace {

    constexpr const char *kSingle = "model.safetensors";
    constexpr const char *kIndex = "model.safetensors.index.json";
    /// A folder that is wrong in every tensor is shown by its first differences.
    constexpr size_t kMostDifferences = 200;

    bool isFile(const std::filesystem::path &path)
    {
        std::error_code ignored;
        return std::filesystem::is_regular_file(path, ignored);
    }

    /// Names of the files of a folder that end so, sorted.
    std::vector<std::string> filesEnding(const std::filesystem::path &folder, std::initializer_list<std::string_view> endings)
    {
        std::vector<std::string> names;
        std::error_code error;
        for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            const std::string name = entry->path().filename().string();
            if (std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); })
                && isFile(entry->path()))
                names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    std::string joined(const std::vector<std::string> &parts, const char *separator)
    {
        std::string text;
        for (size_t i = 0; i < parts.size() && i < kMostDifferences; ++i)
            text += (i ? separator : "") + parts[i];
        if (parts.size() > kMostDifferences)
            text += separator + std::string("and ") + std::to_string(parts.size() - kMostDifferences) + " more";
        return text;
    }

    /// What a folder without usable weights lacks, by what it holds instead.
    tl::unexpected<Error> noWeights(const std::filesystem::path &folder)
    {
        const std::string where = folder.string();
        const auto others = filesEnding(folder, {".safetensors"});
        if (!others.empty())
            return fail(ErrorCode::BadModelFile, where + ": expected model.safetensors, found " + std::to_string(others.size())
                    + " other files: " + joined(others, ", "), "name the .safetensors file that holds the model");
        const auto pickled = filesEnding(folder, {".bin", ".pt", ".pth", ".ckpt"});
        if (!pickled.empty())
            return fail(ErrorCode::Unsupported, where + ": the weights are pickled (" + joined(pickled, ", ")
                    + "), which can run programs when they are read",
                "convert them to safetensors: load the model with transformers and save_pretrained(folder, safe_serialization=True)");
        const auto gguf = filesEnding(folder, {".gguf"});
        return fail(ErrorCode::NotFound, where + ": no weights: expected model.safetensors or model.safetensors.index.json",
            gguf.empty() ? "fetch the whole folder again" : "or open one of its GGUF files: " + joined(gguf, ", "));
    }

    /// All tensors that index and shards say differently.
    std::vector<std::string> differences(
        const ShardIndex &index, const std::vector<std::string> &names, const std::vector<std::shared_ptr<const SafetensorsFile>> &shards)
    {
        std::vector<std::string> all;
        std::map<std::string_view, const SafetensorsFile *> byName;
        for (size_t i = 0; i < names.size(); ++i)
            byName.emplace(names[i], shards[i].get());
        for (const auto &[tensor, shard] : index) {
            if (!byName.at(shard)->find(tensor))
                all.push_back(printable(tensor) + " is missing in " + shard);
        }
        for (size_t i = 0; i < names.size(); ++i) {
            for (const StoredTensor &tensor : shards[i]->tensors()) {
                const auto entry = index.find(tensor.name);
                if (entry == index.end())
                    all.push_back(printable(tensor.name) + " in " + names[i] + " is not in the index");
                else if (entry->second != names[i])
                    all.push_back(printable(tensor.name) + " in " + names[i] + " belongs in " + entry->second);
            }
        }
        return all;
    }

    Result<Json> readObject(const std::filesystem::path &path)
    {
        auto json = readJsonFile(path);
        if (json && !json->is_object())
            return fail(ErrorCode::BadModelFile, path.string() + ": expected an object, found " + json->type_name());
        return json;
    }

    /// Adds name, size and bytes of a file to a hash.
    Result<void> hashFile(Sha256 &hash, std::string_view name, std::span<const std::byte> bytes, const std::function<bool(size_t)> &goOn)
    {
        constexpr size_t kPiece = size_t{1} << 20;
        hash.add(name);
        hash.add(std::string_view("\0", 1));
        hash.add(std::to_string(bytes.size()));
        hash.add(std::string_view("\0", 1));
        for (size_t at = 0; at < bytes.size(); at += kPiece) {
            const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
            hash.add(piece);
            if (!goOn(piece.size()))
                return fail(ErrorCode::Cancelled, "checksum cancelled");
        }
        return {};
    }

} // namespace

bool hasHfWeights(const std::filesystem::path &folder) { return isFile(folder / kSingle) || isFile(folder / kIndex); }

Result<std::shared_ptr<const HfFolder>> HfFolder::open(const std::filesystem::path &path)
{
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        return fail(ErrorCode::NotFound, "cannot open " + path.string() + ": no such file or folder", "check the path");
    const bool isFolder = std::filesystem::is_directory(status);
    auto folder = isFolder ? path : path.parent_path();
    if (folder.empty())
        folder = ".";
    std::shared_ptr<HfFolder> opened(new HfFolder(folder));
    if (auto read = opened->readConfigs(); !read)
        return fail(read.error());
    const bool named = !isFolder && path.extension() == ".safetensors";
    if (auto weights = opened->openWeights(named ? path : std::filesystem::path()); !weights)
        return fail(weights.error());
    return opened;
}

Result<void> HfFolder::readConfigs()
{
    if (!has("config.json")) {
        const auto gguf = filesEnding(path(), {".gguf"});
        return fail(ErrorCode::NotFound, path().string() + ": no config.json, so this is no Hugging Face model folder",
            !gguf.empty()                      ? "open one of its GGUF files: " + joined(gguf, ", ")
                : has("adapter_config.json")   ? "an adapter is no model: merge it into its base model first"
                                               : "name a GGUF file or a folder with config.json and safetensors weights");
    }
    auto config = readObject(path() / "config.json");
    if (!config)
        return fail(config.error());
    m_config = std::move(*config);
    if (!has("generation_config.json"))
        return {};
    auto generation = readObject(path() / "generation_config.json");
    if (!generation)
        return fail(generation.error());
    m_generationConfig = std::move(*generation);
    return {};
}

Result<void> HfFolder::openWeights(const std::filesystem::path &named)
{
    // The single file before the index, as the reference looks for them.
    if (named.empty() || named.filename() == kSingle) {
        if (isFile(path() / kSingle))
            return openSingle(path() / kSingle);
    }
    const auto others = filesEnding(path(), {".safetensors"});
    if (isFile(path() / kIndex)) {
        auto opened = openShards();
        const bool isShard = named.empty() || !opened
            || std::any_of(m_shards.begin(), m_shards.end(), [&](const auto &shard) { return shard->path().filename() == named.filename(); });
        if (isShard)
            return opened;
        return bad(named.filename().string() + " is not one of the shards of " + kIndex, "open the folder, or a shard that the index names");
    }
    if (!named.empty())
        return openSingle(named);
    return others.size() == 1 ? openSingle(path() / others.front()) : noWeights(path());
}

Result<void> HfFolder::openSingle(const std::filesystem::path &file)
{
    auto shard = SafetensorsFile::open(file);
    if (!shard)
        return fail(shard.error());
    for (const StoredTensor &tensor : (*shard)->tensors())
        add(tensor);
    addFileBytes((*shard)->fileBytes());
    m_shards.push_back(std::move(*shard));
    return {};
}

Result<void> HfFolder::openShards()
{
    const auto json = readJsonFile(path() / kIndex);
    if (!json)
        return fail(json.error());
    const auto index = readShardIndex(*json, (path() / kIndex).string());
    if (!index)
        return fail(index.error());
    std::vector<std::string> names, missing;
    for (const auto &[tensor, shard] : *index)
        names.push_back(shard);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::copy_if(names.begin(), names.end(), std::back_inserter(missing), [&](const std::string &name) { return !isFile(path() / name); });
    if (!missing.empty())
        return bad(std::to_string(missing.size()) + " of the " + std::to_string(names.size()) + " shards that " + kIndex
                + " names are not there: " + joined(missing, ", "), "fetch them into the folder");
    for (const std::string &name : names) {
        auto shard = SafetensorsFile::open(path() / name);
        if (!shard)
            return fail(shard.error());
        m_shards.push_back(std::move(*shard));
    }
    if (const auto wrong = differences(*index, names, m_shards); !wrong.empty())
        return bad(std::to_string(wrong.size()) + " tensors differ between " + kIndex + " and the shards: " + joined(wrong, "; "),
            "fetch the index again together with its shards");
    for (const auto &shard : m_shards) {
        for (const StoredTensor &tensor : shard->tensors())
            add(tensor);
        addFileBytes(shard->fileBytes());
    }
    return {};
}

bool HfFolder::has(std::string_view name) const { return isFile(path() / name); }

Result<Json> HfFolder::readJson(std::string_view name, const JsonLimits &limits) const { return readJsonFile(path() / name, limits); }

Result<std::string> HfFolder::readText(std::string_view name, int64_t maxBytes) const { return readSmallFile(path() / name, maxBytes); }

Result<std::string> HfFolder::sha256(const RunContext &context) const
{
    const auto config = MappedFile::open(path() / "config.json");
    if (!config)
        return fail(config.error());
    const auto total = static_cast<int64_t>(config->bytes().size()) + fileBytes();
    int64_t done = 0;
    const auto goOn = [&](size_t bytes) {
        done += static_cast<int64_t>(bytes);
        context.progress("checksum", done, total, "bytes");
        return !context.cancelled();
    };
    std::map<std::string, std::span<const std::byte>> files{{"config.json", config->bytes()}};
    for (const auto &shard : m_shards)
        files.emplace(std::filesystem::relative(shard->path(), path()).generic_string(), shard->file().bytes());
    Sha256 hash;
    for (const auto &[name, bytes] : files) {
        if (auto added = hashFile(hash, name, bytes, goOn); !added)
            return fail(added.error());
    }
    return hash.finish();
}

} // namespace winnow
