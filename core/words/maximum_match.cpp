#include "core/words/maximum_match.h"

#include <algorithm>
#include <limits>

namespace winnow {
namespace {

    std::vector<WordCount> reversed(const WordDictionary &dictionary)
    {
        std::vector<WordCount> words = dictionary.words();
        for (WordCount &entry : words)
            std::reverse(entry.word.begin(), entry.word.end());
        std::sort(words.begin(), words.end(), [](const WordCount &a, const WordCount &b) { return a.word < b.word; });
        return words;
    }

    int64_t singles(const std::vector<int32_t> &ends)
    {
        int64_t count = 0;
        int32_t first = 0;
        for (const int32_t end : ends) {
            count += end - first == 1;
            first = end;
        }
        return count;
    }

} // namespace

MaximumMatch::MaximumMatch(const WordDictionary &dictionary, size_t longest)
    : m_longest(longest == 0 ? std::numeric_limits<size_t>::max() : longest)
    , m_forward(dictionary.words(), TrieAlphabet::CodePoint)
    , m_backward(reversed(dictionary), TrieAlphabet::CodePoint)
{
}

void MaximumMatch::forward(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const
{
    for (size_t at = 0; at < text.size();) {
        size_t best = at + 1;
        uint32_t node = 0;
        const size_t limit = std::min(text.size() - at, m_longest);
        for (size_t length = 0; length < limit;) {
            node = m_forward.child(node, text[at + length++]);
            if (node == WordTrie::kNone)
                break;
            if (m_forward.word(node) != WordTrie::kNoWord)
                best = at + length;
        }
        ends.push_back(base + static_cast<int32_t>(best));
        at = best;
    }
}

void MaximumMatch::backward(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const
{
    const auto begin = static_cast<std::ptrdiff_t>(ends.size());
    for (size_t end = text.size(); end > 0;) {
        size_t best = end - 1;
        uint32_t node = 0;
        const size_t limit = std::min(end, m_longest);
        for (size_t length = 0; length < limit;) {
            node = m_backward.child(node, text[end - 1 - length++]);
            if (node == WordTrie::kNone)
                break;
            if (m_backward.word(node) != WordTrie::kNoWord)
                best = end - length;
        }
        ends.push_back(base + static_cast<int32_t>(end));
        end = best;
    }
    std::reverse(ends.begin() + begin, ends.end());
}

void MaximumMatch::bidirectional(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const
{
    std::vector<int32_t> left, right;
    forward(text, 0, left);
    backward(text, 0, right);
    const bool takeLeft
        = left.size() != right.size() ? left.size() < right.size() : singles(left) < singles(right);
    for (const int32_t end : takeLeft ? left : right)
        ends.push_back(base + end);
}

} // namespace winnow
