#pragma once

#include "core/model/gguf_source.h"
#include "core/model/hf_folder.h"
#include "core/model/tokenizer.h"

namespace winnow {

/// The files a model is opened from: a GGUF file or a Hugging Face folder, and its tensors either way.
struct ModelFiles {
    std::shared_ptr<const TensorSource> tensors;
    std::shared_ptr<const GgufFile> gguf; // null for a folder
    std::shared_ptr<const HfFolder> folder; // null for a GGUF file
};

/// Opens what a person names: a .gguf file, a Hugging Face folder or a file in one, or a folder whose only model is one
/// GGUF file. A file of another name is looked at: "GGUF" at its beginning decides.
/// @error as GgufFile::open and HfFolder::open; BadInput for a folder with several GGUF files only, listing them.
/// @cost  Headers only.
Result<ModelFiles> openModelFiles(const std::filesystem::path &path);

/// The tokenizer that belongs to a model's files.
/// @error as Tokenizer::fromGguf and Tokenizer::fromFolder.
Result<std::shared_ptr<const Tokenizer>> openTokenizer(const ModelFiles &files);

/// Identity of the model: SHA-256 of the GGUF file, or HfFolder::sha256.
/// @error Io, Cancelled.
Result<std::string> modelSha256(const ModelFiles &files, const RunContext &context);

} // namespace winnow
