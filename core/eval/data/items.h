#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// Where the answer of an item lies: code points [first, end) of one of its contexts.
struct Evidence {
    int32_t context = 0;
    int64_t first = 0, end = 0;

    bool operator==(const Evidence &) const = default;
};

/// One task of a data set whose contexts may be compressed (text-data.md 2). Texts are UTF-8.
struct PromptItem {
    std::string id, set, task, instruction;
    std::vector<std::string> contexts;
    std::string question;
    std::vector<std::string> answers, classes;
    std::vector<Evidence> evidence;
    Json meta = Json::object(); // what the set says beyond that

    bool operator==(const PromptItem &) const = default;
};

/// One line with its gold words: ranges [first, end) of code points of `text` (text-data.md 2).
struct SegItem {
    std::string id, language, text;
    std::vector<std::pair<int32_t, int32_t>> words; // ascending, cover all that is no white space
    std::vector<uint8_t> spaceAfter; // one per word: 1 = a space follows in `text`

    bool operator==(const SegItem &) const = default;
};

/// Plain text for perplexity or for training small auxiliary models.
struct LmText {
    std::string id, text;

    bool operator==(const LmText &) const = default;
};

} // namespace winnow
