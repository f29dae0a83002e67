#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// Makes one SegItem out of words and the spaces between them.
///
/// Strip (zh, ja, ko): all white space goes. Separator (th and others): it stays in the text and cuts words. Literal: as Separator;
/// segmenters treat the spaces as characters. `text` is always the words joined by one space where spaceAfter says so.
/// @source text-data.md 3.2, line 6.
class SegItemBuilder {
public:
    /// @param language decides ByLanguage.
    SegItemBuilder(WhiteSpaceRule rule, std::string_view language);

    /// A form as the file has it; white space inside is a cut or goes, as the rule says.
    void add(std::string_view form, bool spaceAfter);
    bool empty() const { return m_item.words.empty(); }
    /// The item, without a space behind its last word; the builder starts anew.
    SegItem take(std::string id);

private:
    void addWord(std::string_view word, bool spaceAfter);

    bool m_strip;
    std::string m_language;
    SegItem m_item;
    int32_t m_points = 0;
};

/// "zh" of zh_gsdsimp-ud-test.conllu; empty where a name does not begin with a language code.
std::string languageOfFile(const std::filesystem::path &path);

/// CoNLL-U (text-data.md 3.2). Ids are the sent_id of the sentence, else its number.
Result<DataNotes> readConllu(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context);

/// SIGHAN: one sentence a line, words between white space, U+3000 included. The text is the words without spaces.
Result<DataNotes> readSighan(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context);

/// Bar format of Wisesight and BEST: words between `|`, one text a line; tags <NE>, </NE>, <AB>, </AB> and their like are left out.
Result<DataNotes> readBars(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context);

/// One word a line, a count may follow after a space; without one it is 1. Words that come again add up.
Result<std::vector<std::pair<std::string, int64_t>>> readWordList(
    const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context);

/// The words of an item.
std::vector<std::string_view> wordsOf(const SegItem &item);

/// Our export, the SIGHAN format: two spaces between words, LF after every line, no byte-order mark.
std::string sighanText(std::span<const SegItem> items);

/// Writes sighanText to `path` and the attribution of the set beside it (`path`.attribution.txt), each complete or not at all.
/// @error BadInput without an attribution, Io.
Result<void> exportSighan(const std::filesystem::path &path, std::span<const SegItem> items, std::string_view attribution);

} // namespace winnow
