#include "core/model/tokenizer/byte_level.h"
#include "core/model/tokenizer/text_steps.h"
#include "core/model/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

namespace winnow {
namespace {

    /// A step that looks at one code point at a time: `change` returns false to leave it out, and may write what stands
    /// for it instead.
    template <typename Change>
    NormalizeStep eachCodePoint(Change change)
    {
        return [change](AlignedText text) -> Result<AlignedText> {
            TextRewriter rewriter(std::move(text));
            std::string by;
            for (size_t at = 0; at < rewriter.text().size();) {
                const size_t begin = at;
                const char32_t value = takeCodePoint(rewriter.text(), at);
                char32_t changed = value;
                if (!change(changed))
                    continue;
                if (changed == value) {
                    rewriter.keep(begin, at);
                    continue;
                }
                by.clear();
                appendUtf8(changed, by);
                rewriter.replace(begin, at, by);
            }
            return std::move(rewriter).finish();
        };
    }

    const icu::Normalizer2 *fullNormalizer(NormalForm form, UErrorCode &status)
    {
        switch (form) {
        case NormalForm::Nfc:
            return icu::Normalizer2::getNFCInstance(status);
        case NormalForm::Nfd:
            return icu::Normalizer2::getNFDInstance(status);
        case NormalForm::Nfkc:
            return icu::Normalizer2::getNFKCInstance(status);
        case NormalForm::Nfkd:
            break;
        }
        return icu::Normalizer2::getNFKDInstance(status);
    }

    constexpr uint8_t kNormalVersion = 9, kCategoryVersion = 8; // of the reference's tables

    /// The reference normalises by the tables of Unicode 9: what came later stays as it is.
    template <NormalForm form>
    const icu::Normalizer2 *normalizer()
    {
        static UErrorCode status = U_ZERO_ERROR;
        static const icu::UnicodeSet known(UNICODE_STRING_SIMPLE("[:age=9.0:]"), status);
        static const icu::Normalizer2 *const full = fullNormalizer(form, status);
        if (U_FAILURE(status)) // ICU without its data
            return nullptr;
        static const icu::FilteredNormalizer2 filtered(*full, known);
        return &filtered;
    }

    const icu::Normalizer2 *normalizer(NormalForm form)
    {
        switch (form) {
        case NormalForm::Nfc:
            return normalizer<NormalForm::Nfc>();
        case NormalForm::Nfd:
            return normalizer<NormalForm::Nfd>();
        case NormalForm::Nfkc:
            return normalizer<NormalForm::Nfkc>();
        case NormalForm::Nfkd:
            break;
        }
        return normalizer<NormalForm::Nfkd>();
    }

    /// Up to the next place where the text before and behind can be normalised by themselves.
    size_t normalSegmentEnd(const icu::Normalizer2 &rules, std::string_view text, size_t begin)
    {
        size_t at = begin;
        takeCodePoint(text, at);
        while (at < text.size()) {
            size_t next = at;
            if (rules.hasBoundaryBefore(static_cast<UChar32>(takeCodePoint(text, next))))
                break;
            at = next;
        }
        return at;
    }

    bool isControl(char32_t value)
    {
        if (value == U'\t' || value == U'\n' || value == U'\r')
            return false;
        constexpr uint32_t kOther = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK;
        return (categoryMaskIn(value, kCategoryVersion) & kOther) != 0;
    }

    /// The CJK ideographs of BERT's tokenizer.
    bool isChinese(char32_t value)
    {
        struct Block {
            char32_t first, last;
        };
        static constexpr Block kBlocks[] = {{0x4E00, 0x9FFF}, {0x3400, 0x4DBF}, {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
            {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF}, {0x2F800, 0x2FA1F}};
        for (const Block &block : kBlocks) {
            if (value >= block.first && value <= block.last)
                return true;
        }
        return false;
    }

    Result<AlignedText> separateChinese(AlignedText text)
    {
        TextRewriter rewriter(std::move(text));
        for (size_t at = 0; at < rewriter.text().size();) {
            const size_t begin = at;
            const bool chinese = isChinese(takeCodePoint(rewriter.text(), at));
            if (chinese)
                rewriter.replace(begin, begin, " ");
            rewriter.keep(begin, at);
            if (chinese)
                rewriter.replace(at, at, " ");
        }
        return std::move(rewriter).finish();
    }

} // namespace

NormalizeStep normalForm(NormalForm form)
{
    return [rules = normalizer(form)](AlignedText text) -> Result<AlignedText> {
        UErrorCode status = rules ? U_ZERO_ERROR : U_MISSING_RESOURCE_ERROR;
        if (U_FAILURE(status))
            return fail(ErrorCode::Internal, "the tables of Unicode normalisation are missing");
        TextRewriter rewriter(std::move(text));
        const std::string_view from = rewriter.text();
        if (rules->isNormalizedUTF8(icu::StringPiece(from.data(), static_cast<int32_t>(from.size())), status)) {
            rewriter.keep(0, from.size());
            return std::move(rewriter).finish();
        }
        std::string by;
        for (size_t begin = 0; begin < from.size();) {
            const size_t end = normalSegmentEnd(*rules, from, begin);
            const std::string_view segment = from.substr(begin, end - begin);
            by.clear();
            rules->normalize(icu::UnicodeString::fromUTF8(icu::StringPiece(segment.data(), static_cast<int32_t>(segment.size()))), status)
                .toUTF8String(by);
            if (by == segment)
                rewriter.keep(begin, end);
            else
                rewriter.replace(begin, end, by);
            begin = end;
        }
        if (U_FAILURE(status))
            return fail(ErrorCode::Internal, std::string("Unicode normalisation failed: ") + u_errorName(status));
        return std::move(rewriter).finish();
    };
}

NormalizeStep lowercase()
{
    return [](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        std::string by;
        for (size_t at = 0; at < rewriter.text().size();) {
            const size_t begin = at;
            const char32_t value = takeCodePoint(rewriter.text(), at);
            const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(value)));
            if (lower == value) {
                rewriter.keep(begin, at);
                continue;
            }
            by.clear();
            appendUtf8(value == 0x130 ? U'i' : lower, by);
            if (value == 0x130) // the one code point whose lower case is two: SpecialCasing.txt
                appendUtf8(0x307, by);
            rewriter.replace(begin, at, by);
        }
        return std::move(rewriter).finish();
    };
}

NormalizeStep stripAccents()
{
    return eachCodePoint([](char32_t &value) { return (categoryMaskIn(value, kNormalVersion) & U_GC_M_MASK) == 0; });
}

NormalizeStep stripSpace(Sides sides)
{
    return [sides](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        const std::string_view from = rewriter.text();
        size_t begin = from.size(), end = 0; // of what is no space
        for (size_t at = 0; at < from.size();) {
            const size_t start = at;
            if (isWhiteSpace(takeCodePoint(from, at)))
                continue;
            begin = std::min(begin, start);
            end = at;
        }
        const bool left = sides == Sides::Left || sides == Sides::Both, right = sides == Sides::Right || sides == Sides::Both;
        if (!left)
            begin = 0;
        if (!right)
            end = from.size();
        if (begin < end)
            rewriter.keep(begin, end);
        return std::move(rewriter).finish();
    };
}

NormalizeStep prependText(std::string text)
{
    return [prefix = std::move(text)](AlignedText from) -> Result<AlignedText> {
        if (from.size() == 0)
            return from;
        TextRewriter rewriter(std::move(from));
        rewriter.replace(0, 0, prefix);
        rewriter.keep(0, rewriter.text().size());
        return std::move(rewriter).finish();
    };
}

NormalizeStep replaceText(std::string pattern, std::string by)
{
    return [pattern = std::move(pattern), by = std::move(by)](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        const std::string_view from = rewriter.text();
        size_t done = 0;
        for (size_t at = from.find(pattern); !pattern.empty() && at != std::string_view::npos; at = from.find(pattern, done)) {
            rewriter.keep(done, at);
            done = at + pattern.size();
            rewriter.replace(at, done, by);
        }
        rewriter.keep(done, from.size());
        return std::move(rewriter).finish();
    };
}

NormalizeStep replaceMatches(std::shared_ptr<const Regex> pattern, std::string by)
{
    return [pattern = std::move(pattern), by = std::move(by)](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        std::vector<RegexMatch> matches;
        if (const auto found = pattern->findAll(rewriter.text(), matches, rewriter.regexTicks()); !found)
            return fail(found.error());
        size_t done = 0;
        for (const RegexMatch &match : matches) {
            rewriter.keep(done, match.begin);
            rewriter.replace(match.begin, match.end, by);
            done = match.end;
        }
        rewriter.keep(done, rewriter.text().size());
        return std::move(rewriter).finish();
    };
}

NormalizeStep mapBytes()
{
    return [](AlignedText text) -> Result<AlignedText> {
        TextRewriter rewriter(std::move(text));
        for (size_t at = 0; at < rewriter.text().size(); ++at)
            rewriter.replace(at, at + 1, byteLevelText(static_cast<uint8_t>(rewriter.text()[at])));
        return std::move(rewriter).finish();
    };
}

NormalizeStep nmtRules()
{
    return eachCodePoint([](char32_t &value) {
        const char32_t c = value;
        if ((c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F)
            return false;
        if (c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028
            || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD)
            value = U' ';
        return true;
    });
}

void appendBertRules(const BertRules &rules, std::vector<NormalizeStep> &steps)
{
    if (rules.cleanText) {
        steps.push_back(eachCodePoint([](char32_t &value) {
            if (value == 0 || value == 0xFFFD || isControl(value))
                return false;
            if (isWhiteSpace(value))
                value = U' ';
            return true;
        }));
    }
    if (rules.separateChinese)
        steps.push_back(separateChinese);
    if (rules.stripAccents) {
        steps.push_back(normalForm(NormalForm::Nfd));
        steps.push_back(eachCodePoint([](char32_t &value) { return (categoryMaskIn(value, kCategoryVersion) & U_GC_MN_MASK) == 0; }));
    }
    if (rules.lowercase)
        steps.push_back(lowercase());
}

} // namespace winnow
