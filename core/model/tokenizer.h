#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

class GgufFile; // core/model/gguf_file.h

/// One token and the bytes of the UTF-8 input it covers, [begin, end). Special tokens that were added cover nothing.
struct Token {
    int32_t id = 0;
    int64_t begin = 0, end = 0;
};

/// Whether encode adds what the model wants around a text (BOS, EOS).
enum class SpecialTokens { Add, None };

/// What a token is to a tokenizer. Bytes and unknown tokens are special or normal as the file has them.
enum class TokenKind : uint8_t { Absent, Normal, Added, Special };

/// Text to ids and back. Special and user-defined tokens inside a text are recognised. Thread-safe after construction.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    /// Read from a Hugging Face folder: tokenizer.json; where they are there also tokenizer_config.json (special tokens,
    /// chat template), chat_template.jinja, generation_config.json and config.json (tokens that end a text).
    /// @error NotFound naming the file; BadModelFile naming place, expected and found; Unsupported naming the node type.
    static Result<std::shared_ptr<const Tokenizer>> fromFolder(const std::filesystem::path &folder);

    /// Rebuilt from GGUF metadata (tokenizer.ggml.*).
    /// @error Unsupported naming the tokenizer model; BadModelFile for lists of different length.
    static Result<std::shared_ptr<const Tokenizer>> fromGguf(const GgufFile &file);

    /// @error BadInput when the text is not valid UTF-8 (with the byte offset).
    /// @cost  O(n log n) over each pre-token.
    virtual Result<std::vector<Token>> encode(std::string_view text, SpecialTokens special) const = 0;
    /// @error BadInput naming the first id outside the vocabulary.
    virtual Result<std::string> decode(std::span<const int32_t> ids, bool skipSpecial) const = 0;
    /// The bytes of one token as text; bytes that are no valid UTF-8 on their own become U+FFFD.
    virtual std::string piece(int32_t id) const = 0;
    virtual int64_t vocabulary() const = 0;
    virtual bool isSpecial(int32_t id) const = 0;
    /// The token as the file has it (bytes of a byte-level vocabulary in their printable form); empty for an unknown id.
    virtual std::string_view tokenText(int32_t id) const = 0;
    virtual TokenKind tokenKind(int32_t id) const = 0;
    /// One above the last token that is not mere padding (GGUF type unused): rows of an embedding behind it mean nothing.
    virtual int64_t realVocabulary() const = 0;
    virtual std::optional<int32_t> bos() const = 0; // only when the tokenizer adds it
    virtual std::vector<int32_t> endIds() const = 0; // ids that stop generation
    virtual std::string chatTemplate() const = 0; // empty when the file has none
    /// SHA-256 over all that decides ids (vocabulary, merges, rules): equal hashes = the same tokenizer.
    virtual std::string hash() const = 0;
    virtual std::string kind() const = 0; // "byte-level BPE, pre smollm"
    /// What was guessed because the file does not say, or says what is not known: one sentence each.
    virtual std::vector<std::string> warnings() const { return {}; }
};

} // namespace winnow
