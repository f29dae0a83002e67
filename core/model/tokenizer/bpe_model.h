#pragma once

#include "core/model/tokenizer/merge_table.h"
#include "core/model/tokenizer/token_model.h"

#include <array>
#include <memory>
#include <optional>

namespace winnow {

/// Byte-pair encoding, over the bytes of a piece or over its characters. Immutable after building.
class BpeModel final : public TokenModel {
public:
    struct Options {
        /// The vocabulary's texts are bytes under GPT-2's mapping and pieces come as plain bytes. Bytes it has no token
        /// for (SmolLM2 lacks those of rare planes) are left out, as in the reference; the spans show the gap.
        bool byteLevel = false;
        bool byteFallback = false; // a character without token becomes "<0xNN>" tokens
        bool fuseUnknown = false; // unknown characters side by side are one token
        bool wholePiecesFirst = false; // a piece that is a token is that token, whatever the merges say
        std::optional<int32_t> unknown;
        std::string continuingPrefix, endOfWordSuffix; // of the symbols inside a piece
    };

    BpeModel(std::shared_ptr<const Vocabulary> vocabulary, MergeTable merges, Options options);

    Result<void> encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const override;
    const Vocabulary &vocabulary() const override { return *m_vocabulary; }
    std::string name() const override;
    std::string_view bareText(std::string_view token) const override;

private:
    int32_t wholePiece(std::string_view piece) const;
    void appendBytes(std::string_view piece, int64_t begin, std::vector<Token> &out) const;
    void appendCharacters(std::string_view piece, int64_t begin, std::vector<Token> &out) const;
    int32_t characterId(std::string_view piece, size_t from, size_t to, std::string &text) const;
    bool appendFallback(std::string_view text, int64_t begin, std::vector<Token> &out) const;

    std::shared_ptr<const Vocabulary> m_vocabulary;
    MergeTable m_merges;
    Options m_options;
    std::array<int32_t, 256> m_byteIds{}; // of a byte (byteLevel) or of an ASCII character; -1: there is no such token
    std::array<int32_t, 256> m_fallbackIds{};
};

} // namespace winnow
