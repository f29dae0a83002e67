#include "core/words/dictionary_route.h"

#include <algorithm>
#include <cmath>

namespace winnow {

DictionaryRoute::DictionaryRoute(const WordDictionary &dictionary)
    : m_trie(dictionary.words(), TrieAlphabet::CodePoint)
    , m_logTotal(std::log(static_cast<double>(std::max<uint64_t>(1, dictionary.total()))))
{
    for (uint32_t node = 0; node < m_trie.size(); ++node) {
        if (const uint32_t word = m_trie.word(node); word != WordTrie::kNoWord)
            m_trie.node(node).value = std::log(static_cast<double>(dictionary.words()[word].count));
    }
}

void DictionaryRoute::route(std::u32string_view text, std::vector<Step> &steps) const
{
    steps.assign(text.size() + 1, {0, static_cast<int32_t>(text.size())});
    for (size_t at = text.size(); at-- > 0;) {
        // A character that is no word counts as 1; the dictionary's own count of it, met below, is never smaller.
        Step best{0 - m_logTotal + steps[at + 1].value, static_cast<int32_t>(at + 1)};
        uint32_t node = 0;
        for (size_t end = at; end < text.size();) {
            node = m_trie.child(node, text[end++]);
            if (node == WordTrie::kNone)
                break;
            if (m_trie.word(node) == WordTrie::kNoWord)
                continue;
            const double value = m_trie.node(node).value - m_logTotal + steps[end].value;
            if (value >= best.value)
                best = {value, static_cast<int32_t>(end)};
        }
        steps[at] = best;
    }
}

bool DictionaryRoute::contains(std::u32string_view word) const
{
    const uint32_t node = m_trie.find(word);
    return node != WordTrie::kNone && m_trie.word(node) != WordTrie::kNoWord;
}

} // namespace winnow
