#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

// Readers of sets whose items are prompts (text-data.md 3.5 to 3.13). Each hands out its items in the order of the file and returns
// how it went; errors are those of DataLines and of JSON documents. meta["metric"] names the task metric, meta["language"] the language;
// meta["cue"] is what goes behind the question before a reader answers, meta["answerCue"] what goes before an answer that is forced
// without steps, meta["firstLine"] that only the first line of a reply counts. None of them is part of the set.

/// GSM8K: `question`, `answer`; the 8-shot file beside it gives the contexts. meta: solution.
Result<DataNotes> readGsm8k(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// BIG-Bench Hard: one task a file, its worked examples in ../cot_prompts. meta: kind (options, free).
Result<DataNotes> readBbh(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// MT-Bench: one item a turn; the turn is the context. Turn 2 needs the reply to turn 1: meta["needsReplyOf"] names its item.
Result<DataNotes> readMtBench(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// XQuAD and any SQuAD 1.1 file: one item a question, the evidence is where the answers stand.
Result<DataNotes> readSquad(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// QMSum: one item a query, the meeting is the context, its relevant turns the evidence. A .jsonl file holds one meeting a line.
Result<DataNotes> readQmsum(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// Lost in the Middle, key-value pairs. meta: goldIndex.
Result<DataNotes> readKeyValues(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// Lost in the Middle, questions over documents.
/// Deviation: one gold passage an item is shipped, so the others come from other items, easier than retrieved ones; meta says so.
/// @error BadInput for documents outside 2..100 or a gold position outside 0..documents - 1.
Result<DataNotes> readDocuments(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// LongBench `<task>.jsonl` of the user: only the context is compressed. meta: before, after (the exact template around the context),
/// replyTokens, chat (whether the prompt is wrapped for a chat model), firstLine (only the first reply line counts), group.
Result<DataNotes> readLongBench(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// A text or Markdown file: one item, one context, or one context a part between blank lines.
Result<DataNotes> readPlainText(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context);

/// The blocks of the 8-shot file. @error as readDataText; BadInput without a block.
Result<std::vector<std::string>> readWorkedExamples(const std::filesystem::path &path, DataNotes &notes, const RunContext &context);

/// "<<3+4=7>>" left out.
std::string withoutCalculatorMarks(std::string_view text);

/// One task of LongBench.
struct LongBenchTask {
    std::string_view name, prompt; // with {context} and, for most, {input}
    int64_t replyTokens = 0;
    std::string_view metric; // taskMetricName
    std::string_view group; // single, multi, summ, few, synth, code; empty for Chinese tasks
    bool chinese = false, chat = true, firstLine = false;
};
std::span<const LongBenchTask> longBenchTasks();
/// Null for an unknown name.
const LongBenchTask *findLongBenchTask(std::string_view name);

/// Ids of a prompt that is longer than the window, without its middle: the first and the last window/2.
std::vector<int32_t> middleTruncated(const std::vector<int32_t> &ids, int64_t window);

} // namespace winnow
