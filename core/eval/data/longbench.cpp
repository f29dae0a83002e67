#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr std::string_view kContext = "{context}", kInput = "{input}";

    std::string filled(std::string_view part, const std::string &input)
    {
        std::string text(part);
        if (const size_t at = text.find(kInput); at != std::string::npos)
            text.replace(at, kInput.size(), input);
        return text;
    }

    std::string knownTasks()
    {
        std::string names;
        for (const LongBenchTask &task : longBenchTasks())
            names += (names.empty() ? "" : " ") + std::string(task.name);
        return names;
    }

    Result<PromptItem> itemOf(const Json &record, const std::string &fallbackTask)
    {
        const std::string name = stringField(record, "dataset", fallbackTask);
        // LongBench-E files call their sets by the same names with "_e".
        const LongBenchTask *task = findLongBenchTask(name.ends_with("_e") ? name.substr(0, name.size() - 2) : name);
        if (!task)
            return fail(ErrorCode::BadInput, "field \"dataset\": expected one of " + knownTasks() + ", found \"" + name + '"');
        const auto input = requiredText(record, "input");
        const auto context = requiredText(record, "context");
        const auto answers = requiredTexts(record, "answers");
        if (!input || !context || !answers)
            return fail(!input ? input.error() : !context ? context.error() : answers.error());
        const size_t slot = task->prompt.find(kContext);
        PromptItem item;
        item.set = "longbench";
        item.task = std::string(task->name);
        item.contexts = {*context};
        item.answers = *answers;
        item.classes = stringListField(record, "all_classes");
        item.meta = {{"metric", task->metric}, {"language", stringField(record, "language", task->chinese ? "zh" : "en")},
            {"before", filled(task->prompt.substr(0, slot), *input)},
            {"after", filled(task->prompt.substr(slot + kContext.size()), *input)}, {"replyTokens", task->replyTokens},
            {"chat", task->chat}, {"firstLine", task->firstLine}, {"group", task->group}, {"length", integerField(record, "length")}};
        item.instruction = trimmedText(stringField(item.meta, "before"));
        item.question = trimmedText(stringField(item.meta, "after"));
        item.id = stringField(record, "_id");
        return item;
    }

} // namespace

const LongBenchTask *findLongBenchTask(std::string_view name)
{
    const auto tasks = longBenchTasks();
    const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const LongBenchTask &task) { return task.name == name; });
    return found == tasks.end() ? nullptr : &*found;
}

Result<DataNotes> readLongBench(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    const std::string task = settings.task.empty() ? path.stem().string() : settings.task;
    const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        auto item = itemOf(record, task);
        if (!item)
            return fail(item.error());
        if (item->id.empty())
            item->id = item->task + '-' + std::to_string(notes.items);
        ++notes.items;
        return sink(std::move(*item));
    }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

std::vector<int32_t> middleTruncated(const std::vector<int32_t> &ids, int64_t window)
{
    if (window < 0 || std::ssize(ids) <= window)
        return ids;
    const int64_t half = window / 2;
    std::vector<int32_t> kept(ids.begin(), ids.begin() + half);
    kept.insert(kept.end(), ids.end() - half, ids.end());
    return kept;
}

} // namespace winnow
