#include "core/model/describe_model.h"

#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/load_weights.h"

#include <algorithm>

namespace winnow {
namespace {

    struct ReadConfig {
        const Family *family;
        ModelConfig config;
    };

    /// F of the first dense layer; 0 when all have experts.
    void settleFfn(ModelConfig &config)
    {
        const auto dense = std::find_if(
            config.layerConfigs.begin(), config.layerConfigs.end(), [](const LayerConfig &layer) { return !layer.experts; });
        config.ffn = dense == config.layerConfigs.end() ? 0 : dense->ffn;
        if (std::none_of(config.layerConfigs.begin(), config.layerConfigs.end(), [](const LayerConfig &layer) { return layer.experts; }))
            config.moe = MoeConfig{};
    }

    Result<void> refuseOtherKinds(const Json &json, const std::string &where)
    {
        for (const char *key : {"vision_config", "audio_config"}) {
            if (const auto found = json.find(key); found != json.end() && found->is_object())
                return fail(ErrorCode::Unsupported,
                    where + ": vision-language models are not supported yet (key " + key + ")", "open a text model");
        }
        if (const auto found = json.find("quantization_config"); found != json.end() && found->is_object())
            return fail(ErrorCode::Unsupported,
                where + ": weights that another library quantised (key quantization_config) are not supported",
                "open the folder with the original weights, or a GGUF file of the model");
        return {};
    }

    Result<ReadConfig> readHf(const Json &json, const std::string &where)
    {
        if (!json.is_object())
            return fail(ErrorCode::BadModelFile, where + ": expected an object");
        if (auto allowed = refuseOtherKinds(json, where); !allowed)
            return fail(allowed.error());
        HfKeys keys(json, where);
        if (!keys.has("model_type"))
            return fail(ErrorCode::BadModelFile, where + ": key model_type: expected a string, found nothing");
        const std::string type = keys.text("model_type", "");
        if (keys.error())
            return fail(*keys.error());
        const auto family = familyOf(type, ModelFormat::HuggingFace, where);
        if (!family)
            return fail(family.error());
        ModelConfig config;
        config.family = (*family)->id;
        (*family)->readHf(keys, config);
        if (keys.error())
            return fail(*keys.error());
        settleFfn(config);
        if (auto possible = checkSizes(config, where); !possible)
            return fail(possible.error());
        return ReadConfig{*family, std::move(config)};
    }

    Result<ReadConfig> readGguf(const GgufFile &file)
    {
        const Result<std::string_view> architecture = file.string("general.architecture");
        if (!architecture)
            return fail(architecture.error());
        const auto family = familyOf(*architecture, ModelFormat::Gguf, file.path().string());
        if (!family)
            return fail(family.error());
        GgufKeys keys(file, *architecture);
        ModelConfig config;
        config.family = (*family)->id;
        (*family)->readGguf(keys, config);
        if (keys.error())
            return fail(*keys.error());
        settleFfn(config);
        if (auto possible = checkSizes(config, file.path().string()); !possible)
            return fail(possible.error());
        config.name = file.path().stem().string();
        if (const auto name = file.string("general.name"); name && !name->empty())
            config.name = printable(*name);
        return ReadConfig{*family, std::move(config)};
    }

    std::string folderName(const std::filesystem::path &path)
    {
        std::error_code ignored;
        std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
        if (!whole.has_filename())
            whole = whole.parent_path();
        return whole.filename().string();
    }

} // namespace

Result<ModelConfig> readHfConfig(const Json &json, const std::string &where)
{
    auto read = readHf(json, where);
    if (!read)
        return fail(read.error());
    read->config.parameters = countParameters(*read->family, ModelFormat::HuggingFace, read->config);
    return read->config;
}

Result<DescribedModel> describeModel(const std::filesystem::path &path)
{
    auto files = openModelFiles(path);
    if (!files)
        return fail(files.error());
    DescribedModel described;
    described.files = std::move(*files);
    const HfFolder *folder = described.files.folder.get();
    described.format = folder ? ModelFormat::HuggingFace : ModelFormat::Gguf;
    auto read = folder ? readHf(folder->config(), (folder->path() / "config.json").string()) : readGguf(*described.files.gguf);
    if (!read)
        return fail(read.error());
    described.family = read->family;
    described.config = std::move(read->config);
    if (folder)
        described.config.name = folderName(folder->path());
    auto plan = planTensors(*described.files.tensors, *described.family, described.format, described.config);
    if (!plan)
        return fail(plan.error());
    described.plan = std::move(*plan);
    readTotals(described.plan, described.config);
    countHeldWeights(described.plan, described.config);
    if (auto done = readRopeFactors(*described.files.tensors, described.plan, described.config); !done)
        return fail(done.error());
    return described;
}

} // namespace winnow
