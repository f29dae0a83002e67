#include "core/words/cut_text.h"

#include "core/words/characters.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 3> kModeNames{"strip", "separator", "literal"};

    struct ScriptCounts {
        int64_t kana = 0, hangul = 0, thai = 0, ideographs = 0;
    };

    void countScripts(std::u32string_view text, ScriptCounts &counts)
    {
        const auto within = [](char32_t value, char32_t first, char32_t last) { return value >= first && value <= last; };
        for (const char32_t value : text) {
            counts.kana += within(value, 0x3041, 0x30FF) || within(value, 0x31F0, 0x31FF);
            counts.hangul += within(value, 0xAC00, 0xD7A3) || within(value, 0x1100, 0x11FF);
            counts.thai += within(value, 0x0E01, 0x0E5B);
            counts.ideographs += within(value, 0x3400, 0x9FFF) || within(value, 0x20000, 0x323AF);
        }
    }

} // namespace

const char *whiteSpaceModeName(WhiteSpaceMode mode) { return kModeNames[static_cast<size_t>(mode)].data(); }

Result<WhiteSpaceMode> whiteSpaceModeOf(std::string_view name)
{
    const auto found = std::find(kModeNames.begin(), kModeNames.end(), name);
    if (found == kModeNames.end())
        return fail(ErrorCode::BadInput, "unknown white space mode \"" + std::string(name) + "\"", "strip, separator or literal");
    return static_cast<WhiteSpaceMode>(found - kModeNames.begin());
}

std::string languageOf(const std::vector<std::string> &lines)
{
    ScriptCounts counts;
    for (const std::string &line : lines)
        countScripts(toCharacters(line), counts);
    // Japanese text has kana beside its ideographs; stray kana in Chinese text are few.
    const int64_t eastAsian = counts.kana + counts.ideographs;
    const int64_t most = std::max({eastAsian, counts.hangul, counts.thai});
    if (most == 0)
        return "en";
    if (most == counts.thai)
        return "th";
    if (most == counts.hangul)
        return "ko";
    return counts.kana * 10 >= eastAsian ? "ja" : "zh";
}

WhiteSpaceMode whiteSpaceModeOfLanguage(std::string_view language)
{
    const bool strip = language == "zh" || language == "ja" || language == "ko";
    return strip ? WhiteSpaceMode::Strip : WhiteSpaceMode::Separator;
}

std::u32string_view CutText::piece(size_t index) const
{
    return word(pieceBegin(index), pieceEnds[index]);
}

namespace {

    /// Takes white space out of `out.characters` from its first one at `at` on, with positions and, on request, cuts.
    void removeWhite(CutText &out, size_t at, bool cuts)
    {
        const CharacterClasses &classes = CharacterClasses::table();
        out.origin.resize(out.characters.size());
        for (size_t i = 0; i < at; ++i)
            out.origin[i] = static_cast<int32_t>(i);
        size_t to = at;
        for (size_t i = at; i < out.characters.size(); ++i) {
            if (!classes.is(out.characters[i], kWhiteCharacter)) {
                out.characters[to] = out.characters[i];
                out.origin[to++] = static_cast<int32_t>(i);
                continue;
            }
            const auto end = static_cast<int32_t>(to);
            if (cuts && end > (out.pieceEnds.empty() ? 0 : out.pieceEnds.back()))
                out.pieceEnds.push_back(end);
        }
        out.characters.resize(to);
        out.origin.resize(to);
    }

} // namespace

void prepareText(std::string_view utf8, WhiteSpaceMode mode, CutText &out)
{
    out.characters.clear();
    out.origin.clear();
    out.pieceEnds.clear();
    appendCharacters(utf8, out.characters);
    if (mode != WhiteSpaceMode::Literal) {
        const CharacterClasses &classes = CharacterClasses::table();
        size_t at = 0;
        while (at < out.characters.size() && !classes.is(out.characters[at], kWhiteCharacter))
            ++at;
        if (at < out.characters.size())
            removeWhite(out, at, mode == WhiteSpaceMode::Separator);
    }
    const auto end = static_cast<int32_t>(out.characters.size());
    if (end > (out.pieceEnds.empty() ? 0 : out.pieceEnds.back()))
        out.pieceEnds.push_back(end);
}

CutText cutText(std::string_view utf8, WhiteSpaceMode mode)
{
    CutText text;
    prepareText(utf8, mode, text);
    return text;
}

std::u32string rawText(const std::vector<std::string> &lines, WhiteSpaceMode mode)
{
    std::u32string raw;
    CutText text;
    for (const std::string &line : lines) {
        if (&line != &lines.front())
            raw += U'\n';
        prepareText(line, mode == WhiteSpaceMode::Strip ? mode : WhiteSpaceMode::Literal, text);
        raw += text.characters;
    }
    return raw;
}

std::vector<std::pair<int32_t, int32_t>> originRanges(const CutText &text, const std::vector<int32_t> &ends)
{
    std::vector<std::pair<int32_t, int32_t>> ranges;
    ranges.reserve(ends.size());
    int32_t first = 0;
    for (const int32_t end : ends) {
        ranges.emplace_back(text.originOf(static_cast<size_t>(first)), text.originOf(static_cast<size_t>(end - 1)) + 1);
        first = end;
    }
    return ranges;
}

std::vector<int32_t> wordEnds(const CutText &text, const std::vector<std::pair<int32_t, int32_t>> &ranges)
{
    std::vector<int32_t> ends;
    size_t range = 0;
    const auto count = static_cast<int32_t>(text.size());
    for (int32_t at = 0; at < count; ++at) {
        const int32_t origin = text.originOf(static_cast<size_t>(at));
        while (range < ranges.size() && ranges[range].second <= origin)
            ++range;
        const bool inside = range < ranges.size() && ranges[range].first <= origin;
        const bool nextInside = inside && at + 1 < count && text.originOf(static_cast<size_t>(at) + 1) < ranges[range].second;
        if (!nextInside)
            ends.push_back(at + 1);
    }
    return ends;
}

} // namespace winnow
