#include "core/words/unigram_pieces.h"

#include "core/base/json_fields.h"
#include "core/words/characters.h"

#include <algorithm>
#include <limits>

namespace winnow {

UnigramPieces::UnigramPieces(std::vector<UnigramPiece> pieces)
    : m_pieces(std::move(pieces))
{
    std::sort(m_pieces.begin(), m_pieces.end(), [](const UnigramPiece &a, const UnigramPiece &b) { return a.text < b.text; });
    std::vector<WordCount> words;
    words.reserve(m_pieces.size());
    double lowest = 0;
    for (const UnigramPiece &piece : m_pieces) {
        words.push_back({piece.text, 1});
        lowest = std::min(lowest, piece.logp);
    }
    m_unknown = lowest - 10;
    m_trie = WordTrie(words, TrieAlphabet::CodePoint);
    for (uint32_t node = 0; node < m_trie.size(); ++node) {
        if (m_trie.word(node) != WordTrie::kNoWord)
            m_trie.node(node).value = m_pieces[m_trie.word(node)].logp;
    }
}

const UnigramPiece *UnigramPieces::find(std::u32string_view text) const
{
    const uint32_t node = m_trie.find(text);
    return node == WordTrie::kNone || m_trie.word(node) == WordTrie::kNoWord ? nullptr : &m_pieces[m_trie.word(node)];
}

double UnigramPieces::cut(std::u32string_view text, int32_t base, std::vector<int32_t> &ends, int64_t without) const
{
    constexpr double kUnreached = -std::numeric_limits<double>::infinity();
    const size_t n = text.size();
    std::vector<double> best(n + 1, kUnreached);
    std::vector<size_t> from(n + 1, 0);
    best[0] = 0;
    for (size_t at = 0; at < n; ++at) {
        // Pieces from a later start are shorter at the same end: they take ties.
        const auto offer = [&](size_t end, double value) {
            if (best[at] + value >= best[end]) {
                best[end] = best[at] + value;
                from[end] = at;
            }
        };
        uint32_t node = 0;
        bool single = false;
        for (size_t end = at; end < n;) {
            node = m_trie.child(node, text[end++]);
            if (node == WordTrie::kNone)
                break;
            const uint32_t word = m_trie.word(node);
            if (word == WordTrie::kNoWord || static_cast<int64_t>(word) == without)
                continue;
            single = single || end == at + 1;
            offer(end, m_trie.node(node).value);
        }
        if (!single)
            offer(at + 1, m_unknown);
    }
    const auto begin = static_cast<std::ptrdiff_t>(ends.size());
    for (size_t at = n; at > 0; at = from[at])
        ends.push_back(base + static_cast<int32_t>(at));
    std::reverse(ends.begin() + begin, ends.end());
    return best[n];
}

Json UnigramPieces::toJson() const
{
    Json list = Json::array();
    for (const UnigramPiece &piece : m_pieces)
        list.push_back({toUtf8(piece.text), piece.logp, piece.expected});
    return {{"kind", "pieces"}, {"pieces", std::move(list)}};
}

Result<UnigramPieces> UnigramPieces::fromJson(const Json &json)
{
    const auto bad = [] {
        return fail(ErrorCode::BadInput, "unigram model: \"pieces\" is missing or of another form",
            "a file that winnow-cli train --method unigram_lm wrote is expected");
    };
    const Json &list = childField(json, "pieces");
    if (stringField(json, "kind") != "pieces" || !list.is_array())
        return bad();
    std::vector<UnigramPiece> pieces;
    for (const Json &entry : list) {
        if (!entry.is_array() || entry.size() != 3 || !entry[0].is_string() || !entry[1].is_number() || !entry[2].is_number())
            return bad();
        pieces.push_back({toCharacters(entry[0].get<std::string>()), entry[1].get<double>(), entry[2].get<double>()});
        if (pieces.back().text.empty())
            return bad();
    }
    std::sort(pieces.begin(), pieces.end(), [](const UnigramPiece &a, const UnigramPiece &b) { return a.text < b.text; });
    const auto same = std::adjacent_find(pieces.begin(), pieces.end(), [](const UnigramPiece &a, const UnigramPiece &b) { return a.text == b.text; });
    return same == pieces.end() ? Result<UnigramPieces>(UnigramPieces(std::move(pieces))) : bad();
}

} // namespace winnow
