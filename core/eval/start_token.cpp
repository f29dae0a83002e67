#include "core/eval/start_token.h"

#include "core/base/json_fields.h"
#include "core/model/model_files.h"

namespace winnow {
namespace {

    std::optional<int32_t> valid(int64_t id, const Model &model)
    {
        return id >= 0 && id < model.config().vocab ? std::optional(static_cast<int32_t>(id)) : std::nullopt;
    }

    std::optional<int32_t> storedId(const ModelFiles &files, const char *ggufKey, const char *configKey, const Model &model)
    {
        if (files.gguf) {
            const auto id = files.gguf->integer(ggufKey, -1);
            return id ? valid(*id, model) : std::nullopt;
        }
        const Json &field = childField(files.folder->config(), configKey);
        return valid(field.is_array() && !field.empty() ? integerField(Json{{"id", field[0]}}, "id", -1)
                                                        : integerField(files.folder->config(), configKey, -1), model);
    }

} // namespace

std::optional<int32_t> startTokenOf(const Model &model)
{
    if (!model.tokenizer())
        return std::nullopt;
    if (const auto added = model.tokenizer()->bos())
        return added;
    if (const auto files = openModelFiles(model.path()); files && (files->gguf || files->folder)) {
        if (const auto start = storedId(*files, "tokenizer.ggml.bos_token_id", "bos_token_id", model))
            return start;
        if (const auto end = storedId(*files, "tokenizer.ggml.eos_token_id", "eos_token_id", model))
            return end;
    }
    const std::vector<int32_t> ends = model.tokenizer()->endIds();
    return ends.empty() ? std::nullopt : std::optional(ends.front());
}

} // namespace winnow
