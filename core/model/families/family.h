#pragma once

#include "core/base/error.h"
#include "core/model/config.h"
#include "core/model/families/tensor_rule.h"

#include <span>
#include <string_view>

namespace winnow {

class GgufKeys; // gguf_keys.h
class HfKeys; // hf_keys.h

/// The rules of one format, in pieces that families share.
using RuleTable = std::span<const std::span<const TensorRule>>;

/// A family of decoders: how its configuration reads and which tensors it has, in either format (model-families.md 3.2).
/// An empty table or a null function means that the format does not have the family.
struct Family {
    std::string_view id; // permanent: "llama", "deepseek_v3"
    std::span<const std::string_view> hfTypes; // model_type of config.json
    std::span<const std::string_view> ggufArchitectures; // general.architecture
    void (*readHf)(HfKeys &keys, ModelConfig &config) = nullptr;
    void (*readGguf)(GgufKeys &keys, ModelConfig &config) = nullptr;
    RuleTable hf, gguf;
    /// What Hugging Face names of everything but the head begin with; folders of the bare decoder leave it out.
    std::string_view hfPrefix = "model.";
    /// Ends of Hugging Face names that hold no weights: buffers that old files still have.
    std::span<const std::string_view> hfBuffers;
};

enum class ModelFormat : uint8_t { HuggingFace, Gguf };

inline RuleTable rulesOf(const Family &family, ModelFormat format)
{
    return format == ModelFormat::Gguf ? family.gguf : family.hf;
}

std::span<const Family *const> families();

/// @return nullptr when no family has that id.
const Family *findFamily(std::string_view id);

/// The family of a model_type or of a general.architecture.
/// @error Unsupported naming the type and the known ones.
Result<const Family *> familyOf(std::string_view type, ModelFormat format, const std::string &where);

} // namespace winnow
