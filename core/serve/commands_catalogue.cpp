#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/model/catalogue.h"
#include "core/model/fetch.h"
#include "core/model/local_models.h"

namespace winnow {
namespace {

    std::filesystem::path folderOf(const EngineState &state)
    {
        return state.options.modelFolder.empty() ? userModelFolder() : std::filesystem::path(state.options.modelFolder);
    }

    Json catalogueJson(const CatalogueModel &model, const std::filesystem::path &folder)
    {
        const bool present = model.isPresent(folder);
        return {{"name", model.name}, {"title", model.title}, {"file", model.file}, {"path", model.path(folder).string()},
            {"bytes", model.bytes}, {"present", present}, {"licence", model.licence}, {"sha256", model.sha256}};
    }

    Json localJson(const LocalModel &model)
    {
        return {{"name", model.name}, {"path", model.path.string()}, {"bytes", model.bytes},
            {"kind", model.kind == LocalModelKind::HfFolder ? "folder" : "gguf"}};
    }

} // namespace

Result<Document> answerModels(EngineState &state, const Json &, const RunContext &, const PartSink &)
{
    Json models = Json::array();
    for (const CatalogueModel &model : catalogue())
        models.push_back(catalogueJson(model, folderOf(state)));
    Json local = Json::array();
    for (const LocalModel &model : localModels(folderOf(state)))
        local.push_back(localJson(model));
    return Document{{{"models", std::move(models)}, {"local", std::move(local)}, {"folder", folderOf(state).string()}}, {}};
}

Result<Document> answerFetch(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    const std::string name = stringField(request, "name");
    const CatalogueModel *model = findCatalogueModel(name);
    if (!model) {
        std::string names;
        for (const CatalogueModel &known : catalogue())
            names += (names.empty() ? "" : ", ") + std::string(known.name);
        return fail(ErrorCode::NotFound, "no model is called \"" + name + "\"", "known: " + names);
    }
    auto fetched = fetchModel(*model, {folderOf(state), {}}, context);
    if (!fetched)
        return fail(fetched.error());
    Json body = catalogueJson(*model, folderOf(state));
    body["path"] = fetched->path.string();
    body["wasThere"] = fetched->wasThere;
    return Document{std::move(body), {}};
}

} // namespace winnow
