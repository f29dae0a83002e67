#include "core/model/tokenizer/byte_level.h"
#include "core/model/tokenizer/text_steps.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    void replaceAll(std::string &text, std::string_view pattern, std::string_view by)
    {
        if (pattern.empty() || text.find(pattern) == std::string::npos)
            return;
        std::string result;
        size_t done = 0;
        for (size_t at = text.find(pattern); at != std::string::npos; at = text.find(pattern, done)) {
            result.append(text, done, at - done).append(by);
            done = at + pattern.size();
        }
        text = result.append(text, done);
    }

    /// Takes spaces away that BERT's way of joining words leaves before signs.
    void cleanUp(std::string &text)
    {
        static constexpr std::array<std::array<const char *, 2>, 11> kPairs{{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","},
            {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}};
        for (const auto &[pattern, by] : kPairs)
            replaceAll(text, pattern, by);
    }

    /// What bytes in a row stand for: a text, or one U+FFFD each when they are none.
    void appendBytes(std::string &bytes, std::vector<std::string> &out)
    {
        if (bytes.empty())
            return;
        const bool valid = replaceIllFormed(bytes) == bytes;
        if (valid)
            out.push_back(bytes);
        else
            out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
        bytes.clear();
    }

} // namespace

DecodeStep decodeBytes()
{
    return [](std::vector<std::string> &tokens) -> Result<void> {
        std::string bytes;
        for (const std::string &token : tokens)
            bytes += byteLevelBytes(token).value_or(token);
        tokens.assign(1, replaceIllFormed(bytes));
        return {};
    };
}

DecodeStep decodeByteFallback()
{
    return [](std::vector<std::string> &tokens) -> Result<void> {
        std::vector<std::string> result;
        result.reserve(tokens.size());
        std::string bytes;
        for (std::string &token : tokens) {
            if (const int value = byteFallbackValue(token); value >= 0) {
                bytes += static_cast<char>(static_cast<uint8_t>(value));
                continue;
            }
            appendBytes(bytes, result);
            result.push_back(std::move(token));
        }
        appendBytes(bytes, result);
        tokens = std::move(result);
        return {};
    };
}

DecodeStep fuseTexts()
{
    return [](std::vector<std::string> &tokens) -> Result<void> {
        std::string whole;
        for (const std::string &token : tokens)
            whole += token;
        tokens.assign(1, std::move(whole));
        return {};
    };
}

DecodeStep stripTexts(std::string content, size_t start, size_t stop)
{
    return [content = std::move(content), start, stop](std::vector<std::string> &tokens) -> Result<void> {
        for (std::string &token : tokens) {
            std::string_view rest = token;
            for (size_t i = 0; i < start && rest.starts_with(content); ++i)
                rest.remove_prefix(content.size());
            for (size_t i = 0; i < stop && rest.ends_with(content); ++i)
                rest.remove_suffix(content.size());
            token = std::string(rest);
        }
        return {};
    };
}

DecodeStep replaceInTexts(std::string pattern, std::string by)
{
    return [pattern = std::move(pattern), by = std::move(by)](std::vector<std::string> &tokens) -> Result<void> {
        for (std::string &token : tokens)
            replaceAll(token, pattern, by);
        return {};
    };
}

DecodeStep replaceMatchesInTexts(std::shared_ptr<const Regex> pattern, std::string by)
{
    return [pattern = std::move(pattern), by = std::move(by)](std::vector<std::string> &tokens) -> Result<void> {
        int64_t ticks = regexBudget(tokens.size());
        for (std::string &token : tokens) {
            token = replaceIllFormed(token);
            std::vector<RegexMatch> matches;
            if (const auto found = pattern->findAll(token, matches, ticks); !found)
                return found;
            std::string result;
            size_t done = 0;
            for (const RegexMatch &match : matches) {
                result.append(token, done, match.begin - done).append(by);
                done = match.end;
            }
            token = result.append(token, done);
        }
        return {};
    };
}

DecodeStep decodeMetaspace(std::string replacement, PrependScheme scheme)
{
    return [replacement = std::move(replacement), scheme](std::vector<std::string> &tokens) -> Result<void> {
        for (size_t i = 0; i < tokens.size(); ++i)
            replaceAll(tokens[i], replacement, i == 0 && scheme != PrependScheme::Never ? "" : " ");
        return {};
    };
}

DecodeStep decodeWordPiece(std::string prefix, bool clean)
{
    return [prefix = std::move(prefix), clean](std::vector<std::string> &tokens) -> Result<void> {
        for (size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0 && tokens[i].starts_with(prefix))
                tokens[i].erase(0, prefix.size());
            else if (i > 0)
                tokens[i].insert(tokens[i].begin(), ' ');
            if (clean)
                cleanUp(tokens[i]);
        }
        return {};
    };
}

DecodeStep decodeBpeSuffix(std::string suffix)
{
    return [suffix = std::move(suffix)](std::vector<std::string> &tokens) -> Result<void> {
        for (size_t i = 0; i < tokens.size(); ++i)
            replaceAll(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
        return {};
    };
}

} // namespace winnow
