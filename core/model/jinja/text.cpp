#include "core/model/jinja/text.h"

#include "core/model/jinja/text_points.h"

#include <algorithm>
#include <cstring>

namespace winnow::jinja {

bool isAscii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

namespace {

    /// Offset of the start of the code point that ends before `end`.
    size_t previous(std::string_view text, size_t end)
    {
        size_t at = end - 1;
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
            --at;
        return at;
    }

    template <typename Drop> std::string_view stripIf(std::string_view text, Side side, Drop drop)
    {
        size_t begin = 0;
        size_t end = text.size();
        while (side != Side::Right && begin < end) {
            size_t next = begin;
            if (!drop(pointAt(text, next)))
                break;
            begin = next;
        }
        while (side != Side::Left && end > begin) {
            const size_t start = previous(text, end);
            size_t next = start;
            if (!drop(pointAt(text, next)))
                break;
            end = start;
        }
        return text.substr(begin, end - begin);
    }

    bool isLineEnd(char32_t point)
    {
        return (point >= 0x0A && point <= 0x0D) || (point >= 0x1C && point <= 0x1E) || point == 0x85 || point == 0x2028
            || point == 0x2029;
    }

} // namespace

std::u32string decode(std::string_view text)
{
    std::u32string points;
    points.reserve(text.size());
    for (size_t at = 0; at < text.size();)
        points.push_back(pointAt(text, at));
    return points;
}

void appendPoint(std::string &text, char32_t point)
{
    const auto byte = [&](char32_t value) { text.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xC0 | (point >> 6));
        byte(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        byte(0xE0 | (point >> 12));
        byte(0x80 | ((point >> 6) & 0x3F));
        byte(0x80 | (point & 0x3F));
    } else {
        byte(0xF0 | (point >> 18));
        byte(0x80 | ((point >> 12) & 0x3F));
        byte(0x80 | ((point >> 6) & 0x3F));
        byte(0x80 | (point & 0x3F));
    }
}

std::string encode(std::u32string_view points)
{
    std::string text;
    text.reserve(points.size());
    for (const char32_t point : points)
        appendPoint(text, point);
    return text;
}

size_t countPoints(std::string_view text)
{
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

size_t byteOffset(std::string_view text, size_t points)
{
    size_t at = 0;
    for (; points > 0 && at < text.size(); --points)
        at += pointSize(text[at]);
    return std::min(at, text.size());
}

std::string_view strip(std::string_view text, Side side) { return stripIf(text, side, isSpace); }

std::string_view strip(std::string_view text, std::string_view chars, Side side)
{
    std::u32string set = decode(chars);
    std::sort(set.begin(), set.end());
    return stripIf(text, side, [&](char32_t c) { return std::binary_search(set.begin(), set.end(), c); });
}

std::vector<std::string_view> splitLines(std::string_view text, bool keepEnds)
{
    std::vector<std::string_view> lines;
    size_t begin = 0;
    for (size_t at = 0; at < text.size();) {
        const size_t end = at;
        const char32_t point = pointAt(text, at);
        if (!isLineEnd(point))
            continue;
        if (point == '\r' && at < text.size() && text[at] == '\n')
            ++at;
        lines.push_back(text.substr(begin, (keepEnds ? at : end) - begin));
        begin = at;
    }
    if (begin < text.size())
        lines.push_back(text.substr(begin));
    return lines;
}

std::vector<std::string_view> splitWords(std::string_view text, int64_t limit)
{
    std::vector<std::string_view> words;
    text = strip(text, Side::Left);
    while (!text.empty()) {
        if (limit >= 0 && static_cast<int64_t>(words.size()) == limit) {
            words.push_back(text);
            return words;
        }
        size_t end = 0;
        for (size_t at = 0; at < text.size(); end = at) {
            if (isSpace(pointAt(text, at)))
                break;
        }
        words.push_back(text.substr(0, end));
        text = strip(text.substr(end), Side::Left);
    }
    return words;
}

std::vector<std::string_view> splitWordsRight(std::string_view text, int64_t limit)
{
    std::vector<std::string_view> words;
    text = strip(text, Side::Right);
    while (!text.empty()) {
        if (limit >= 0 && static_cast<int64_t>(words.size()) == limit) {
            words.push_back(text);
            break;
        }
        size_t begin = text.size();
        while (begin > 0) {
            const size_t start = previous(text, begin);
            size_t next = start;
            if (isSpace(pointAt(text, next)))
                break;
            begin = start;
        }
        words.push_back(text.substr(begin));
        text = strip(text.substr(0, begin), Side::Right);
    }
    std::reverse(words.begin(), words.end());
    return words;
}

size_t find(std::string_view text, std::string_view part, size_t from)
{
    if (from > text.size())
        return std::string_view::npos;
    if (part.empty())
        return from;
    // memmem takes linear time for any part, which std::string_view::find does not
    const void *found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    return found ? static_cast<size_t>(static_cast<const char *>(found) - text.data()) : std::string_view::npos;
}

size_t findLast(std::string_view text, std::string_view part)
{
    if (part.size() > text.size())
        return std::string_view::npos;
    const std::string backText(text.rbegin(), text.rend());
    const std::string backPart(part.rbegin(), part.rend());
    const size_t at = find(backText, backPart);
    return at == std::string_view::npos ? at : text.size() - at - part.size();
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, int64_t limit)
{
    std::vector<std::string_view> parts;
    size_t begin = 0;
    while (limit < 0 || static_cast<int64_t>(parts.size()) < limit) {
        const size_t at = find(text, separator, begin);
        if (at == std::string_view::npos)
            break;
        parts.push_back(text.substr(begin, at - begin));
        begin = at + separator.size();
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::vector<std::string_view> splitRight(std::string_view text, std::string_view separator, int64_t limit)
{
    const std::string backText(text.rbegin(), text.rend());
    const std::string backSeparator(separator.rbegin(), separator.rend());
    std::vector<std::string_view> parts;
    for (const std::string_view part : split(backText, backSeparator, limit)) {
        const size_t end = text.size() - static_cast<size_t>(part.data() - backText.data());
        parts.push_back(text.substr(end - part.size(), part.size()));
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
}

size_t countParts(std::string_view text, std::string_view part)
{
    if (part.empty())
        return countPoints(text) + 1;
    size_t count = 0;
    for (size_t at = find(text, part); at != std::string_view::npos; at = find(text, part, at + part.size()))
        ++count;
    return count;
}

size_t replacedSize(std::string_view text, std::string_view from, std::string_view to, int64_t limit)
{
    size_t count = countParts(text, from);
    if (limit >= 0)
        count = std::min(count, static_cast<size_t>(limit));
    return text.size() - (from.empty() ? 0 : count * from.size()) + count * to.size();
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t limit)
{
    std::string result;
    int64_t count = 0;
    const auto more = [&] { return limit < 0 || count < limit; };
    if (from.empty()) { // between all code points, before the first and behind the last
        size_t at = 0;
        while (more()) {
            result += to;
            ++count;
            if (at >= text.size())
                return result;
            const size_t begin = at;
            pointAt(text, at);
            result += text.substr(begin, at - begin);
        }
        return result += text.substr(at);
    }
    size_t begin = 0;
    while (more()) {
        const size_t at = find(text, from, begin);
        if (at == std::string_view::npos)
            break;
        result += text.substr(begin, at - begin);
        result += to;
        begin = at + from.size();
        ++count;
    }
    return result += text.substr(begin);
}

std::string quoted(std::string_view text)
{
    const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
    static constexpr const char *kHex = "0123456789abcdef";
    std::string result(1, quote);
    const auto hex = [&](char letter, char32_t point, int digits) {
        result += '\\';
        result += letter;
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
            result += kHex[(point >> shift) & 0xF];
    };
    for (size_t at = 0; at < text.size();) {
        const size_t begin = at;
        const char32_t c = pointAt(text, at);
        if (c == static_cast<unsigned char>(quote) || c == '\\')
            result += { '\\', static_cast<char>(c) };
        else if (c == '\n' || c == '\r' || c == '\t')
            result += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        else if (isPrintable(c))
            result += text.substr(begin, at - begin);
        else if (c < 0x100)
            hex('x', c, 2);
        else if (c < 0x10000)
            hex('u', c, 4);
        else
            hex('U', c, 8);
    }
    return result += quote;
}

std::string escapeHtml(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&#34;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

} // namespace winnow::jinja
