#include "core/model/tokenizer/regex.h"

#include <algorithm>
#include <unicode/regex.h>
#include <unicode/unistr.h>

namespace winnow {
namespace {

    constexpr size_t kLongestPattern = 32768; // published ones have some hundred characters
    constexpr int32_t kStackBytes = 32 << 20; // of backtracking

    /// Counts the ticks of all searches in one text; the search ends when they are used up.
    UBool countTick(const void *context, int32_t)
    {
        return --*static_cast<int64_t *>(const_cast<void *>(context)) > 0;
    }

    /// UTF-16 of a text and, when that differs, the byte where each unit begins.
    struct Utf16Text {
        explicit Utf16Text(std::string_view text)
            : units(icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))))
        {
            if (static_cast<size_t>(units.length()) == text.size())
                return; // ASCII
            bytes.reserve(static_cast<size_t>(units.length()) + 1);
            size_t at = 0;
            for (int32_t i = 0; i < units.length();) {
                const UChar32 point = units.char32At(i);
                for (int32_t k = 0; k < U16_LENGTH(point); ++k)
                    bytes.push_back(at);
                i += U16_LENGTH(point);
                at += static_cast<size_t>(U8_LENGTH(point));
            }
            bytes.push_back(at);
        }
        size_t byte(int32_t unit) const { return bytes.empty() ? static_cast<size_t>(unit) : bytes[static_cast<size_t>(unit)]; }

        icu::UnicodeString units;
        std::vector<size_t> bytes;
    };

} // namespace

struct Regex::Program {
    std::unique_ptr<icu::RegexPattern> pattern;
};

Regex::Regex(std::unique_ptr<Program> program)
    : m_program(std::move(program))
{
}

Regex::~Regex() = default;

Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern)
{
    const std::string shown = "the regular expression \"" + std::string(pattern.substr(0, 200)) + "\"";
    if (pattern.size() > kLongestPattern)
        return fail(ErrorCode::BadModelFile,
            "a regular expression has " + std::to_string(pattern.size()) + " bytes: expected at most " + std::to_string(kLongestPattern));
    const auto translated = icuExpression(pattern);
    if (!translated)
        return fail(translated.error().code, shown + ": " + translated.error().message);
    UErrorCode status = U_ZERO_ERROR;
    UParseError place{};
    auto program = std::make_unique<Program>();
    program->pattern.reset(icu::RegexPattern::compile(
        icu::UnicodeString::fromUTF8(*translated), UREGEX_MULTILINE | UREGEX_UNIX_LINES, place, status));
    if (U_FAILURE(status))
        return fail(ErrorCode::BadModelFile, shown + " cannot be read: " + u_errorName(status));
    return std::shared_ptr<const Regex>(new Regex(std::move(program)));
}

Result<void> Regex::findAll(std::string_view text, std::vector<RegexMatch> &matches, int64_t &ticks) const
{
    const Utf16Text input(text);
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::RegexMatcher> matcher(m_program->pattern->matcher(input.units, status));
    if (U_SUCCESS(status)) {
        matcher->setMatchCallback(countTick, &ticks, status);
        matcher->setStackLimit(kStackBytes, status);
    }
    size_t last = std::string::npos; // end of the match before
    while (U_SUCCESS(status) && matcher->find(status)) {
        const size_t begin = input.byte(matcher->start(status)), end = input.byte(matcher->end(status));
        if (begin == end && begin == last)
            continue;
        matches.push_back({begin, end});
        last = end;
    }
    if (U_SUCCESS(status))
        return {};
    return fail(ErrorCode::BadInput,
        std::string("a regular expression of the tokenizer takes too long on this text (") + u_errorName(status) + ")",
        "shorten the text, or look for a damaged tokenizer.json");
}

} // namespace winnow
