#include "core/eval/character_alignment.h"

#include <algorithm>

namespace winnow {
namespace {

    /// Tokens of each character.
    std::vector<std::vector<int32_t>> tokensByCharacter(const TokenCharacters &tokens, int64_t characters)
    {
        std::vector<std::vector<int32_t>> lists(static_cast<size_t>(characters));
        for (size_t t = 0; t < tokens.spans.size(); ++t) {
            const auto [first, last] = tokens.spans[t];
            for (int64_t c = first; c < std::min(last, characters); ++c)
                lists[size_t(c)].push_back(int32_t(t));
        }
        return lists;
    }

    /// Whether any of the ascending tokens is below `skip`.
    bool skipped(const std::vector<int32_t> &tokens, int64_t skip) { return tokens.empty() || tokens.front() < skip; }

} // namespace

TokenCharacters tokenCharacters(std::string_view text, std::span<const std::pair<int64_t, int64_t>> byteSpans)
{
    std::vector<int64_t> characterOf(text.size() + 1); // of each byte
    int64_t count = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<uint8_t>(text[i]) & 0xC0U) != 0x80U)
            ++count;
        characterOf[i] = std::max<int64_t>(0, count - 1);
    }
    characterOf[text.size()] = count;
    TokenCharacters tokens;
    for (const auto &[begin, end] : byteSpans) {
        const auto from = size_t(std::clamp<int64_t>(begin, 0, int64_t(text.size())));
        const auto to = size_t(std::clamp<int64_t>(end, int64_t(from), int64_t(text.size())));
        if (from == to)
            tokens.spans.emplace_back(characterOf[from], characterOf[from]);
        else
            tokens.spans.emplace_back(characterOf[from], characterOf[to - 1] + 1);
    }
    return tokens;
}

std::vector<Segment> alignSegments(const TokenCharacters &large, const TokenCharacters &small, int64_t characters, int64_t skipTokens)
{
    const auto a = tokensByCharacter(large, characters), b = tokensByCharacter(small, characters);
    std::vector<Segment> segments;
    for (size_t c = 0; c < size_t(characters); ++c) {
        if (skipped(a[c], skipTokens) || skipped(b[c], skipTokens))
            continue;
        const bool goesOn = !segments.empty() && segments.back().last == int64_t(c) && segments.back().large == a[c] && segments.back().small == b[c];
        if (goesOn)
            ++segments.back().last;
        else
            segments.push_back({int64_t(c), int64_t(c) + 1, a[c], b[c]});
    }
    return segments;
}

std::vector<float> characterSums(std::span<const float> sums, const TokenCharacters &tokens, const std::vector<Segment> &segments,
    std::vector<int32_t> Segment::*tokensOf)
{
    const size_t n = tokens.spans.size();
    std::vector<float> result;
    for (size_t first = 0; first < sums.size(); first += n) {
        for (const Segment &segment : segments) {
            double density = 0;
            for (const int32_t token : segment.*tokensOf)
                density += double(sums[first + size_t(token)]) / double(tokens.length(token));
            result.insert(result.end(), size_t(segment.length()), float(density));
        }
    }
    return result;
}

} // namespace winnow
