#include "core/model/tokenizer/pipeline.h"

#include "core/base/utf8.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace winnow {
namespace {

    constexpr size_t kLongestCachedPiece = 32;

    std::string hexByte(uint8_t byte)
    {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }

    Result<void> checkText(std::string_view text)
    {
        if (text.size() >= std::numeric_limits<uint32_t>::max())
            return fail(ErrorCode::BadInput, "the text has 4 GiB or more", "cut it into parts");
        const size_t bad = firstInvalidUtf8(text);
        if (bad == text.size())
            return {};
        return fail(ErrorCode::BadInput,
            "the text is not valid UTF-8: byte " + hexByte(static_cast<uint8_t>(text[bad])) + " at offset " + std::to_string(bad),
            "save the text as UTF-8");
    }

    /// Where the tokens of a piece that was met before stand: text repeats its words.
    struct SeenPiece {
        size_t first = 0, last = 0;
        int64_t begin = 0;
    };

    std::string joined(const std::vector<std::string> &texts, const char *between)
    {
        std::string result;
        for (size_t i = 0; i < texts.size(); ++i)
            result.append(i ? between : "").append(texts[i]);
        return result;
    }

} // namespace

Result<std::shared_ptr<const Tokenizer>> PipelineTokenizer::make(TokenizerParts parts)
{
    std::shared_ptr<PipelineTokenizer> result(new PipelineTokenizer(std::move(parts)));
    if (const auto found = result->findAdded(); !found)
        return fail(found.error());
    return result;
}

Result<void> PipelineTokenizer::findAdded()
{
    std::vector<AddedToken> asWritten, normal;
    std::vector<std::string> asWrittenTexts, normalTexts;
    for (size_t i = 0; i < m_parts.added.size(); ++i) {
        const AddedToken token = m_parts.added[i];
        m_parts.added[i].skipped = token.special;
        if (token.text.size() > kLongestAddedToken) {
            return fail(ErrorCode::BadModelFile,
                "special token " + std::to_string(token.id) + " has " + std::to_string(token.text.size())
                    + " bytes: expected at most " + std::to_string(kLongestAddedToken));
        }
        const auto id = static_cast<size_t>(token.id);
        if (id >= m_addedIndex.size())
            m_addedIndex.resize(id + 1, -1);
        m_addedIndex[id] = static_cast<int32_t>(i);
        m_parts.vocabulary = std::max<int64_t>(m_parts.vocabulary, token.id + 1);
        if (firstInvalidUtf8(token.text) < token.text.size())
            continue; // no text holds it
        if (!token.normalized) {
            asWritten.push_back(token);
            asWrittenTexts.push_back(token.text);
            continue;
        }
        auto text = normalized(AlignedText(token.text, 0));
        if (!text)
            return fail(text.error());
        normalTexts.emplace_back(text->text());
        normal.push_back(token);
        // The reference shows such a token in its normalised form, and does not know that form as special.
        m_parts.added[i].skipped = token.special && token.text == normalTexts.back();
        m_parts.added[i].text = normalTexts.back();
    }
    m_asWritten = AddedTokenMatcher(std::move(asWritten), asWrittenTexts);
    m_normalized = AddedTokenMatcher(std::move(normal), normalTexts);
    return {};
}

Result<AlignedText> PipelineTokenizer::normalized(AlignedText text) const
{
    for (const NormalizeStep &step : m_parts.normalize) {
        auto next = step(std::move(text));
        if (!next)
            return next;
        text = std::move(*next);
    }
    return text;
}

Result<std::vector<Token>> PipelineTokenizer::encode(std::string_view text, SpecialTokens special) const
{
    if (const auto checked = checkText(text); !checked)
        return fail(checked.error());
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 3 + 2);
    if (special == SpecialTokens::Add) {
        for (const int32_t id : m_parts.before)
            tokens.push_back({id, 0, 0});
    }
    for (const auto &segment : m_asWritten.split(text)) {
        if (segment.id >= 0) {
            tokens.push_back({segment.id, static_cast<int64_t>(segment.begin), static_cast<int64_t>(segment.end)});
            continue;
        }
        const AlignedText part(text.substr(segment.begin, segment.end - segment.begin), segment.begin);
        if (const auto done = encodeSegment(part, tokens); !done)
            return fail(done.error());
    }
    if (special == SpecialTokens::Add) {
        const auto size = static_cast<int64_t>(text.size());
        for (const int32_t id : m_parts.behind)
            tokens.push_back({id, size, size});
    }
    return tokens;
}

Result<void> PipelineTokenizer::encodeSegment(AlignedText text, std::vector<Token> &out) const
{
    auto normal = normalized(std::move(text));
    if (!normal)
        return fail(normal.error());
    if (m_normalized.empty())
        return encodePieces(std::move(*normal), out);
    for (const auto &segment : m_normalized.split(normal->text())) {
        if (segment.id >= 0) {
            const SourceRange source = normal->source(segment.begin, segment.end);
            out.push_back({segment.id, source.begin, source.end});
        } else if (const auto done = encodePieces(normal->part(segment.begin, segment.end), out); !done) {
            return done;
        }
    }
    return {};
}

Result<void> PipelineTokenizer::encodePieces(AlignedText text, std::vector<Token> &out) const
{
    CutText cut{std::move(text), {}};
    if (cut.text.size() > 0)
        cut.pieces.push_back({0, cut.text.size()});
    for (const CutStep &step : m_parts.cut) {
        auto next = step(std::move(cut));
        if (!next)
            return fail(next.error());
        cut = std::move(*next);
    }
    const std::string_view whole = cut.text.text();
    const size_t first = out.size();
    std::unordered_map<std::string_view, SeenPiece> seen;
    for (const auto &[begin, end] : cut.pieces) {
        const std::string_view piece = whole.substr(begin, end - begin);
        const auto offset = static_cast<int64_t>(begin);
        if (const auto met = seen.find(piece); met != seen.end()) {
            const int64_t shift = offset - met->second.begin;
            for (size_t i = met->second.first; i < met->second.last; ++i)
                out.push_back({out[i].id, out[i].begin + shift, out[i].end + shift});
            continue;
        }
        const size_t before = out.size();
        if (const auto done = m_parts.model->encode(piece, offset, out); !done)
            return done;
        if (piece.size() <= kLongestCachedPiece)
            seen.emplace(piece, SeenPiece{before, out.size(), offset});
    }
    for (size_t i = first; i < out.size(); ++i) {
        const SourceRange source = cut.text.source(static_cast<size_t>(out[i].begin), static_cast<size_t>(out[i].end));
        out[i].begin = source.begin;
        out[i].end = source.end;
    }
    return {};
}

const AddedToken *PipelineTokenizer::addedToken(int32_t id) const
{
    if (id < 0 || static_cast<size_t>(id) >= m_addedIndex.size() || m_addedIndex[static_cast<size_t>(id)] < 0)
        return nullptr;
    return &m_parts.added[static_cast<size_t>(m_addedIndex[static_cast<size_t>(id)])];
}

std::string_view PipelineTokenizer::tokenText(int32_t id) const
{
    const AddedToken *added = addedToken(id);
    return added ? std::string_view(added->text) : m_parts.model->vocabulary().text(id);
}

Result<std::string> PipelineTokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const
{
    std::vector<std::string> texts;
    texts.reserve(ids.size());
    for (const int32_t id : ids) {
        if (!known(id)) {
            return fail(ErrorCode::BadInput,
                "token id " + std::to_string(id) + " is outside the vocabulary: expected 0 to "
                    + std::to_string(vocabulary() - 1));
        }
        const AddedToken *added = addedToken(id);
        const std::string_view text = tokenText(id);
        if (!text.empty() && !(skipSpecial && added && added->skipped))
            texts.emplace_back(text);
    }
    for (const DecodeStep &step : m_parts.decode) {
        if (const auto done = step(texts); !done)
            return fail(done.error());
    }
    return replaceIllFormed(joined(texts, m_parts.decode.empty() ? " " : ""));
}

std::string PipelineTokenizer::piece(int32_t id) const
{
    if (!known(id))
        return {};
    const std::string_view text = tokenText(id);
    std::vector<std::string> texts{std::string(m_parts.model->bareText(text))};
    for (const DecodeStep &step : m_parts.piece) {
        if (!step(texts))
            return std::string(text);
    }
    return replaceIllFormed(joined(texts, ""));
}

bool PipelineTokenizer::isSpecial(int32_t id) const
{
    const AddedToken *added = addedToken(id);
    return added && added->special;
}

TokenKind PipelineTokenizer::tokenKind(int32_t id) const
{
    if (const AddedToken *added = addedToken(id))
        return added->special ? TokenKind::Special : TokenKind::Added;
    return known(id) && m_parts.model->vocabulary().has(id) ? TokenKind::Normal : TokenKind::Absent;
}

std::optional<int32_t> PipelineTokenizer::bos() const
{
    return m_parts.before.empty() ? std::nullopt : std::optional(m_parts.before.front());
}

std::string PipelineTokenizer::kind() const
{
    return m_parts.model->name() + (m_parts.detail.empty() ? "" : ", " + m_parts.detail);
}

} // namespace winnow
