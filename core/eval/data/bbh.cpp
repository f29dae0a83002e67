#include "core/eval/data/data_lines.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"
#include "core/eval/task_metrics.h"

namespace winnow {
namespace {

    struct TaskPrompt {
        std::string description;
        std::vector<std::string> examples;
    };

    /// Canary line, dash line, description, then blocks "Q: .. A: ..". An example may hold blank lines: the next begins at "Q:".
    Result<TaskPrompt> readTaskPrompt(const std::filesystem::path &path, DataNotes &notes, const RunContext &context)
    {
        const auto whole = readDataText(path, {}, notes, context);
        if (!whole)
            return fail(whole.error());
        std::string_view text = *whole;
        const auto dropLine = [&] { text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1); };
        if (text.substr(0, text.find('\n')).find("canary") != std::string_view::npos)
            dropLine();
        if (!text.empty() && text.substr(0, text.find('\n')).find_first_not_of("- \t") == std::string_view::npos)
            dropLine();
        TaskPrompt prompt;
        size_t next = text.find("\nQ:");
        prompt.description = std::string(trimmedText(text.substr(0, next)));
        while (next != std::string_view::npos) {
            const size_t begin = next + 1;
            next = text.find("\n\nQ:", begin);
            next = next == std::string_view::npos ? next : next + 1;
            prompt.examples.emplace_back(trimmedText(text.substr(begin, next == std::string_view::npos ? next : next - begin)));
        }
        if (prompt.examples.empty())
            return fail(ErrorCode::BadInput, path.string() + ": expected worked examples that begin with \"Q:\", found none");
        return prompt;
    }

} // namespace

Result<DataNotes> readBbh(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    const std::string task = settings.task.empty() ? path.stem().string() : settings.task;
    const auto published = path.parent_path().parent_path() / "cot_prompts" / (task + ".txt");
    const auto beside = path.parent_path() / (task + ".txt");
    const auto promptPath = !settings.promptFile.empty() ? std::filesystem::path(settings.promptFile)
        : std::filesystem::exists(published)             ? published
                                                         : beside;
    TaskPrompt prompt;
    if (!settings.promptFile.empty() || std::filesystem::exists(promptPath)) {
        auto read = readTaskPrompt(promptPath, notes, context);
        if (!read)
            return fail(read.error());
        prompt = std::move(*read);
    } else {
        notes.warn(path.string(), 0, "no worked examples in " + published.string() + " or beside the file: nothing to compress");
    }
    const auto read = readJsonElements(path, "examples", settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        const auto input = requiredText(record, "input");
        if (!input)
            return fail(input.error());
        const auto target = requiredText(record, "target");
        if (!target)
            return fail(target.error());
        PromptItem item;
        item.id = task + '-' + std::to_string(notes.items++);
        item.set = "bbh";
        item.task = task;
        item.instruction = prompt.description;
        item.contexts = prompt.examples;
        item.question = "Q: " + *input + "\nA: Let's think step by step.";
        item.answers = {*target};
        item.meta = {{"metric", "bbh"}, {"language", "en"}, {"answerCue", " So the answer is"}, {"kind", bbhKind(*target) == BbhKind::Options ? "options" : "free"}};
        return sink(std::move(item));
    }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

} // namespace winnow
