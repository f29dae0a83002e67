#include "core/methods/prompt/recovery.h"

#include "core/methods/prompt/text_units.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr size_t kLargestGap = 10;

    struct WordList {
        std::vector<ByteSpan> spans;
        std::vector<std::string_view> words;

        explicit WordList(std::string_view text)
            : spans(whiteSpaceWords(text))
        {
            for (const auto &[begin, end] : spans)
                words.push_back(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
        }
        size_t size() const { return words.size(); }
    };

    /// Longest run of reply words from `first` that stands in the text.
    size_t runLength(const WordList &reply, size_t first, const WordList &text)
    {
        size_t longest = 0;
        for (size_t start = 0; start < text.size(); ++start) {
            size_t count = 0;
            while (first + count < reply.size() && start + count < text.size() && reply.words[first + count] == text.words[start + count])
                ++count;
            longest = std::max(longest, count);
        }
        return longest;
    }

    struct Span {
        size_t first = 0, last = 0, matched = 0;
    };

    Span bestSpan(const WordList &reply, size_t first, size_t count, const WordList &original)
    {
        Span best;
        for (size_t start = 0; start < original.size(); ++start) {
            if (original.words[start] != reply.words[first])
                continue;
            Span span{start, start, 1};
            for (size_t i = 1; i < count; ++i) {
                const size_t end = std::min(original.size(), span.last + 1 + kLargestGap);
                for (size_t at = span.last + 1; at < end; ++at) {
                    if (original.words[at] == reply.words[first + i]) {
                        span.last = at;
                        ++span.matched;
                        break;
                    }
                }
            }
            const bool shorter = span.last - span.first < best.last - best.first;
            if (span.matched > best.matched || (span.matched == best.matched && shorter))
                best = span;
        }
        return best;
    }

} // namespace

std::string recoveredReply(std::string_view original, std::string_view compressed, std::string_view reply)
{
    const WordList from(original), in(compressed), words(reply);
    std::string out;
    size_t copied = 0; // bytes of the reply that are in `out`
    for (size_t i = 0; i < words.size();) {
        const size_t count = runLength(words, i, in);
        const Span span = count > 0 ? bestSpan(words, i, count, from) : Span();
        if (span.matched == 0) {
            ++i;
            continue;
        }
        out += reply.substr(copied, static_cast<size_t>(words.spans[i].first) - copied);
        const auto begin = static_cast<size_t>(from.spans[span.first].first), end = static_cast<size_t>(from.spans[span.last].second);
        out += original.substr(begin, end - begin);
        copied = static_cast<size_t>(words.spans[i + count - 1].second);
        i += count;
    }
    return out + std::string(reply.substr(copied));
}

} // namespace winnow
