#include "core/model/bpe_tokenizer.h"

#include "core/base/utf8.h"

#include <algorithm>

namespace winnow {
namespace {

    std::string hexByte(uint8_t byte)
    {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }

    /// Tokens of the pieces met in one call: text repeats its words.
    using PieceCache = std::unordered_map<std::string_view, std::pair<size_t, size_t>>; // piece -> range of the output

    constexpr size_t kLongestCachedPiece = 32;

} // namespace

Result<std::vector<Token>> BpeTokenizer::encode(std::string_view text, SpecialTokens special) const
{
    if (const size_t bad = firstInvalidUtf8(text); bad < text.size()) {
        return fail(ErrorCode::BadInput,
            "the text is not valid UTF-8: byte " + hexByte(static_cast<uint8_t>(text[bad])) + " at offset "
                + std::to_string(bad),
            "save the text as UTF-8");
    }
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 3 + 2);
    if (special == SpecialTokens::Add && m_bos)
        tokens.push_back({*m_bos, 0, 0});
    for (size_t at = 0; at < text.size();) {
        const auto match = m_matcher.find(text, at);
        encodeText(text.substr(at, match.begin - at), at, tokens);
        if (match.id >= 0)
            tokens.push_back({match.id, static_cast<int64_t>(match.begin), static_cast<int64_t>(match.end)});
        at = match.end;
    }
    const auto size = static_cast<int64_t>(text.size());
    if (special == SpecialTokens::Add && m_eos)
        tokens.push_back({*m_eos, size, size});
    return tokens;
}

void BpeTokenizer::encodeText(std::string_view text, size_t begin, std::vector<Token> &out) const
{
    if (text.empty())
        return;
    std::vector<CodePoint> points;
    points.reserve(text.size());
    appendCodePoints(text, 0, points);
    std::vector<size_t> lengths;
    splitInStages(m_stages, points, lengths);

    PieceCache cache;
    size_t point = 0;
    for (const size_t length : lengths) {
        const size_t from = points[point].begin;
        point += length;
        const size_t to = point < points.size() ? points[point].begin : text.size();
        const std::string_view bytes = text.substr(from, to - from);
        const auto offset = static_cast<int64_t>(begin + from);
        if (const auto seen = cache.find(bytes); seen != cache.end()) {
            const auto [first, last] = seen->second;
            const int64_t shift = offset - out[first].begin;
            for (size_t i = first; i < last; ++i)
                out.push_back({out[i].id, out[i].begin + shift, out[i].end + shift});
            continue;
        }
        const size_t first = out.size();
        const auto whole = m_wholePiecesFirst ? m_pieces.find(bytes) : m_pieces.end();
        if (whole != m_pieces.end())
            out.push_back({whole->second, offset, static_cast<int64_t>(begin + to)});
        else
            encodeBytes(bytes, offset, out);
        if (bytes.size() <= kLongestCachedPiece && out.size() > first && out[first].begin == offset)
            cache.emplace(bytes, std::pair(first, out.size()));
    }
}

void BpeTokenizer::encodeBytes(std::string_view bytes, int64_t begin, std::vector<Token> &out) const
{
    const auto lacking = [&](char byte) { return m_byteIds[static_cast<uint8_t>(byte)] < 0; };
    if (std::none_of(bytes.begin(), bytes.end(), lacking))
        return encodePiece(bytes, m_byteIds, m_merges, begin, out);
    // What the vocabulary has no token for is left out before merging, as the reference does; the spans show the gap.
    std::string kept;
    std::vector<int64_t> places;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (lacking(bytes[i]))
            continue;
        kept += bytes[i];
        places.push_back(begin + static_cast<int64_t>(i));
    }
    const size_t first = out.size();
    encodePiece(kept, m_byteIds, m_merges, 0, out);
    for (size_t i = first; i < out.size(); ++i) {
        out[i].begin = places[static_cast<size_t>(out[i].begin)];
        out[i].end = places[static_cast<size_t>(out[i].end - 1)] + 1;
    }
}

Result<std::string> BpeTokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const
{
    std::string bytes;
    for (const int32_t id : ids) {
        if (!known(id)) {
            return fail(ErrorCode::BadInput,
                "token id " + std::to_string(id) + " is outside the vocabulary: expected 0 to "
                    + std::to_string(vocabulary() - 1));
        }
        if (!skipSpecial || !isSpecial(id))
            bytes += m_bytes[static_cast<size_t>(id)];
    }
    return replaceIllFormed(bytes);
}

std::string BpeTokenizer::piece(int32_t id) const
{
    return known(id) ? replaceIllFormed(m_bytes[static_cast<size_t>(id)]) : std::string();
}

bool BpeTokenizer::isSpecial(int32_t id) const { return known(id) && m_special[static_cast<size_t>(id)] != 0; }

} // namespace winnow
