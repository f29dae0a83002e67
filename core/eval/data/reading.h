#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/eval/data/items.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace winnow {

/// What a reader has to say about a line of a file. Line 0 is the file as a whole.
struct DataWarning {
    std::string file;
    int64_t line = 0;
    std::string reason;

    bool operator==(const DataWarning &) const = default;
};

/// How a file was read.
struct DataNotes {
    static constexpr size_t kMostWarnings = 1000;

    int64_t items = 0; // handed out
    int64_t rejected = 0; // left out, each with a warning
    std::vector<DataWarning> warnings; // at most kMostWarnings
    int64_t moreWarnings = 0; // beyond those

    void warn(std::string file, int64_t line, std::string reason);
};

/// A file of more than this is read only after the person agreed.
inline constexpr int64_t kLargeFileBytes = int64_t{64} << 20;

enum class LargeFiles { Ask, Read };
enum class BraceMarks { Remove, Keep };
enum class WhiteSpaceRule { ByLanguage, Strip, Separator, Literal };
enum class ContextSplit { Whole, BlankLines };

/// What readers can be told; each takes what concerns it.
struct DataSettings {
    LargeFiles largeFiles = LargeFiles::Ask;
    std::string language{}; // empty = by the file's name, else as each reader states
    std::string task{}; // LongBench, BBH: empty = by the record or the file's name
    std::string promptFile{}; // worked examples of GSM8K and BBH; empty = where the published folders have it
    WhiteSpaceRule whiteSpace = WhiteSpaceRule::ByLanguage; // segmentation
    BraceMarks braceMarks = BraceMarks::Remove; // QMSum
    ContextSplit contextSplit = ContextSplit::Whole; // plain text
    int64_t documents = 10, goldPosition = 0; // Lost in the Middle, questions: N and p
};

/// Receives the items of a file one by one; false = enough.
template <typename Item>
using ItemSink = std::function<bool(Item &&)>;

} // namespace winnow
