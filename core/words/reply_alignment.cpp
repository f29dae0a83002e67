#include "core/words/reply_alignment.h"

#include "core/base/utf8.h"
#include "core/words/characters.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr int32_t kUnmatched = -1;
    constexpr size_t kMostCells = size_t{1} << 27; // of the table, half a gigabyte

    /// Source position of every reply character, kUnmatched where it has none, and how many matched.
    std::vector<int32_t> matches(std::u32string_view source, std::u32string_view reply)
    {
        std::vector<int32_t> positions(reply.size(), kUnmatched);
        // The walk takes what is equal at the front as it comes, so the table begins behind it.
        size_t front = 0;
        while (front < reply.size() && front < source.size() && reply[front] == source[front]) {
            positions[front] = static_cast<int32_t>(front);
            ++front;
        }
        const size_t shift = front;
        reply.remove_prefix(front);
        source.remove_prefix(front);
        if (reply.size() * source.size() > kMostCells)
            return positions;
        const size_t width = source.size() + 1;
        std::vector<int32_t> lengths((reply.size() + 1) * width, 0); // [|R| + 1, |S| + 1] LCS of what is left
        for (size_t i = reply.size(); i-- > 0;) {
            for (size_t j = source.size(); j-- > 0;) {
                lengths[i * width + j] = reply[i] == source[j]
                    ? lengths[(i + 1) * width + j + 1] + 1
                    : std::max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
            }
        }
        for (size_t i = 0, j = 0; i < reply.size() && j < source.size();) {
            if (reply[i] == source[j])
                positions[shift + i++] = static_cast<int32_t>(shift + j++);
            else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
                ++i;
            else
                ++j;
        }
        return positions;
    }

    std::u32string joined(const std::vector<std::u32string> &words)
    {
        std::u32string text;
        for (const std::u32string &word : words)
            text += word;
        return text;
    }

} // namespace

ReplyAlignment alignReply(std::u32string_view source, const std::vector<std::u32string> &replyWords)
{
    ReplyAlignment result;
    const std::u32string reply = joined(replyWords);
    result.altered = reply != source;
    if (!result.altered) {
        int32_t end = 0;
        for (const std::u32string &word : replyWords)
            result.ends.push_back(end += static_cast<int32_t>(word.size()));
        result.accepted.assign(result.ends.size(), 1);
        result.used.assign(replyWords.size(), 1);
        return result;
    }
    const std::vector<int32_t> positions = matches(source, reply);
    const auto matched = positions.size() - static_cast<size_t>(std::count(positions.begin(), positions.end(), kUnmatched));
    result.hallucination
        = static_cast<double>(reply.size() - matched) / static_cast<double>(std::max<size_t>(1, reply.size()));
    std::vector<int32_t> endAt(source.size(), 0); // end of the accepted word that begins here, 0 = none does
    size_t at = 0;
    for (const std::u32string &word : replyWords) {
        bool whole = positions[at] != kUnmatched;
        for (size_t k = 1; k < word.size(); ++k)
            whole = whole && positions[at + k] == positions[at] + static_cast<int32_t>(k);
        result.used.push_back(whole);
        if (whole)
            endAt[static_cast<size_t>(positions[at])] = positions[at] + static_cast<int32_t>(word.size());
        at += word.size();
    }
    for (int32_t begin = 0; begin < static_cast<int32_t>(source.size());) {
        const int32_t end = endAt[static_cast<size_t>(begin)];
        result.accepted.push_back(end > 0);
        begin = end > 0 ? end : begin + 1;
        result.ends.push_back(begin);
    }
    return result;
}

std::vector<std::u32string> replyWords(std::string_view reply)
{
    const CharacterClasses &classes = CharacterClasses::table();
    std::vector<std::u32string> words;
    std::u32string word;
    for (const char32_t character : toCharacters(validUtf8(reply))) {
        if (!classes.is(character, kWhiteCharacter)) {
            word += character;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty())
        words.push_back(std::move(word));
    return words;
}

} // namespace winnow
