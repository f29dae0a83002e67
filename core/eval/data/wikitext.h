#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"

#include <filesystem>

namespace winnow {

/// What per-word and per-byte figures of a text are counted over.
struct TextCounts {
    int64_t bytes = 0, codePoints = 0, lines = 0, blankLines = 0, words = 0;

    /// Words and one end mark a line: what a word perplexity divides by (245,569 for the test split of WikiText-2).
    int64_t wordTokens() const { return words + lines; }
    bool operator==(const TextCounts &) const = default;
};

struct WikiText {
    DataNotes notes;
    TextCounts counts;
};

/// WikiText raw: one item an article; lines as they are, so that the items in order are the file. An article begins at a heading, a
/// title between single equals signs.
/// A file that is not the test split of 1,290,590 bytes is read with a warning: its perplexities do not compare.
/// @error as DataLines.
Result<WikiText> readWikiText(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<LmText> &sink, const RunContext &context);

} // namespace winnow
