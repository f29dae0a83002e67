#include "core/words/patterns.h"

#include "core/words/characters.h"

namespace winnow {
namespace {

    bool isDigit(char32_t value) { return CharacterClasses::table().is(value, kDigitCharacter); }
    bool isLatin(char32_t value) { return (value >= U'A' && value <= U'Z') || (value >= U'a' && value <= U'z'); }

    bool joinsDigits(char32_t value)
    {
        switch (value) {
        case U'.':
        case U'\uFF0E': // full-width full stop
        case U':':
        case U'\uFF1A': // full-width colon
            case U'-':
        case U'\uFF0D': // full-width hyphen-minus
        case U'/':
            return true;
        default:
            return false;
        }
    }

    bool joinsLatin(char32_t value) { return value == U'\'' || value == U'-'; }

    template <typename Is> size_t runEnd(std::u32string_view text, size_t at, Is is)
    {
        while (at < text.size() && is(text[at]))
            ++at;
        return at;
    }

    /// Run ( joint run )* from `at`, where a run is known to begin.
    template <typename Is, typename Joins> size_t chainEnd(std::u32string_view text, size_t at, Is is, Joins joins)
    {
        size_t end = runEnd(text, at, is);
        while (end + 1 < text.size() && joins(text[end]) && is(text[end + 1]))
            end = runEnd(text, end + 1, is);
        return end;
    }

} // namespace

size_t numberEnd(std::u32string_view text, size_t at)
{
    const size_t digits = at < text.size() && (text[at] == U'-' || text[at] == U'+') ? at + 1 : at;
    if (digits >= text.size() || !isDigit(text[digits]))
        return at;
    return chainEnd(text, digits, isDigit, joinsDigits);
}

size_t latinEnd(std::u32string_view text, size_t at)
{
    if (at >= text.size() || !isLatin(text[at]))
        return at;
    return chainEnd(text, at, isLatin, joinsLatin);
}

void appendChunks(std::u32string_view text, int32_t base, std::vector<WordChunk> &out)
{
    const CharacterClasses &classes = CharacterClasses::table();
    size_t begin = 0; // of the open chunk
    size_t at = 0;
    const auto add = [&](size_t first, size_t end, ChunkKind kind) {
        if (end > first)
            out.push_back({base + static_cast<int32_t>(first), base + static_cast<int32_t>(end), kind});
    };
    const auto close = [&](size_t end, ChunkKind kind) {
        add(begin, at, ChunkKind::Chunk);
        add(at, end, kind);
        begin = at = end;
    };
    while (at < text.size()) {
        const uint8_t bits = classes.of(text[at]);
        if (const size_t number = numberEnd(text, at); number > at) {
            close(number, ChunkKind::Number);
        } else if (const size_t latin = latinEnd(text, at); latin > at) {
            close(latin, ChunkKind::Latin);
        } else if ((bits & (kSymbolCharacter | kWhiteCharacter)) != 0) {
            close(at + 1, ChunkKind::Symbol);
        } else {
            ++at;
        }
    }
    add(begin, at, ChunkKind::Chunk);
}

} // namespace winnow
