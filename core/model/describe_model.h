#pragma once

#include "core/base/error.h"
#include "core/model/config.h"
#include "core/model/families/tensor_plan.h"
#include "core/model/model_files.h"
#include "core/model/tokenizer.h"

#include <filesystem>
#include <memory>
#include <string>

namespace winnow {

/// Everything that can be said about a model without its weights.
struct DescribedModel {
    ModelFiles files;
    const Family *family = nullptr;
    ModelFormat format = ModelFormat::Gguf;
    ModelConfig config;
    TensorPlan plan; // every tensor, checked
};

/// Reads the configuration of a GGUF file or a Hugging Face folder and checks every tensor against its family.
/// @error what openModelFiles reports; Unsupported for a family, a switch or a kind of model that is not known, by name;
///        BadModelFile naming key or tensors, expected and found.
/// @cost  Headers only.
Result<DescribedModel> describeModel(const std::filesystem::path &path);

/// The configuration in the keys of a config.json, without any tensors: `parameters` is counted from the table, `tied` is
/// what the keys say.
/// @param where  The file, for messages.
Result<ModelConfig> readHfConfig(const Json &json, const std::string &where);

} // namespace winnow
