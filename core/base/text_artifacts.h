#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// Which tokens of a prompt stay (CLI.md 3). Indices are those of the report's `input.ids`.
struct PromptTokens {
    std::string id = "prompt", method;
    std::vector<int32_t> kept; // ascending
    std::string text; // the rendering of the kept tokens
    double askedRate = 1, achievedRate = 1; // kept share of the tokens
    std::vector<int32_t> stageOf; // [n] stage that removed the token, from 1; 0 = stays; empty: all went at once
    std::vector<int32_t> protectedTokens; // ascending, tokens the method was told to keep
};

/// One line cut into words: ranges [first, end) of code points of `text`, ascending; white space may lie between them.
struct SegmentedLine {
    std::string text;
    std::vector<std::pair<int32_t, int32_t>> words;
    double score = 0; // of the best path, where the method has one
};

/// Lines and where their words lie (CLI.md 3): of a method, or the gold standard (id "gold").
struct Segmentation {
    std::string id, method, title, language;
    std::vector<SegmentedLine> lines;
};

} // namespace winnow
