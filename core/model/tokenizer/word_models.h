#pragma once

#include "core/model/tokenizer/byte_trie.h"
#include "core/model/tokenizer/token_model.h"

#include <memory>
#include <optional>

namespace winnow {

/// Greedy longest match inside a word; parts behind the first carry a prefix in the vocabulary.
/// @source WordPiece of google-research/bert, tokenization.py.
class WordPieceModel final : public TokenModel {
public:
    struct Options {
        std::optional<int32_t> unknown;
        std::string continuingPrefix = "##";
        size_t longestWord = 100; // in code points; a longer one is unknown
    };

    WordPieceModel(std::shared_ptr<const Vocabulary> vocabulary, Options options);

    Result<void> encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const override;
    const Vocabulary &vocabulary() const override { return *m_vocabulary; }
    std::string name() const override { return "WordPiece"; }
    std::string_view bareText(std::string_view token) const override;

private:
    std::shared_ptr<const Vocabulary> m_vocabulary;
    Options m_options;
    ByteTrie m_heads, m_tails; // of words as they begin and as they go on, without the prefix
};

/// A word is a token or it is unknown.
class WordLevelModel final : public TokenModel {
public:
    WordLevelModel(std::shared_ptr<const Vocabulary> vocabulary, std::optional<int32_t> unknown);

    Result<void> encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const override;
    const Vocabulary &vocabulary() const override { return *m_vocabulary; }
    std::string name() const override { return "WordLevel"; }

private:
    std::shared_ptr<const Vocabulary> m_vocabulary;
    std::optional<int32_t> m_unknown;
};

/// The most probable cut of a piece under a score for every token (Viterbi).
/// @source arXiv:1804.10959, section 3.2; unigram model of google/sentencepiece.
class UnigramModel final : public TokenModel {
public:
    struct Options {
        std::optional<int32_t> unknown;
        bool byteFallback = false; // unknown characters become "<0xNN>" tokens
    };

    /// @param scores  Log probability by id, one for each token.
    UnigramModel(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores, Options options);

    /// @cost O(n) times the longest token.
    Result<void> encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const override;
    const Vocabulary &vocabulary() const override { return *m_vocabulary; }
    std::string name() const override { return m_options.byteFallback ? "Unigram with byte fallback" : "Unigram"; }

private:
    void appendToken(std::string_view text, const Token &token, std::vector<Token> &out) const;

    std::shared_ptr<const Vocabulary> m_vocabulary;
    std::vector<double> m_scores;
    Options m_options;
    double m_unknownScore = 0;
    ByteTrie m_trie;
    std::array<int32_t, 256> m_fallbackIds{};
};

} // namespace winnow
