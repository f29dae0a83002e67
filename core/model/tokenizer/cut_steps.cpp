#include "core/model/tokenizer/byte_level.h"
#include "core/model/tokenizer/text_steps.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace winnow {
namespace {

    using Piece = CutText::Piece;

    bool isPunctuation(char32_t value)
    {
        const bool asciiSign = value > 0x20 && value < 0x7F && (codePointClasses(value) & (kLetter | kNumber)) == 0;
        return asciiSign || (categoryMaskIn(value, 8) & U_GC_P_MASK) != 0; // by the reference's tables
    }

    bool isNumber(char32_t value) { return (codePointClasses(value) & kNumber) != 0; }

    /// Matches and the gaps between them, in order.
    struct Span {
        size_t begin = 0, end = 0;
        bool matched = false;
    };

    void appendSpans(size_t size, const std::vector<RegexMatch> &matches, MatchSense sense, std::vector<Span> &spans)
    {
        const bool inverted = sense == MatchSense::Inverted;
        size_t done = 0;
        for (const RegexMatch &match : matches) {
            if (done < match.begin)
                spans.push_back({done, match.begin, inverted});
            spans.push_back({match.begin, match.end, !inverted});
            done = match.end;
        }
        if (done < size)
            spans.push_back({done, size, inverted});
    }

    /// Joins spans from front to back: a span goes to the one before when `joins(span, the one before was a match)`.
    template <typename Joins>
    void joinForwards(std::vector<Span> &spans, Joins joins)
    {
        size_t to = 0;
        bool before = false;
        for (const Span span : spans) {
            if (to > 0 && joins(span.matched, before))
                spans[to - 1].end = span.end;
            else
                spans[to++] = span;
            before = span.matched;
        }
        spans.resize(to);
    }

    void joinWithNext(std::vector<Span> &spans)
    {
        size_t to = spans.size();
        bool behind = false;
        for (size_t i = spans.size(); i-- > 0;) {
            const Span span = spans[i];
            if (to < spans.size() && span.matched && !behind)
                spans[to].begin = span.begin;
            else
                spans[--to] = span;
            behind = span.matched;
        }
        spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(to));
    }

    void applyRule(MatchedText rule, std::vector<Span> &spans)
    {
        switch (rule) {
        case MatchedText::Isolated:
            break;
        case MatchedText::Removed:
            std::erase_if(spans, [](const Span &span) { return span.matched; });
            break;
        case MatchedText::Contiguous:
            joinForwards(spans, [](bool matched, bool before) { return matched == before; });
            break;
        case MatchedText::MergedWithPrevious:
            joinForwards(spans, [](bool matched, bool before) { return matched && !before; });
            break;
        case MatchedText::MergedWithNext:
            joinWithNext(spans);
            break;
        }
    }

    /// Cuts every piece by itself; `cut(piece text, offset, new pieces)`.
    template <typename Cut>
    Result<CutText> cutEach(CutText &text, Cut cut)
    {
        std::vector<Piece> pieces;
        pieces.reserve(text.pieces.size() * 2);
        for (const Piece &piece : text.pieces) {
            if (const Result<void> done = cut(text.text.text().substr(piece.begin, piece.end - piece.begin), piece.begin, pieces); !done)
                return fail(done.error());
        }
        text.pieces = std::move(pieces);
        return std::move(text);
    }

    /// Rewrites every piece by itself, `rewrite(rewriter, piece)`, and moves the pieces along.
    template <typename Rewrite>
    CutText rewriteEach(CutText text, Rewrite rewrite)
    {
        std::vector<Piece> pieces = std::move(text.pieces);
        TextRewriter rewriter(std::move(text.text));
        size_t written = 0;
        for (Piece &piece : pieces) {
            const size_t size = rewrite(rewriter, piece);
            piece = {written, written + size};
            written += size;
        }
        return {std::move(rewriter).finish(), std::move(pieces)};
    }

    /// Scripts as SentencePiece groups them: kana count as Han; a space belongs to any.
    int scriptGroup(char32_t value)
    {
        UErrorCode status = U_ZERO_ERROR;
        if (value == 0x30FC)
            return USCRIPT_HAN;
        if (value == U' ')
            return -1;
        const UScriptCode script = uscript_getScript(static_cast<UChar32>(value), &status);
        if (script == USCRIPT_UNKNOWN || U_FAILURE(status) || !isAssignedIn(value, 9)) // the reference's tables
            return -1;
        return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ? USCRIPT_HAN : script;
    }

} // namespace

MatchFinder matchesOf(std::shared_ptr<const Regex> pattern)
{
    return [pattern = std::move(pattern)](std::string_view piece, std::vector<RegexMatch> &matches, int64_t &ticks) {
        return pattern->findAll(piece, matches, ticks);
    };
}

MatchFinder matchesOf(std::string text)
{
    return [text = std::move(text)](std::string_view piece, std::vector<RegexMatch> &matches, int64_t &) -> Result<void> {
        size_t at = text.empty() ? std::string_view::npos : piece.find(text);
        for (; at != std::string_view::npos; at = piece.find(text, at + text.size()))
            matches.push_back({at, at + text.size()});
        return {};
    };
}

MatchFinder codePointMatches(bool (*matches)(char32_t))
{
    return [matches](std::string_view piece, std::vector<RegexMatch> &found, int64_t &) -> Result<void> {
        for (size_t at = 0; at < piece.size();) {
            const size_t begin = at;
            if (matches(takeCodePoint(piece, at)))
                found.push_back({begin, at});
        }
        return {};
    };
}

CutStep splitStep(MatchFinder find, MatchedText rule, MatchSense sense)
{
    return [find = std::move(find), rule, sense](CutText text) {
        std::vector<RegexMatch> matches;
        std::vector<Span> spans;
        return cutEach(text, [&](std::string_view piece, size_t offset, std::vector<Piece> &out) -> Result<void> {
            matches.clear();
            spans.clear();
            if (const auto found = find(piece, matches, text.text.regexTicks()); !found)
                return found;
            appendSpans(piece.size(), matches, sense, spans);
            applyRule(rule, spans);
            for (const Span &span : spans) {
                if (span.begin < span.end)
                    out.push_back({offset + span.begin, offset + span.end});
            }
            return {};
        });
    };
}

CutStep splitByRule(Splitter rule)
{
    return [rule](CutText text) {
        std::vector<CodePoint> points;
        std::vector<size_t> lengths;
        return cutEach(text, [&](std::string_view piece, size_t offset, std::vector<Piece> &out) -> Result<void> {
            points.clear();
            lengths.clear();
            appendCodePoints(piece, offset, points);
            rule(points, lengths);
            size_t point = 0;
            for (const size_t length : lengths) {
                const size_t begin = points[point].begin;
                point += length;
                out.push_back({begin, point < points.size() ? points[point].begin : offset + piece.size()});
            }
            return {};
        });
    };
}

Result<CutStep> splitByExpression(std::string_view expression)
{
    if (const Splitter splitter = splitterOf(expression))
        return splitByRule(splitter);
    auto regex = Regex::compile(expression);
    if (!regex)
        return fail(regex.error());
    return splitStep(matchesOf(std::move(*regex)), MatchedText::Isolated, MatchSense::AsFound);
}

CutStep prefixSpace()
{
    return [](CutText text) -> Result<CutText> {
        return rewriteEach(std::move(text), [](TextRewriter &rewriter, const Piece &piece) {
            const bool lacks = rewriter.text()[piece.begin] != ' ';
            if (lacks)
                rewriter.replace(piece.begin, piece.begin, " ");
            rewriter.keep(piece.begin, piece.end);
            return piece.end - piece.begin + lacks;
        });
    };
}

CutStep mapBytesOfPieces()
{
    return [](CutText text) -> Result<CutText> {
        return rewriteEach(std::move(text), [](TextRewriter &rewriter, const Piece &piece) {
            size_t size = 0;
            for (size_t at = piece.begin; at < piece.end; ++at) {
                const std::string_view by = byteLevelText(static_cast<uint8_t>(rewriter.text()[at]));
                rewriter.replace(at, at + 1, by);
                size += by.size();
            }
            return size;
        });
    };
}

CutStep metaspace(std::string replacement, PrependScheme scheme, bool split)
{
    const CutStep cut = splitStep(matchesOf(replacement), MatchedText::MergedWithNext, MatchSense::AsFound);
    return [replacement = std::move(replacement), scheme, split, cut](CutText text) -> Result<CutText> {
        std::vector<bool> prefixed;
        for (const Piece &piece : text.pieces) {
            const std::string_view content = text.text.text().substr(piece.begin);
            const bool has = content.starts_with(replacement) || content.starts_with(' ');
            const bool first = text.text.source(piece.begin, piece.end).begin == 0;
            prefixed.push_back(!has && (scheme == PrependScheme::Always || (scheme == PrependScheme::First && first)));
        }
        size_t index = 0;
        CutText result = rewriteEach(std::move(text), [&](TextRewriter &rewriter, const Piece &piece) {
            size_t size = 0;
            if (prefixed[index++]) {
                rewriter.replace(piece.begin, piece.begin, replacement);
                size += replacement.size();
            }
            for (size_t at = piece.begin; at < piece.end;) {
                const size_t space = std::min(rewriter.text().find(' ', at), piece.end);
                rewriter.keep(at, space);
                size += space - at;
                at = space;
                if (space < piece.end) {
                    rewriter.replace(space, space + 1, replacement);
                    size += replacement.size();
                    ++at;
                }
            }
            return size;
        });
        return split ? cut(std::move(result)) : std::move(result);
    };
}

CutStep splitDigits(bool individually)
{
    return splitStep(codePointMatches(isNumber), individually ? MatchedText::Isolated : MatchedText::Contiguous, MatchSense::AsFound);
}

CutStep splitPunctuation(MatchedText rule) { return splitStep(codePointMatches(isPunctuation), rule, MatchSense::AsFound); }

CutStep splitAtWhiteSpace() { return splitStep(codePointMatches(isWhiteSpace), MatchedText::Removed, MatchSense::AsFound); }

CutStep splitWords()
{
    return [](CutText text) {
        return cutEach(text, [](std::string_view piece, size_t offset, std::vector<Piece> &out) -> Result<void> {
            int before = 0; // 0: white space, 1: a word, 2: other signs
            for (size_t at = 0; at < piece.size();) {
                const size_t begin = at;
                const char32_t value = takeCodePoint(piece, at);
                const int kind = isWordCharacter(value) ? 1 : isWhiteSpace(value) ? 0 : 2;
                if (kind != 0 && kind == before)
                    out.back().end = offset + at;
                else if (kind != 0)
                    out.push_back({offset + begin, offset + at});
                before = kind;
            }
            return {};
        });
    };
}

CutStep splitUnicodeScripts()
{
    return [](CutText text) {
        return cutEach(text, [](std::string_view piece, size_t offset, std::vector<Piece> &out) -> Result<void> {
            int before = -2; // none yet
            bool open = false; // what stands before the first code point with a script is left out, as in the reference
            for (size_t at = 0; at < piece.size();) {
                const size_t begin = at;
                const int script = scriptGroup(takeCodePoint(piece, at));
                if (script != -1 && script != before) {
                    out.push_back({offset + begin, offset + at});
                    open = true;
                } else if (open) {
                    out.back().end = offset + at;
                }
                if (script != -1)
                    before = script;
            }
            return {};
        });
    };
}

CutStep splitFixedLength(size_t length)
{
    return [length](CutText text) {
        return cutEach(text, [length](std::string_view piece, size_t offset, std::vector<Piece> &out) -> Result<void> {
            for (size_t at = 0; at < piece.size();) {
                const size_t begin = at;
                for (size_t i = 0; i < length && at < piece.size(); ++i)
                    takeCodePoint(piece, at);
                out.push_back({offset + begin, offset + at});
            }
            return {};
        });
    };
}

} // namespace winnow
