#include "core/model/tokenizer/word_models.h"

#include "core/model/unicode.h"

#include <algorithm>

namespace winnow {
namespace {

    using Words = std::vector<std::pair<std::string_view, int32_t>>;

    constexpr double kUnknownPenalty = 10.0; // kUnkPenalty of SentencePiece

    Token tokenAt(int32_t id, int64_t begin, size_t from, size_t to)
    {
        return {id, begin + static_cast<int64_t>(from), begin + static_cast<int64_t>(to)};
    }

    tl::unexpected<Error> unknownText(std::string_view text)
    {
        return fail(ErrorCode::BadInput,
            "the vocabulary has no token for \"" + std::string(text.substr(0, 80)) + "\" and none for what is unknown",
            "leave it out of the text");
    }

    size_t codePoints(std::string_view text)
    {
        return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<uint8_t>(byte) & 0xC0u) != 0x80u; }));
    }

} // namespace

WordPieceModel::WordPieceModel(std::shared_ptr<const Vocabulary> vocabulary, Options options)
    : m_vocabulary(std::move(vocabulary))
    , m_options(std::move(options))
{
    Words heads, tails;
    for (int32_t id = 0; id < m_vocabulary->end(); ++id) {
        const std::string_view text = m_vocabulary->text(id);
        heads.emplace_back(text, id);
        if (text.starts_with(m_options.continuingPrefix))
            tails.emplace_back(text.substr(m_options.continuingPrefix.size()), id);
    }
    m_heads = ByteTrie(std::move(heads));
    m_tails = ByteTrie(std::move(tails));
}

std::string_view WordPieceModel::bareText(std::string_view token) const
{
    const bool tail = token.size() > m_options.continuingPrefix.size() && token.starts_with(m_options.continuingPrefix);
    return tail ? token.substr(m_options.continuingPrefix.size()) : token;
}

Result<void> WordPieceModel::encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    const size_t first = out.size();
    bool found = codePoints(piece) <= m_options.longestWord;
    for (size_t from = 0; found && from < piece.size();) {
        const ByteTrie &trie = from == 0 ? m_heads : m_tails;
        uint32_t node = ByteTrie::kRoot;
        Token longest = tokenAt(-1, begin, from, from);
        for (size_t at = from; at < piece.size(); ++at) {
            node = trie.child(node, static_cast<uint8_t>(piece[at]));
            if (node == ByteTrie::kNone)
                break;
            if (trie.word(node) >= 0)
                longest = tokenAt(trie.word(node), begin, from, at + 1);
        }
        found = longest.id >= 0;
        if (found)
            out.push_back(longest);
        from = static_cast<size_t>(longest.end - begin);
    }
    if (found)
        return {};
    out.resize(first);
    if (!m_options.unknown)
        return unknownText(piece);
    out.push_back(tokenAt(*m_options.unknown, begin, 0, piece.size()));
    return {};
}

WordLevelModel::WordLevelModel(std::shared_ptr<const Vocabulary> vocabulary, std::optional<int32_t> unknown)
    : m_vocabulary(std::move(vocabulary))
    , m_unknown(unknown)
{
}

Result<void> WordLevelModel::encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    const int32_t id = m_vocabulary->find(piece);
    if (id < 0 && !m_unknown)
        return unknownText(piece);
    out.push_back(tokenAt(id >= 0 ? id : *m_unknown, begin, 0, piece.size()));
    return {};
}

UnigramModel::UnigramModel(std::shared_ptr<const Vocabulary> vocabulary, std::vector<double> scores, Options options)
    : m_vocabulary(std::move(vocabulary))
    , m_scores(std::move(scores))
    , m_options(options)
    , m_fallbackIds(byteFallbackIds(*m_vocabulary))
{
    Words words;
    for (int32_t id = 0; id < m_vocabulary->end(); ++id)
        words.emplace_back(m_vocabulary->text(id), id);
    m_trie = ByteTrie(std::move(words));
    m_unknownScore = (m_scores.empty() ? 0 : *std::min_element(m_scores.begin(), m_scores.end())) - kUnknownPenalty;
}

Result<void> UnigramModel::encode(std::string_view piece, int64_t begin, std::vector<Token> &out) const
{
    struct Best { // of the cuts that end here
        double score = 0;
        int32_t id = -1; // -1: unknown
        uint32_t from = 0;
        bool reached = false;
    };
    std::vector<Best> best(piece.size() + 1);
    const auto offer = [&](size_t to, double score, int32_t id, size_t from) {
        if (!best[to].reached || score > best[to].score)
            best[to] = {score, id, static_cast<uint32_t>(from), true};
    };
    for (size_t from = 0, next = 0; from < piece.size(); from = next) {
        takeCodePoint(piece, next);
        uint32_t node = ByteTrie::kRoot;
        bool single = false; // the code point is a token
        for (size_t at = from; at < piece.size(); ++at) {
            node = m_trie.child(node, static_cast<uint8_t>(piece[at]));
            if (node == ByteTrie::kNone)
                break;
            if (const int32_t id = m_trie.word(node); id >= 0) {
                offer(at + 1, best[from].score + m_scores[static_cast<size_t>(id)], id, from);
                single = single || at + 1 == next;
            }
        }
        if (single)
            continue;
        if (!m_options.unknown)
            return unknownText(piece.substr(from, next - from));
        offer(next, best[from].score + m_unknownScore, -1, from);
    }
    // Back to front; unknown ones side by side become one.
    std::vector<Token> tokens;
    for (size_t to = piece.size(); to > 0; to = best[to].from) {
        const bool unknown = best[to].id < 0 || best[to].id == m_options.unknown;
        if (unknown && !tokens.empty() && tokens.back().id < 0)
            tokens.back().begin = best[to].from;
        else
            tokens.push_back({unknown ? -1 : best[to].id, best[to].from, static_cast<int64_t>(to)});
    }
    for (size_t i = tokens.size(); i-- > 0;) {
        const auto from = static_cast<size_t>(tokens[i].begin), to = static_cast<size_t>(tokens[i].end);
        appendToken(piece.substr(from, to - from), tokenAt(tokens[i].id, begin, from, to), out);
    }
    return {};
}

void UnigramModel::appendToken(std::string_view text, const Token &token, std::vector<Token> &out) const
{
    if (token.id >= 0) {
        out.push_back(token);
        return;
    }
    // Unknown characters side by side may spell a token, as in the reference.
    if (const int32_t id = m_vocabulary->find(text); id >= 0) {
        out.push_back({id, token.begin, token.end});
        return;
    }
    const auto lacking = [&](char byte) { return m_fallbackIds[static_cast<uint8_t>(byte)] < 0; };
    if (!m_options.byteFallback || std::any_of(text.begin(), text.end(), lacking)) {
        out.push_back({m_options.unknown.value_or(0), token.begin, token.end});
        return;
    }
    for (size_t i = 0; i < text.size(); ++i) {
        const int64_t at = token.begin + static_cast<int64_t>(i);
        out.push_back({m_fallbackIds[static_cast<uint8_t>(text[i])], at, at + 1});
    }
}

} // namespace winnow
