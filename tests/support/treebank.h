#pragma once

#include "core/words/characters.h"
#include "core/words/chunk_counts.h"
#include "core/words/cut_text.h"
#include "core/words/word_dictionary.h"
#include "core/words/word_scores.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace winnow::test {

/// Lines of resources/treebanks with their gold words.
struct Treebank {
    std::vector<std::string> lines; // raw, with the spaces of the source
    std::vector<CutText> texts;
    std::vector<std::vector<int32_t>> gold; // ends in `texts`
    std::vector<std::vector<std::u32string>> words;

    WordDictionary dictionary() const
    {
        std::unordered_map<std::u32string, uint64_t> counts;
        for (const auto &line : words) {
            for (const std::u32string &word : line)
                ++counts[word];
        }
        return WordDictionary(counts);
    }
};

/// One line of the bar format: words parted by '|', a space behind a word is one of the text.
inline void addBarLine(const std::string &line, WhiteSpaceMode mode, Treebank &bank)
{
    std::u32string text;
    std::vector<std::pair<int32_t, int32_t>> ranges;
    std::vector<std::u32string> words;
    std::u32string rest = toCharacters(line) + U'|';
    for (size_t end = rest.find(U'|'); end != std::u32string::npos; end = rest.find(U'|')) {
        std::u32string word = rest.substr(0, end);
        rest.erase(0, end + 1);
        const auto first = static_cast<int32_t>(text.size());
        text += word;
        if (word.ends_with(U' '))
            word.pop_back();
        ranges.emplace_back(first, first + static_cast<int32_t>(word.size()));
        words.push_back(std::move(word));
    }
    bank.lines.push_back(toUtf8(text));
    bank.texts.push_back(cutText(bank.lines.back(), mode));
    bank.gold.push_back(wordEnds(bank.texts.back(), ranges));
    bank.words.push_back(std::move(words));
}

/// Lines [first, end) of a part; empty when the file is not there.
inline Treebank treebank(const std::string &part, WhiteSpaceMode mode, size_t first = 0, size_t end = SIZE_MAX)
{
    Treebank bank;
    const auto text = readUtf8File(std::string(WINNOW_SOURCE_DIR "/resources/treebanks/") + part + ".bar");
    const std::vector<std::string> lines = text ? splitLines(*text) : std::vector<std::string>();
    for (size_t i = first; i < std::min(end, lines.size()); ++i)
        addBarLine(lines[i], mode, bank);
    return bank;
}

using CutLine = std::function<double(const CutText &, std::vector<int32_t> &)>;

/// Lines of a bank as one method cuts them.
inline std::vector<ScoredLine> scoredLines(const Treebank &bank, const CutLine &cut)
{
    std::vector<ScoredLine> lines;
    for (size_t i = 0; i < bank.texts.size(); ++i) {
        ScoredLine line{&bank.texts[i], bank.gold[i], {}, 0};
        line.score = cut(bank.texts[i], line.predicted);
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace winnow::test
