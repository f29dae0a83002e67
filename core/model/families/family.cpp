#include "core/model/families/family.h"

#include "core/model/families/registry.h"
#include "core/model/gguf_file.h"

#include <algorithm>
#include <array>
#include <string>

namespace winnow {
namespace {

    constexpr std::array<const Family *, 24> kFamilies{&kLlamaFamily, &kMistralFamily, &kQwen2Family, &kQwen3Family, &kGemmaFamily,
        &kGemma2Family, &kGemma3Family, &kPhi3Family, &kGptNeoxFamily, &kGpt2Family, &kOptFamily, &kSmolLm3Family, &kErnie45Family,
        &kErnie45MoeFamily, &kGraniteFamily, &kGraniteMoeFamily, &kOlmoeFamily, &kMixtralFamily, &kQwen2MoeFamily, &kQwen3MoeFamily,
        &kStarcoder2Family, &kStableLmFamily, &kDeepseekV2Family, &kDeepseekV3Family};

} // namespace

std::span<const Family *const> families() { return kFamilies; }

const Family *findFamily(std::string_view id)
{
    const auto found = std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family *family) { return family->id == id; });
    return found == kFamilies.end() ? nullptr : *found;
}

Result<const Family *> familyOf(std::string_view type, ModelFormat format, const std::string &where)
{
    std::string known;
    for (const Family *family : kFamilies) {
        for (const std::string_view name : format == ModelFormat::Gguf ? family->ggufArchitectures : family->hfTypes) {
            if (name == type)
                return family;
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
    }
    const char *what = format == ModelFormat::Gguf ? ": architecture " : ": model_type ";
    return fail(ErrorCode::Unsupported, where + what + printable(type) + " is not supported", "supported: " + known);
}

} // namespace winnow
