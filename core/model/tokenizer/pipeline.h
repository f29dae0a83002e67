#pragma once

#include "core/model/tokenizer.h"
#include "core/model/tokenizer/added_tokens.h"
#include "core/model/tokenizer/aligned_text.h"
#include "core/model/tokenizer/token_model.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace winnow {

/// A text cut into pieces that tokens never cross. Pieces may leave gaps, never overlap, and are not empty.
struct CutText {
    struct Piece {
        size_t begin = 0, end = 0;
    };
    AlignedText text;
    std::vector<Piece> pieces;
};

/// One step of normalisation.
using NormalizeStep = std::function<Result<AlignedText>(AlignedText text)>;
/// One step of pre-tokenisation: cuts pieces further, and may rewrite the text.
using CutStep = std::function<Result<CutText>(CutText text)>;
/// One step from token texts to a text.
using DecodeStep = std::function<Result<void>(std::vector<std::string> &tokens)>;

/// What a tokenizer is made of. Each kind of file is read into this.
struct TokenizerParts {
    std::vector<NormalizeStep> normalize;
    std::vector<CutStep> cut;
    std::unique_ptr<TokenModel> model;
    std::vector<AddedToken> added;
    std::vector<int32_t> before, behind; // ids that encode adds around a text
    std::vector<DecodeStep> decode; // none: texts are joined by spaces
    std::vector<DecodeStep> piece; // what shows one token by itself
    std::vector<int32_t> endIds;
    int64_t vocabulary = 0; // ids below it are known, as far as the model's rows go
    int64_t padding = 0; // of them at the end, tokens that only fill the vocabulary up
    std::string detail; // behind the model's name in kind()
    std::string chatTemplate, hash;
    std::vector<std::string> warnings;
};

/// Added tokens are cut out of the text, the rest is normalised, cut into pieces, and each piece is encoded by the model;
/// as the reference tokenizers do it. Immutable after building.
class PipelineTokenizer final : public Tokenizer {
public:
    /// @error BadModelFile when an added token is too long.
    static Result<std::shared_ptr<const Tokenizer>> make(TokenizerParts parts);

    Result<std::vector<Token>> encode(std::string_view text, SpecialTokens special) const override;
    Result<std::string> decode(std::span<const int32_t> ids, bool skipSpecial) const override;
    std::string piece(int32_t id) const override;
    int64_t vocabulary() const override { return m_parts.vocabulary; }
    bool isSpecial(int32_t id) const override;
    std::string_view tokenText(int32_t id) const override;
    TokenKind tokenKind(int32_t id) const override;
    int64_t realVocabulary() const override { return m_parts.vocabulary - m_parts.padding; }
    std::optional<int32_t> bos() const override;
    std::vector<int32_t> endIds() const override { return m_parts.endIds; }
    std::string chatTemplate() const override { return m_parts.chatTemplate; }
    std::string hash() const override { return m_parts.hash; }
    std::string kind() const override;
    std::vector<std::string> warnings() const override { return m_parts.warnings; }

private:
    explicit PipelineTokenizer(TokenizerParts parts)
        : m_parts(std::move(parts))
    {
    }
    Result<void> findAdded();
    Result<AlignedText> normalized(AlignedText text) const;
    Result<void> encodeSegment(AlignedText text, std::vector<Token> &out) const;
    Result<void> encodePieces(AlignedText text, std::vector<Token> &out) const;
    bool known(int32_t id) const { return id >= 0 && id < m_parts.vocabulary; }
    const AddedToken *addedToken(int32_t id) const; // null for tokens of the model alone

    TokenizerParts m_parts;
    AddedTokenMatcher m_asWritten, m_normalized;
    std::vector<int32_t> m_addedIndex; // id -> index of parts.added, -1 for others
};

} // namespace winnow
