#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"
#include "core/model/families/tables.h"

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 4> kHf{kHfEnds, kHfNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::string_view, 1> kTypes{"mistral"};

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config, HfDefaults{.kvHeads = 8, .contextLength = 131072});
        if (keys.has("sliding_window")) {
            for (LayerConfig &layer : config.layerConfigs)
                layer.window = keys.size("sliding_window");
        }
    }

} // namespace

/// Mistral: a llama whose window, where there is one, holds in every layer. Its GGUF files say llama.
constinit const Family kMistralFamily{
    .id = "mistral", .hfTypes = kTypes, .ggufArchitectures = {}, .readHf = readHf, .hf = kHf, .gguf = {}, .hfBuffers = kHfBuffers};

} // namespace winnow
