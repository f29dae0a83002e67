#include "core/eval/data/data_lines.h"
#include "core/eval/data/prompt_readers.h"

namespace winnow {
namespace {

    /// Parts between blank lines, without the blank lines.
    std::vector<std::string> partsOf(std::string_view text)
    {
        std::vector<std::string> parts;
        std::string part;
        for (size_t at = 0; at < text.size();) {
            const size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view line = text.substr(at, end - at);
            if (!trimmedText(line).empty())
                part.append(part.empty() ? "" : "\n").append(line);
            else if (!part.empty())
                parts.push_back(std::move(part)), part.clear();
            at = end + 1;
        }
        if (!part.empty())
            parts.push_back(std::move(part));
        return parts;
    }

} // namespace

Result<DataNotes> readPlainText(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<PromptItem> &sink, const RunContext &context)
{
    DataNotes notes;
    auto text = readDataText(path, settings, notes, context);
    if (!text)
        return fail(text.error());
    if (trimmedText(*text).empty())
        return fail(ErrorCode::BadInput, path.string() + ": expected text, found none");
    PromptItem item;
    item.id = path.stem().string();
    item.set = "text";
    item.task = "text";
    item.meta = {{"metric", "none"}, {"language", settings.language.empty() ? "auto" : settings.language}};
    if (settings.contextSplit == ContextSplit::BlankLines)
        item.contexts = partsOf(*text);
    else
        item.contexts = {std::move(*text)};
    notes.items = 1;
    sink(std::move(item));
    return notes;
}

} // namespace winnow
