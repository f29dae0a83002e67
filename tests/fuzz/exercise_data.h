#pragma once

#include "core/eval/data/data_sets.h"
#include "core/eval/data/seg_readers.h"
#include "core/eval/data/wikitext.h"

#include "core/base/utf8.h"

#include <array>
#include <string>

namespace winnow::test {

inline constexpr std::array kFuzzedSets{"gsm8k", "bbh", "mt_bench", "xquad", "qmsum", "kv", "nq", "longbench", "text", "conllu", "sighan", "bars"};

/// "" when the item is whole, else what is wrong.
inline std::string checkPrompt(const PromptItem &item)
{
    std::string all = item.id + item.question + item.instruction;
    for (const std::string &context : item.contexts)
        all += context;
    if (firstInvalidUtf8(all) != all.size())
        return "text that is no UTF-8";
    for (const Evidence &evidence : item.evidence) {
        if (evidence.context < 0 || evidence.context >= std::ssize(item.contexts))
            return "evidence without a context";
        int64_t points = 0;
        for (const char c : item.contexts[static_cast<size_t>(evidence.context)])
            points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        if (evidence.first < 0 || evidence.first > evidence.end || evidence.end > points)
            return "evidence outside of its context";
    }
    return "";
}

inline std::string checkSegmentation(const SegItem &item)
{
    std::string joined;
    const auto words = wordsOf(item);
    if (words.empty() || words.size() != item.spaceAfter.size())
        return "an item without words, or without their spaces";
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i].empty())
            return "an empty word";
        joined += words[i];
        joined += item.spaceAfter[i] ? " " : "";
    }
    return joined == item.text ? "" : "text that is not its words";
}

/// Reads the file with the reader of set number `which`; "" when what comes out is sound or an error that says something.
inline std::string exerciseData(const std::string &path, size_t which, const DataSettings &settings)
{
    std::string wrong;
    const auto note = [&](std::string found) {
        if (wrong.empty())
            wrong = std::move(found);
        return true;
    };
    const auto finish = [&](const auto &read) {
        return !wrong.empty() ? wrong : !read && read.error().message.empty() ? std::string("an error without a message") : std::string();
    };
    which %= kFuzzedSets.size() + 2;
    if (which == kFuzzedSets.size()) {
        DataNotes notes;
        return finish(readWordList(path, settings, notes, {}));
    }
    if (which > kFuzzedSets.size())
        return finish(readWikiText(path, settings, [](LmText &&) { return true; }, {}));
    const DataSet &set = **findDataSet(kFuzzedSets[which]);
    if (set.kind == DataKind::Segmentation)
        return finish(readSegItems(set, path, settings, [&](SegItem &&item) { return note(checkSegmentation(item)); }, {}));
    return finish(readPromptItems(set, path, settings, [&](PromptItem &&item) { return note(checkPrompt(item)); }, {}));
}

} // namespace winnow::test
