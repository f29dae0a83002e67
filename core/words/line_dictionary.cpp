#include "core/words/line_dictionary.h"


namespace winnow {
namespace {

    /// Every prefix of the dictionary that begins somewhere in the line, the empty one included.
    std::map<std::u32string, uint32_t> touchedPrefixes(const CutText &line, const WordTrie &trie)
    {
        std::map<std::u32string, uint32_t> touched{{U"", 0}};
        for (size_t piece = 0; piece < line.pieceEnds.size(); ++piece) {
            const std::u32string_view text = line.piece(piece);
            for (size_t start = 0; start < text.size(); ++start) {
                uint32_t node = 0;
                for (size_t end = start; end < text.size();) {
                    node = trie.step(node, text[end++]);
                    if (node == WordTrie::kNone)
                        break;
                    touched.emplace(text.substr(start, end - start), node);
                }
            }
        }
        return touched;
    }

    bool occurs(const CutText &line, const std::u32string &word)
    {
        for (size_t piece = 0; piece < line.pieceEnds.size(); ++piece) {
            if (line.piece(piece).find(word) != std::u32string_view::npos)
                return true;
        }
        return false;
    }

} // namespace

WordDictionary lineDictionary(const CutText &line, const WordAutomaton &whole, const WordEdits &edits)
{
    const std::map<std::u32string, uint32_t> touched = touchedPrefixes(line, whole.trie());
    std::map<std::u32string, uint64_t> words, others; // others: by prefix, what no longer touched prefix holds
    const auto sumOf = [&](uint32_t node) { return node == 0 ? whole.total() : whole.sum(node); };
    for (const auto &[prefix, node] : touched) {
        if (node != 0 && whole.count(node) > 0)
            words[prefix] = whole.count(node);
        others[prefix] += sumOf(node) - (node == 0 ? 0 : whole.count(node));
        if (node != 0)
            others[prefix.substr(0, prefix.size() - 1)] -= sumOf(node);
    }
    for (const auto &[word, count] : edits) {
        if (word.empty())
            continue;
        const uint32_t node = whole.trie().find(word);
        const uint64_t before = node == WordTrie::kNone ? 0 : whole.count(node);
        if (occurs(line, word)) {
            words[word] = count;
            continue;
        }
        std::u32string prefix = word;
        while (!touched.contains(prefix))
            prefix.pop_back();
        others[prefix] += count - before; // unsigned: a smaller count takes away what `others` holds
    }
    std::vector<WordCount> list;
    for (const auto &[word, count] : words)
        list.push_back({word, count});
    for (const auto &[prefix, count] : others)
        list.push_back({prefix + kOtherWords, count});
    return WordDictionary(std::move(list));
}

} // namespace winnow
