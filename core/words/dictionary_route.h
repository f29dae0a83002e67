#pragma once

#include "core/words/word_trie.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// The most probable path of single counts, from the right: route[i] = max over words from i of (ln(count or 1) - ln N + route[j]).
/// Equal values go to the longer word.
/// @source segmentation-baselines.md 3.3.
class DictionaryRoute {
public:
    explicit DictionaryRoute(const WordDictionary &dictionary);

    struct Step {
        double value = 0;
        int32_t next = 0; // end of the word that begins here
    };

    /// [n + 1] values and ends from every position. @cost O(n * longest match).
    void route(std::u32string_view text, std::vector<Step> &steps) const;
    bool contains(std::u32string_view word) const;
    size_t bytes() const { return m_trie.bytes(); }

private:
    WordTrie m_trie; // values: ln count
    double m_logTotal = 0;
};

} // namespace winnow
