#pragma once

#include "core/model/gguf_file.h"
#include "core/model/tokenizer/merge_table.h"
#include "core/model/tokenizer/pipeline.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// tokenizer.ggml.token_type
enum class GgufTokenType : int64_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// Builds the parts of a tokenizer from one file's metadata; every list is checked against the others.
class GgufTokenizerReader {
public:
    explicit GgufTokenizerReader(const GgufFile &file)
        : m_file(file)
    {
    }

    /// @error Unsupported naming the tokenizer model; BadModelFile for what does not fit together.
    Result<std::shared_ptr<const Tokenizer>> read();

private:
    /// What a tokenizer.ggml.model asks for beside its parts.
    struct Defaults {
        bool addBos = false, addEos = false;
    };

    // gguf_models.cpp: one for each tokenizer.ggml.model
    Result<void> readByteLevelBpe();
    Result<void> readSentencePieceBpe();
    Result<void> readUnigram();
    Result<void> readWordPiece();
    Result<MergeTable> storedMerges() const;
    MergeTable scoredMerges(const std::vector<double> &scores) const;
    Result<std::vector<double>> readScores() const;
    void addSpaceDecoders(bool leadingSpace);

    Result<void> readLists();
    Result<void> addVocabulary(const std::function<std::string(std::string_view)> &text);
    Result<void> addTokens();
    Result<void> readAround();
    Result<std::optional<int32_t>> storedId(const char *key) const;
    Result<std::optional<int32_t>> firstId(std::initializer_list<const char *> keys) const;
    void setHash();

    const GgufFile &m_file;
    std::vector<std::string_view> m_tokens, m_mergeTexts;
    std::vector<int64_t> m_types;
    std::shared_ptr<Vocabulary> m_vocabulary;
    Defaults m_defaults;
    bool m_marksSpaces = false; // normalisation only marks spaces: user-defined tokens are found in marked text too
    TokenizerParts m_parts;
};

} // namespace winnow
