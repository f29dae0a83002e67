#include "core/eval/data/wikitext.h"

#include "core/eval/data/data_lines.h"
#include "core/model/unicode.h"

namespace winnow {
namespace {

    constexpr int64_t kTestBytes = 1290590;

    /// The title of " = Title = ", empty for other lines (sections have more signs).
    std::string_view headingOf(std::string_view line)
    {
        line = trimmedText(line);
        if (line.size() < 5 || !line.starts_with("= ") || !line.ends_with(" =") || line[2] == '=' || line[line.size() - 3] == '=')
            return {};
        return line.substr(2, line.size() - 4);
    }

    void count(TextCounts &counts, std::string_view line, bool ended)
    {
        counts.bytes += std::ssize(line) + ended;
        counts.codePoints += ended;
        ++counts.lines;
        bool inWord = false, blank = true;
        for (size_t at = 0; at < line.size(); ++counts.codePoints) {
            const bool space = isWhiteSpace(takeCodePoint(line, at));
            counts.words += !space && !inWord;
            inWord = !space;
            blank = blank && space;
        }
        counts.blankLines += blank;
    }

} // namespace

Result<WikiText> readWikiText(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<LmText> &sink, const RunContext &context)
{
    WikiText result;
    auto lines = DataLines::open(path, settings, result.notes, context);
    if (!lines)
        return fail(lines.error());
    LmText article;
    bool headed = false;
    const auto close = [&] {
        if (article.text.empty())
            return true;
        ++result.notes.items;
        return sink(std::exchange(article, {}));
    };
    std::string_view line;
    while (true) {
        auto more = lines->next(line);
        if (!more)
            return fail(more.error());
        if (!*more)
            break;
        count(result.counts, line, !lines->endsWithoutLineEnd());
        if (const auto heading = headingOf(line); !heading.empty()) {
            if (headed && !close())
                return result;
            headed = true;
            article.id = heading;
        }
        article.text += line;
        if (!lines->endsWithoutLineEnd())
            article.text += '\n';
    }
    close();
    if (result.counts.bytes != kTestBytes)
        result.notes.warn(path.string(), 0,
            "expected the test split of WikiText-2 raw (" + std::to_string(kTestBytes) + " bytes), found " + std::to_string(result.counts.bytes)
                + ": perplexities do not compare with published ones");
    return result;
}

} // namespace winnow
