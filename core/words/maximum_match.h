#pragma once

#include "core/words/word_trie.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// Longest words of a dictionary, from the left or from the right; one character where none fits.
/// @source segmentation-baselines.md 3.2.
class MaximumMatch {
public:
    /// @param longest  words of more characters are not looked for; 0 = no limit.
    MaximumMatch(const WordDictionary &dictionary, size_t longest);

    /// Ends of the words of `text`, appended with `base` added. @cost O(n * longest match).
    void forward(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const;
    void backward(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const;
    /// Fewer words; then fewer of one character; then backward.
    void bidirectional(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const;
    size_t bytes() const { return m_forward.bytes() + m_backward.bytes(); }

private:
    size_t m_longest;
    WordTrie m_forward, m_backward; // words, and words read from their ends
};

} // namespace winnow
