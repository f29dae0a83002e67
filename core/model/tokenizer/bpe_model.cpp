#include "core/model/tokenizer/bpe_model.h"

#include "core/model/tokenizer/byte_level.h"

#include <algorithm>

namespace winnow {

BpeModel::BpeModel(std::shared_ptr<const Vocabulary> vocabulary, MergeTable merges, Options options)
    : m_vocabulary(std::move(vocabulary))
    , m_merges(std::move(merges))
    , m_options(std::move(options))
    , m_fallbackIds(byteFallbackIds(*m_vocabulary))
{
    for (size_t byte = 0; byte < m_byteIds.size(); ++byte) {
        const char character = static_cast<char>(static_cast<uint8_t>(byte));
        m_byteIds[byte] = m_options.byteLevel ? m_vocabulary->find(byteLevelText(static_cast<uint8_t>(byte)))
            : byte < 0x80                     ? m_vocabulary->find(std::string_view(&character, 1))
                                              : -1;
    }
}

std::string BpeModel::name() const
{
    return m_options.byteLevel ? "byte-level BPE" : m_options.byteFallback ? "BPE with byte fallback" : "BPE";
}

std::string_view BpeModel::bareText(std::string_view token) const
{
    if (!m_options.continuingPrefix.empty() && token.starts_with(m_options.continuingPrefix))
        token.remove_prefix(m_options.continuingPrefix.size());
    if (!m_options.endOfWordSuffix.empty() && token.ends_with(m_options.endOfWordSuffix))
        token.remove_suffix(m_options.endOfWordSuffix.size());
    return token;
}

Result<void> BpeModel::encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    if (m_options.wholePiecesFirst) {
        if (const int32_t id = wholePiece(piece); id >= 0) {
            out.push_back({id, begin, begin + static_cast<int64_t>(piece.size())});
            return {};
        }
    }
    const size_t first = out.size();
    if (m_options.byteLevel)
        appendBytes(piece, begin, out);
    else
        appendCharacters(piece, begin, out);
    mergeTokens(out, first, m_merges);
    return {};
}

int32_t BpeModel::wholePiece(std::string_view piece) const
{
    if (!m_options.byteLevel)
        return m_vocabulary->find(piece);
    std::string text;
    for (const char byte : piece)
        text += byteLevelText(static_cast<uint8_t>(byte));
    return m_vocabulary->find(text);
}

void BpeModel::appendBytes(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    for (size_t i = 0; i < piece.size(); ++i) {
        const int64_t at = begin + static_cast<int64_t>(i);
        const int32_t id = m_byteIds[static_cast<uint8_t>(piece[i])];
        if (id >= 0)
            out.push_back({id, at, at + 1});
        else if (m_options.unknown && m_options.fuseUnknown && !out.empty() && out.back().id == *m_options.unknown && out.back().end == at)
            out.back().end = at + 1;
        else if (m_options.unknown)
            out.push_back({*m_options.unknown, at, at + 1});
    }
}

int32_t BpeModel::characterId(std::string_view piece, size_t from, size_t to, std::string &text) const
{
    const bool prefixed = from > 0 && !m_options.continuingPrefix.empty();
    const bool suffixed = to == piece.size() && !m_options.endOfWordSuffix.empty();
    if (!prefixed && !suffixed && to - from == 1)
        return m_byteIds[static_cast<uint8_t>(piece[from])];
    text.clear();
    if (prefixed)
        text += m_options.continuingPrefix;
    text += piece.substr(from, to - from);
    if (suffixed)
        text += m_options.endOfWordSuffix;
    return m_vocabulary->find(text);
}

bool BpeModel::appendFallback(std::string_view text, int64_t begin, std::vector<Token> &out) const
{
    if (std::any_of(text.begin(), text.end(), [&](char byte) { return m_fallbackIds[static_cast<uint8_t>(byte)] < 0; }))
        return false;
    for (const char byte : text) {
        out.push_back({m_fallbackIds[static_cast<uint8_t>(byte)], begin, begin + 1});
        ++begin;
    }
    return true;
}

void BpeModel::appendCharacters(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    std::string text;
    std::optional<Token> unknown; // waits for more of its kind
    for (size_t from = 0, to = 0; from < piece.size(); from = to) {
        const auto lead = static_cast<uint8_t>(piece[from]);
        to = from + (lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
        const Token place{-1, begin + static_cast<int64_t>(from), begin + static_cast<int64_t>(to)};
        if (const int32_t id = characterId(piece, from, to, text); id >= 0) {
            if (unknown)
                out.push_back(*unknown);
            unknown.reset();
            out.push_back({id, place.begin, place.end});
        } else if (m_options.byteFallback && appendFallback(piece.substr(from, to - from), place.begin, out)) {
            continue;
        } else if (m_options.unknown) {
            if (unknown && m_options.fuseUnknown) {
                unknown->end = place.end;
                continue;
            }
            if (unknown)
                out.push_back(*unknown);
            unknown = Token{*m_options.unknown, place.begin, place.end};
        }
    }
    if (unknown)
        out.push_back(*unknown);
}

} // namespace winnow
