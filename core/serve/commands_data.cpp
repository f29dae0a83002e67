#include "core/base/json_fields.h"
#include "core/eval/data/data_sets.h"
#include "core/model/sha256.h"
#include "core/serve/dataset_request.h"
#include "core/serve/engine_state.h"
#include "core/serve/request_fields.h"

namespace winnow {
namespace {

    const char *kindName(DataKind kind)
    {
        return kind == DataKind::Prompts ? "prompts" : kind == DataKind::Segmentation ? "segmentation" : "text";
    }

    Json setJson(const DataSet &set)
    {
        return {{"name", set.name}, {"title", set.title}, {"kind", kindName(set.kind)}, {"format", set.format}, {"licence", set.licence},
            {"origin", set.origin}, {"attribution", set.attribution}, {"expected", set.expected}};
    }

    /// A published file in a folder: missing, present, or after its checksum was compared whole or altered.
    Result<Json> fileJson(const DataFile &file, const std::filesystem::path &folder, bool verify, const RunContext &context)
    {
        Json own{{"set", file.set}, {"path", file.path}, {"items", file.items}, {"sha256", file.sha256}, {"state", "missing"}};
        const auto path = folder / file.path;
        std::error_code error;
        if (folder.empty() || !std::filesystem::is_regular_file(path, error))
            return own;
        own["bytes"] = std::filesystem::file_size(path, error);
        own["state"] = "present";
        if (!verify)
            return own;
        const auto found = sha256File(path, context);
        if (!found)
            return fail(found.error());
        own["state"] = *found == file.sha256 ? "whole" : "altered";
        return own;
    }

    Json itemJson(const PromptItem &item, int64_t number)
    {
        Json evidence = Json::array();
        for (const Evidence &range : item.evidence)
            evidence.push_back({range.context, range.first, range.end});
        return {{"id", item.id}, {"number", number}, {"set", item.set}, {"task", item.task}, {"instruction", item.instruction},
            {"contexts", item.contexts}, {"question", item.question}, {"answers", item.answers}, {"classes", item.classes}, {"evidence", std::move(evidence)},
            {"meta", item.meta}};
    }

    Json itemJson(const SegItem &item, int64_t number)
    {
        return {{"id", item.id}, {"number", number}, {"language", item.language}, {"text", item.text}, {"words", item.words}, {"spaceAfter", item.spaceAfter}};
    }

    template <typename Item>
    Result<Document> itemsReply(const DataSet &set, Result<DataItems<Item>> data)
    {
        if (!data)
            return fail(data.error());
        Json items = Json::array(), warnings = Json::array();
        for (size_t i = 0; i < data->items.size(); ++i)
            items.push_back(itemJson(data->items[i], data->numbers[i]));
        for (const DataWarning &warning : data->notes.warnings)
            warnings.push_back({{"file", warning.file}, {"line", warning.line}, {"reason", warning.reason}});
        return Document{{{"dataset", setJson(set)}, {"items", std::move(items)}, {"warnings", std::move(warnings)},
                            {"moreWarnings", data->notes.moreWarnings}, {"rejected", data->notes.rejected}},
            {}};
    }

} // namespace

Result<Document> answerDatasets(EngineState &, const Json &request, const RunContext &context, const PartSink &)
{
    auto folder = requestText(request, "folder", "");
    auto verify = folder ? requestFlag(request, "verify", false) : Result<bool>(fail(folder.error()));
    if (!verify)
        return fail(verify.error());
    Json sets = Json::array(), files = Json::array();
    for (const DataSet &set : dataSets())
        sets.push_back(setJson(set));
    for (const DataFile &file : dataFiles()) {
        auto own = fileJson(file, *folder, *verify, context);
        if (!own)
            return fail(own.error());
        files.push_back(std::move(*own));
    }
    return Document{{{"folder", *folder}, {"sets", std::move(sets)}, {"files", std::move(files)}}, {}};
}

Result<Document> answerItems(EngineState &, const Json &request, const RunContext &context, const PartSink &)
{
    auto dataset = datasetRequest(request);
    if (!dataset)
        return fail(dataset.error());
    if (dataset->set->kind == DataKind::Segmentation)
        return itemsReply(*dataset->set, loadSegItems(*dataset->set, dataset->path, dataset->settings, dataset->choice, context));
    return itemsReply(*dataset->set, loadPromptItems(*dataset->set, dataset->path, dataset->settings, dataset->choice, context));
}

} // namespace winnow
