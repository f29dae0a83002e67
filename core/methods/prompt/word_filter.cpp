#include "core/methods/prompt/word_filter.h"

#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/percentile.h"
#include "core/methods/prompt/text_units.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    std::string_view wordText(std::string_view text, const ValuedWord &word)
    {
        return text.substr(static_cast<size_t>(word.bytes.first), static_cast<size_t>(word.bytes.second - word.bytes.first));
    }

    std::vector<ValuedWord> ofChunk(const std::vector<ValuedWord> &words, int32_t chunk)
    {
        std::vector<ValuedWord> out;
        std::copy_if(words.begin(), words.end(), std::back_inserter(out), [&](const ValuedWord &word) { return word.chunk == chunk; });
        return out;
    }

    int64_t characterOf(std::string_view text, int64_t byte)
    {
        return std::count_if(text.begin(), text.begin() + byte, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    }

} // namespace

std::vector<std::string> forcedList(const std::string &text)
{
    std::vector<std::string> out;
    std::string word;
    const auto end = [&] {
        if (word == "\\n")
            word = "\n";
        if (word == "comma")
            word = ",";
        if (!word.empty())
            out.push_back(word);
        word.clear();
    };
    for (const char c : text) {
        if (c == ',' || c == ' ' || c == '\t' || c == '\n')
            end();
        else
            word += c;
    }
    end();
    return out;
}

void forceWords(std::string_view text, const ForcedWords &forced, std::vector<ValuedWord> &words)
{
    for (ValuedWord &word : words) {
        const std::string_view own = wordText(text, word);
        word.forced = std::find(forced.words.begin(), forced.words.end(), own) != forced.words.end() || (forced.digits && anyOf(own, isDecimalDigit));
        if (word.forced)
            word.value = 1;
    }
}

double wordThreshold(const std::vector<ValuedWord> &words, double removed)
{
    std::vector<double> values;
    std::vector<int> tokens;
    for (const ValuedWord &word : words) {
        values.push_back(word.value);
        tokens.push_back(word.tokens);
    }
    return weightedPercentile(values, tokens, std::floor(100 * removed + 1 + 1e-9));
}

std::vector<double> filterWords(std::string_view text, double removed, const ForcedWords &forced, std::vector<ValuedWord> &words)
{
    std::vector<double> thresholds;
    int32_t chunks = 0;
    for (const ValuedWord &word : words)
        chunks = std::max(chunks, word.chunk + 1);
    for (int32_t chunk = 0; chunk < chunks; ++chunk)
        thresholds.push_back(wordThreshold(ofChunk(words, chunk), removed));
    const ValuedWord *before = nullptr; // the kept word before, where it was forced
    for (ValuedWord &word : words) {
        const double threshold = thresholds[static_cast<size_t>(word.chunk)];
        word.kept = word.value > threshold || (threshold >= 1 && word.value >= 1);
        if (!word.kept)
            continue;
        if (forced.collapse && word.forced && before && wordText(text, *before) == wordText(text, word))
            word.kept = false;
        else
            before = word.forced ? &word : nullptr;
    }
    return thresholds;
}

double coarseShare(const PromptBudget &budget, int64_t tokens)
{
    return budget.tokens >= 0 ? std::min(1.0, 2 * budget.share(tokens)) : (budget.rate + 1) / 2;
}

std::vector<uint8_t> coarseContexts(const std::vector<ValuedWord> &words, size_t contexts, double share)
{
    std::vector<double> sums(contexts, 0.0);
    std::vector<int64_t> counts(contexts, 0);
    for (const ValuedWord &word : words) {
        if (word.forced)
            continue;
        sums[static_cast<size_t>(word.context)] += word.value;
        ++counts[static_cast<size_t>(word.context)];
    }
    for (size_t i = 0; i < contexts; ++i)
        sums[i] = counts[i] > 0 ? sums[i] / static_cast<double>(counts[i]) : 0;
    const double threshold = percentile(sums, std::floor(100 * (1 - share)));
    std::vector<uint8_t> stays;
    for (const double value : sums)
        stays.push_back(value >= threshold);
    return stays;
}

TableArtifact wordTable(std::string_view text, const std::vector<ValuedWord> &words)
{
    TableArtifact table;
    table.id = "trace.words";
    table.title = "Words";
    table.columns = {"first", "end", "value", "tokens", "forced", "kept", "chunk"};
    table.units = {"code points", "code points", "", "tokens", "", "", ""};
    int64_t byte = 0, character = 0;
    for (const ValuedWord &word : words) {
        character += characterOf(text.substr(static_cast<size_t>(byte)), word.bytes.first - byte);
        byte = word.bytes.first;
        const int64_t count = characterOf(text.substr(static_cast<size_t>(byte)), word.bytes.second - byte);
        table.rows.push_back({character, character + count, jsonNumber(word.value), word.tokens, word.forced, word.kept, word.chunk});
    }
    return table;
}

TokenScores wordScores(const PromptInput &input, const std::vector<ValuedWord> &words, const std::string &name)
{
    std::vector<ByteSpan> spans;
    for (const ValuedWord &word : words)
        spans.push_back(word.bytes);
    TokenScores scores;
    scores.id = "stage.0";
    scores.names = {name};
    scores.tokens = input.tokens();
    for (const int32_t word : unitsOfTokens(input, spans))
        scores.values.push_back(static_cast<size_t>(word) < words.size() ? static_cast<float>(words[static_cast<size_t>(word)].value)
                                                                         : std::numeric_limits<float>::quiet_NaN());
    return scores;
}

std::vector<int32_t> tokensOfKeptWords(const PromptInput &input, const std::vector<ValuedWord> &words)
{
    std::vector<uint8_t> stays(input.text.size(), 0);
    for (const ValuedWord &word : words) {
        if (word.kept)
            std::fill(stays.begin() + word.bytes.first, stays.begin() + word.bytes.second, uint8_t(1));
    }
    return tokensMostlyKept(input, stays);
}

} // namespace winnow
