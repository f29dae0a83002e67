#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/words/word_dictionary.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

/// How the words of replies become a dictionary (llaca.md 3.3).
struct TeachingRule {
    double topRatio = 0.99; // share of types kept per batch
    int64_t batch = 0; // lines; 0 = floor(sqrt(lines))
    int64_t passes = 1;
    uint64_t seed = 1;
};

/// A type of the replies: how often it was said and kept, and the least mutual information of its splits.
struct TaughtWord {
    std::u32string word;
    uint64_t count = 0; // said and not mixed, over all passes
    uint64_t kept = 0; // what went into the dictionary
    double information = 0;
};

struct TaughtDictionary {
    WordDictionary dictionary; // words with their kept counts
    std::vector<TaughtWord> types; // all that were said and are not mixed, by code points
    int64_t mixed = 0; // types left out as mixed
    int64_t batch = 0; // lines in a batch
    size_t tableBytes = 0; // of the counts of substrings
    size_t suffixArrayBytes = 0; // what sorted suffixes of the text would take instead
};

/// A stop mark together with any other character, or more than one stop mark unless all are the ellipsis.
bool isMixed(std::u32string_view word);

/// @param lines  accepted words of every line with a usable reply.
/// @param raw    the whole raw text, also of lines without replies (rawText).
/// @error Cancelled.
/// @source arXiv:2505.19631, as llaca.md 3.3.
Result<TaughtDictionary> teachDictionary(const std::vector<std::vector<std::u32string>> &lines, std::u32string_view raw,
    const TeachingRule &rule, const RunContext &context);

} // namespace winnow
