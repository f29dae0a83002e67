#pragma once

#include "core/model/bpe.h"
#include "core/model/tokenizer.h"
#include "core/model/tokenizer_special.h"
#include "core/model/tokenizer_split.h"

#include <array>
#include <unordered_map>

namespace winnow {

/// Byte-level BPE (tokenizer.ggml.model = gpt2): special tokens are cut out, the rest is split by the pre-tokeniser's
/// expressions, and every piece is merged from single bytes. Bytes that the vocabulary has no token for (SmolLM2 lacks
/// those of rare planes) are left out, as in the reference tokenizers: there the spans have a gap. Immutable after building.
class BpeTokenizer final : public Tokenizer {
public:
    static Result<std::shared_ptr<const Tokenizer>> fromGguf(const GgufFile &file);

    Result<std::vector<Token>> encode(std::string_view text, SpecialTokens special) const override;
    Result<std::string> decode(std::span<const int32_t> ids, bool skipSpecial) const override;
    std::string piece(int32_t id) const override;
    int64_t vocabulary() const override { return static_cast<int64_t>(m_bytes.size()); }
    bool isSpecial(int32_t id) const override;
    std::optional<int32_t> bos() const override { return m_bos; }
    std::vector<int32_t> endIds() const override { return m_endIds; }
    std::string chatTemplate() const override { return m_chatTemplate; }
    std::string hash() const override { return m_hash; }
    std::string kind() const override { return "byte-level BPE, pre " + m_pre; }

private:
    friend class BpeTokenizerBuilder;
    explicit BpeTokenizer(size_t merges)
        : m_merges(merges)
    {
    }

    bool known(int32_t id) const { return id >= 0 && static_cast<size_t>(id) < m_bytes.size(); }
    void encodeText(std::string_view text, size_t begin, std::vector<Token> &out) const;
    void encodeBytes(std::string_view bytes, int64_t begin, std::vector<Token> &out) const;

    std::string m_pre;
    std::span<const Splitter> m_stages;
    bool m_wholePiecesFirst = false; // a piece that is a token is that token, whatever the merges say
    std::vector<std::string> m_bytes; // what a token stands for, by id
    std::vector<uint8_t> m_special; // by id
    std::array<int32_t, 256> m_byteIds{}; // -1: the vocabulary has no such token
    MergeTable m_merges;
    std::unordered_map<std::string_view, int32_t> m_pieces; // views of m_bytes; only with m_wholePiecesFirst
    SpecialTokenMatcher m_matcher;
    std::optional<int32_t> m_bos, m_eos; // what encode adds
    std::vector<int32_t> m_endIds;
    std::string m_chatTemplate, m_hash;
};

} // namespace winnow
