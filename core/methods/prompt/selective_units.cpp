#include "core/methods/prompt/selective_units.h"

#include "core/methods/prompt/characters.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace winnow {
namespace {

    std::string_view part(std::string_view text, const ByteSpan &span)
    {
        return text.substr(static_cast<size_t>(span.first), static_cast<size_t>(span.second - span.first));
    }

    Result<ScoredSentence> scoredSentence(
        std::string_view text, std::optional<int32_t> start, PromptScorer &scorer, const RunContext &context)
    {
        ScoredSentence sentence;
        sentence.text = text;
        auto tokens = scorer.tokens(text);
        if (!tokens)
            return fail(tokens.error());
        std::vector<int32_t> sequence;
        if (start)
            sequence.push_back(*start);
        for (const ScorerToken &token : *tokens) {
            sentence.ids.push_back(token.id);
            sentence.spans.emplace_back(token.begin, token.end);
            sequence.push_back(token.id);
        }
        auto scores = scorer.score(sequence, {}, context);
        if (!scores)
            return fail(scores.error());
        sentence.information.assign(scores->information.begin() + (start ? 1 : 0), scores->information.end());
        if (!start && !sentence.information.empty())
            sentence.information.front() = 0; // nothing stands before it
        return sentence;
    }

    std::vector<ByteSpan> unitsOf(const ScoredSentence &sentence, UnitLevel level, const UnspacedWords *unspaced)
    {
        if (level == UnitLevel::Token)
            return sentence.spans;
        if (level == UnitLevel::Phrase) {
            const std::vector<ByteSpan> words = phraseWords(sentence.text);
            return phrases(sentence.text, unspaced ? unspaced->cut(sentence.text, words) : words);
        }
        return {{0, static_cast<int64_t>(sentence.text.size())}};
    }

    double meanOf(const std::vector<double> &values)
    {
        return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    }

    std::vector<double> valuesOf(const ScoredSentence &sentence, const std::vector<ByteSpan> &units, UnitLevel level)
    {
        if (level == UnitLevel::Token)
            return sentence.information;
        if (level == UnitLevel::Sentence)
            return {meanOf(sentence.information)};
        return unitValues(sentence.spans, sentence.information, units);
    }

    /// Index of the character each byte belongs to.
    std::vector<int64_t> charactersOf(std::string_view text)
    {
        std::vector<int64_t> out;
        int64_t character = -1;
        for (const char byte : text) {
            character += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
            out.push_back(character);
        }
        out.push_back(character + 1);
        return out;
    }

} // namespace

std::vector<double> unitValues(const std::vector<ByteSpan> &tokens, const std::vector<double> &information, const std::vector<ByteSpan> &units)
{
    std::vector<double> sums(units.size(), 0.0);
    std::vector<int64_t> counts(units.size(), 0);
    size_t first = 0;
    for (size_t t = 0; t < tokens.size(); ++t) {
        while (first < units.size() && units[first].second <= tokens[t].first)
            ++first;
        size_t end = first;
        while (end < units.size() && units[end].first < tokens[t].second)
            ++end;
        for (size_t u = first; u < end; ++u) {
            sums[u] += information[t] / static_cast<double>(end - first);
            ++counts[u];
        }
    }
    for (size_t u = 0; u < units.size(); ++u)
        sums[u] = counts[u] > 0 ? sums[u] / static_cast<double>(counts[u]) : 0;
    return sums;
}

Result<SelectiveText> selectiveText(
    const PromptInput &input, const SelectiveOptions &options, PromptScorer &scorer, const RunContext &context)
{
    SelectiveText out;
    const FoldedText folded = foldWhiteSpace(input.text, options.keepNewlines);
    const std::vector<int64_t> characters = charactersOf(input.text);
    const std::optional<int32_t> start = options.startToken >= 0 ? std::optional(options.startToken) : scorer.startToken();
    if (!start)
        out.notices.push_back("the model has neither a start nor an end token: the first token of every sentence has no information");
    out.unitOfByte.assign(input.text.size(), -1);
    const std::vector<ByteSpan> ranges = sentences(folded.text, options.rule);
    for (size_t s = 0; s < ranges.size(); ++s) {
        auto sentence = scoredSentence(part(folded.text, ranges[s]), start, scorer, context);
        if (!sentence)
            return fail(sentence.error());
        const std::vector<ByteSpan> units = unitsOf(*sentence, options.level, options.unspaced);
        const std::vector<double> values = valuesOf(*sentence, units, options.level);
        for (size_t u = 0; u < units.size(); ++u) {
            const auto from = static_cast<size_t>(ranges[s].first + units[u].first), to = static_cast<size_t>(ranges[s].first + units[u].second);
            const auto begin = static_cast<size_t>(folded.source[from]), end = static_cast<size_t>(folded.source[to]);
            std::fill(out.unitOfByte.begin() + static_cast<std::ptrdiff_t>(begin), out.unitOfByte.begin() + static_cast<std::ptrdiff_t>(end),
                static_cast<int32_t>(out.units.size()));
            out.units.push_back({static_cast<int32_t>(s), units[u], characters[begin], characters[end], values[u], true});
        }
        out.newlineBefore.push_back(ranges[s].first > 0 && folded.text[static_cast<size_t>(ranges[s].first) - 1] == '\n');
        out.sentences.push_back(std::move(*sentence));
        context.progress("compress", static_cast<int64_t>(s + 1), static_cast<int64_t>(ranges.size()), "sentences");
    }
    if (options.level == UnitLevel::Phrase)
        out.notices.push_back("approximate phrases: runs of words between stop words, without a parser");
    return out;
}

Rendering keptText(const SelectiveText &text, const SelectiveOptions &options)
{
    // The package joins tokens with nothing, also between sentences, and decodes them one by one; of a dropped sentence the joint stays.
    const bool official = options.rule == SentenceRule::Official;
    const bool bare = official && options.level == UnitLevel::Token, allJoints = official && options.level == UnitLevel::Sentence;
    std::string out;
    int32_t sentence = -1;
    for (const SelectiveUnit &unit : text.units) {
        const bool first = unit.sentence != sentence;
        sentence = unit.sentence;
        // Kept sentences have one joint between two; of finer units the first of a sentence brings its own.
        const bool inside = options.level != UnitLevel::Sentence || allJoints || !out.empty();
        if (first && sentence > 0 && !bare && inside && (unit.kept || allJoints))
            out += text.newlineBefore[static_cast<size_t>(sentence)] ? '\n' : ' ';
        if (!unit.kept)
            continue;
        const std::string_view bytes = part(text.sentences[static_cast<size_t>(sentence)].text, unit.bytes);
        out += bare ? replaceIllFormed(bytes) : std::string(bytes);
    }
    return withoutBrokenBytes(out);
}

std::vector<int32_t> tokensInKeptUnits(const PromptInput &input, const SelectiveText &text)
{
    std::vector<uint8_t> stays(input.text.size(), 0);
    for (size_t byte = 0; byte < stays.size(); ++byte) {
        const int32_t unit = text.unitOfByte[byte];
        stays[byte] = unit >= 0 && text.units[static_cast<size_t>(unit)].kept;
    }
    return tokensMostlyKept(input, stays);
}

TokenScores unitScores(const PromptInput &input, const SelectiveText &text)
{
    TokenScores scores;
    scores.id = "stage.0";
    scores.names = {"unitValue"};
    scores.tokens = input.tokens();
    for (size_t t = 0; t < input.ids.size(); ++t) {
        std::map<int32_t, int64_t> characters;
        forVisible(input, t, [&](size_t byte) { ++characters[text.unitOfByte[byte]]; });
        const auto most = std::max_element(characters.begin(), characters.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
        scores.values.push_back(most == characters.end() || most->first < 0 ? std::numeric_limits<float>::quiet_NaN()
                                                                            : static_cast<float>(text.units[static_cast<size_t>(most->first)].value));
    }
    return scores;
}

} // namespace winnow
