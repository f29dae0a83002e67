#include "core/model/families/gemma_tables.h"
#include "core/model/families/gguf_keys.h"
#include "core/model/families/hf_keys.h"
#include "core/model/families/registry.h"

#include <cmath>

namespace winnow {
namespace {

    using namespace tables;

    constexpr std::array<std::span<const TensorRule>, 3> kHf{kHfGemmaNorms, kHfAttention, kHfFfn};
    constexpr std::array<std::span<const TensorRule>, 4> kGguf{kGgufEnds, kGgufGemmaNorms, kGgufAttention, kGgufFfn};
    constexpr std::array<std::string_view, 1> kNames{"gemma2"};

    bool slides(int64_t layer) { return layer % 2 == 0; }

    void readHf(HfKeys &keys, ModelConfig &config)
    {
        readHfCommon(keys, config,
            HfDefaults{.tied = true, .kvHeads = 4, .headDim = 256, .contextLength = 8192, .activationKey = "hidden_activation",
                .activation = "gelu_pytorch_tanh"});
        config.qkvBias = config.outputBias = keys.flag("attention_bias", false);
        config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
        config.scoreScale = 1.0 / std::sqrt(keys.positive("query_pre_attn_scalar", 256));
        config.scoreCap = keys.cap("attn_logit_softcapping", 50);
        config.logitCap = keys.cap("final_logit_softcapping", 30);
        readHfWindows(keys, config, [&](int64_t layer) { return !keys.isNull("sliding_window") && slides(layer); }, 4096);
    }

    void readGguf(GgufKeys &keys, ModelConfig &config)
    {
        readGgufCommon(keys, config);
        config.activation = Activation::GeluTanh;
        config.embeddingScale = std::sqrt(static_cast<double>(config.hidden));
        // The file does not hold the score scale: the 27B model (46 layers) divides by the width E / H, the others by D.
        const double width = config.layers == 46 ? static_cast<double>(config.hidden) / static_cast<double>(config.heads)
                                                 : static_cast<double>(config.headDim);
        config.scoreScale = 1.0 / std::sqrt(width);
        config.scoreCap = keys.positive("attn_logit_softcapping", 50);
        config.logitCap = keys.positive("final_logit_softcapping", 30);
        const int64_t window = keys.size("attention.sliding_window", 4096);
        for (size_t i = 0; i < config.layerConfigs.size(); ++i)
            config.layerConfigs[i].window = slides(static_cast<int64_t>(i)) ? window : 0;
    }

} // namespace

/// Gemma 2: caps on scores and logits, every even layer slides, norms before and after both branches.
constinit const Family kGemma2Family{.id = "gemma2", .hfTypes = kNames, .ggufArchitectures = kNames, .readHf = readHf,
    .readGguf = readGguf, .hf = kHf, .gguf = kGguf, .hfBuffers = kHfBuffers};

} // namespace winnow
