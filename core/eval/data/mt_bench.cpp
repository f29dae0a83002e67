#include "core/base/json_fields.h"
#include "core/eval/data/json_records.h"
#include "core/eval/data/prompt_readers.h"

namespace winnow {

Result<DataNotes> readMtBench(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    const auto read = readJsonLines(path, settings, notes, [&](const Json &record, int64_t) -> Result<bool> {
        const Json &id = childField(record, "question_id");
        if (!id.is_number_integer())
            return fail(ErrorCode::BadInput, "field \"question_id\": expected a whole number");
        const auto category = requiredText(record, "category");
        if (!category)
            return fail(category.error());
        const auto turns = requiredTexts(record, "turns");
        if (!turns)
            return fail(turns.error());
        const auto references = stringListField(record, "reference");
        const std::string name = "mt_bench-" + std::to_string(id.get<int64_t>());
        for (size_t turn = 0; turn < turns->size(); ++turn) {
            PromptItem item;
            item.id = name + '-' + std::to_string(turn + 1);
            item.set = "mt_bench";
            item.task = *category;
            item.contexts = {(*turns)[turn]};
            if (turn < references.size() && !references[turn].empty())
                item.answers = {references[turn]};
            item.meta = {{"metric", "none"}, {"language", "en"}, {"questionId", id}, {"turn", turn + 1}};
            if (turn > 0)
                item.meta["needsReplyOf"] = name + '-' + std::to_string(turn);
            ++notes.items;
            if (!sink(std::move(item)))
                return false;
        }
        return true;
    }, context);
    return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
}

} // namespace winnow
