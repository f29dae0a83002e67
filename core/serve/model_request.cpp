#include "core/serve/model_table.h"

#include "core/model/catalogue.h"
#include "core/serve/request_fields.h"

namespace winnow {

Result<ModelRequest> modelRequest(const Json &request, const std::string &modelFolder, int defaultThreads)
{
    auto name = requestText(request, "model", "");
    auto device = requestText(request, "device", "auto");
    auto dtype = requestText(request, "dtype", "auto");
    auto weights = requestText(request, "weights", "auto");
    auto threads = requestInteger(request, "threads", defaultThreads, 1, 1024);
    for (const auto *field : {&name, &device, &dtype, &weights}) {
        if (!*field)
            return fail(field->error());
    }
    if (!threads)
        return fail(threads.error());
    if (name->empty())
        return fail(ErrorCode::BadInput, "the request names no model", "give --model PATH or a name of winnow-cli models");
    auto path = resolveModel(*name, modelFolder.empty() ? userModelFolder() : std::filesystem::path(modelFolder));
    if (!path)
        return fail(path.error());
    return ModelRequest{*name, path->string(), *device, *dtype, *weights, static_cast<int>(*threads)};
}

Result<std::optional<ModelRequest>> smallModelRequest(const Json &request, const std::string &modelFolder, int defaultThreads)
{
    auto name = requestText(request, "smallModel", "");
    if (!name)
        return fail(name.error());
    if (name->empty())
        return std::optional<ModelRequest>();
    Json small = request;
    small["model"] = *name;
    auto wanted = modelRequest(small, modelFolder, defaultThreads);
    if (!wanted)
        return fail(wanted.error());
    return std::optional<ModelRequest>(std::move(*wanted));
}

} // namespace winnow
