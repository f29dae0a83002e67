#include "core/methods/prompt/stop_words.h"

#include "core/methods/prompt/characters.h"

#include <algorithm>
#include <array>
#include <string>

namespace winnow {
namespace {

    // The determiners come first.
    constexpr size_t kDeterminers = 14;
    constexpr std::array<std::string_view, 90> kWords{"a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her",
        "its", "our", "their", "and", "or", "but", "nor", "so", "if", "than", "then", "as", "of", "in", "on", "at", "by", "for", "from",
        "to", "into", "onto", "with", "without", "about", "over", "under", "after", "before", "between", "during", "through", "is", "am",
        "are", "was", "were", "be", "been", "being", "do", "does", "did", "has", "have", "had", "will", "would", "can", "could", "shall",
        "should", "may", "might", "must", "it", "he", "she", "they", "we", "you", "i", "him", "them", "us", "me", "who", "whom", "which",
        "what", "when", "where", "there", "here", "no", "not", "very", "just", "also"};

    bool isAmong(std::string_view word, size_t count)
    {
        const std::string lower = lowerCase(coreOfWord(word));
        const auto end = kWords.begin() + static_cast<std::ptrdiff_t>(count);
        return !lower.empty() && std::find(kWords.begin(), end, lower) != end;
    }

} // namespace

bool isStopWord(std::string_view word) { return isAmong(word, kWords.size()); }

bool isDeterminer(std::string_view word) { return isAmong(word, kDeterminers); }

} // namespace winnow
