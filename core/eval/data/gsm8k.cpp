#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr std::string_view kGoldMark = "#### ";
    constexpr const char *kPromptName = "prompt_8shot_complex.txt";

    std::string goldOf(std::string_view answer)
    {
        std::string gold(trimmedText(answer.substr(answer.rfind(kGoldMark) + kGoldMark.size())));
        std::erase(gold, ',');
        return gold;
    }

    Result<PromptItem> itemOf(const Json &record)
    {
        const auto question = requiredText(record, "question");
        if (!question)
            return fail(question.error());
        const auto answer = requiredText(record, "answer");
        if (!answer)
            return fail(answer.error());
        const size_t mark = answer->rfind(kGoldMark);
        if (mark == std::string::npos)
            return fail(ErrorCode::BadInput, "field \"answer\": expected \"#### \" in front of the result, found none");
        PromptItem item;
        item.set = "gsm8k";
        item.task = "gsm8k";
        item.question = "Question: " + *question + "\nLet's think step by step";
        item.answers = {goldOf(*answer)};
        item.meta = {{"metric", "gsm8k"}, {"language", "en"}, {"answerCue", "\nThe answer is"},
            {"solution", withoutCalculatorMarks(trimmedText(std::string_view(*answer).substr(0, mark)))}};
        return item;
    }

} // namespace

std::string withoutCalculatorMarks(std::string_view text)
{
    std::string plain;
    while (true) {
        const size_t begin = text.find("<<");
        const size_t end = begin == std::string_view::npos ? begin : text.find(">>", begin);
        plain += text.substr(0, end == std::string_view::npos ? end : begin);
        if (end == std::string_view::npos)
            return plain;
        text.remove_prefix(end + 2);
    }
}

Result<std::vector<std::string>> readWorkedExamples(const std::filesystem::path &path, DataNotes &notes, const RunContext &context)
{
    const auto text = readDataText(path, {}, notes, context);
    if (!text)
        return fail(text.error());
    std::vector<std::string> blocks;
    std::string block;
    const auto close = [&] {
        if (!block.empty())
            blocks.push_back(std::move(block));
        block.clear();
    };
    for (size_t at = 0; at < text->size();) {
        const size_t end = std::min(text->find('\n', at), text->size());
        const std::string_view line = std::string_view(*text).substr(at, end - at);
        if (trimmedText(line).empty())
            close();
        else
            block.append(block.empty() ? "" : "\n").append(line);
        at = end + 1;
    }
    close();
    if (blocks.empty())
        return fail(ErrorCode::BadInput, path.string() + ": expected worked examples parted by blank lines, found none");
    return blocks;
}

Result<DataNotes> readGsm8k(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    const auto beside = path.parent_path() / kPromptName;
    std::vector<std::string> examples;
    if (!settings.promptFile.empty() || std::filesystem::exists(beside)) {
        auto blocks = readWorkedExamples(settings.promptFile.empty() ? beside.string() : settings.promptFile, notes, context);
        if (!blocks)
            return fail(blocks.error());
        examples = std::move(*blocks);
    } else {
        notes.warn(path.string(), 0, std::string("no ") + kPromptName + " beside it: items have no worked examples, so nothing to compress");
    }
    const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        auto item = itemOf(record);
        if (!item)
            return fail(item.error());
        item->id = "gsm8k-" + std::to_string(notes.items);
        item->contexts = examples;
        ++notes.items;
        return sink(std::move(*item));
    }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

} // namespace winnow
