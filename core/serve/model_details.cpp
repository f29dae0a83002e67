#include "core/serve/model_details.h"

#include "core/model/hooks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace winnow {
namespace {

    struct PartWord {
        std::string_view word, part;
    };

    // The first word that a name contains decides: what is special stands before what is general.
    constexpr std::array<PartWord, 40> kPartWords{{
        {"ffn_gate_inp", "router"},
        {"exp_probs_b", "router"},
        {"e_score_correction", "router"},
        {"moe_statics", "router"},
        {"router", "router"},
        {"mlp.gate.", "router"},
        {"sparse_moe.gate.", "router"},
        {"shared_expert_gate", "router"},
        {"_exps", "experts"},
        {"_shexp", "experts"},
        {"experts.", "experts"},
        {"shared_expert", "experts"},
        {"block_sparse_moe", "experts"},
        {"norm", "norm"},
        {"ln_", "norm"},
        {"token_embd", "embedding"},
        {"embed_tokens", "embedding"},
        {"embed_in", "embedding"},
        {"embed_positions", "embedding"},
        {"position_embd", "embedding"},
        {"wte.", "embedding"},
        {"wpe.", "embedding"},
        {"lm_head", "head"},
        {"embed_out", "head"},
        {"attn", "attention"},
        {"attention", "attention"},
        {"q_proj", "attention"},
        {"k_proj", "attention"},
        {"v_proj", "attention"},
        {"o_proj", "attention"},
        {"ffn", "mlp"},
        {"mlp", "mlp"},
        {"feed_forward", "mlp"},
        {"fc1", "mlp"},
        {"fc2", "mlp"},
        {"fc_in", "mlp"},
        {"fc_out", "mlp"},
        {"gate_proj", "mlp"},
        {"up_proj", "mlp"},
        {"down_proj", "mlp"},
    }};
    constexpr std::array<std::string_view, 8> kParts{"embedding", "attention", "mlp", "experts", "router", "norm", "head", "other"};

    struct Sum {
        int64_t tensors = 0, parameters = 0, bytes = 0;

        void add(const StoredTensor &tensor)
        {
            ++tensors;
            parameters += tensor.elements();
            bytes += static_cast<int64_t>(tensor.bytes.size());
        }
    };

    std::map<std::string, int64_t, std::less<>> sizesOf(const ModelConfig &config)
    {
        std::map<std::string, int64_t, std::less<>> sizes{{"H", config.heads}, {"Hkv", config.kvHeads}, {"D", config.headDim}, {"Dv", config.valueWidth()}, {"E", config.hidden}, {"V", config.vocab}, {"G", config.kvHeads > 0 ? config.groups() : 0}, {"L", config.layers}};
        if (config.moe.experts > 0)
            sizes.insert({{"N", config.moe.experts}, {"k", config.moe.active}});
        if (config.mla.latent > 0)
            sizes.insert({{"r", config.mla.latent}, {"Dr", config.mla.rope}});
        return sizes;
    }

    /// Whether a model has the place at all.
    bool applies(HookPoint point, const ModelConfig &config)
    {
        switch (point) {
        case HookPoint::RouterLogits:
        case HookPoint::ExpertIds:
        case HookPoint::ExpertWeights:
        case HookPoint::ExpertNorms: return config.moe.experts > 0;
        case HookPoint::Latent:
        case HookPoint::LatentKeyRope: return config.mla.latent > 0;
        default: return true;
        }
    }

    Json layerJson(const ModelConfig &config, int64_t index, const Sum &sum)
    {
        const LayerConfig &layer = config.layer(index);
        Json json{{"layer", index}, {"kind", layer.experts ? "moe" : "dense"}, {"attention", layer.window > 0 ? "local" : "global"}, {"heads", config.heads}, {"kvHeads", config.kvHeads},
            {"headDim", config.headDim}, {"ffn", layer.experts ? config.moe.expertFfn : layer.ffn}, {"rope", layer.rope >= 0}, {"parameters", sum.parameters}, {"bytes", sum.bytes}};
        if (layer.window > 0)
            json["window"] = layer.window;
        if (layer.experts) {
            json["experts"] = config.moe.experts;
            json["expertsPerToken"] = config.moe.active;
            if (config.moe.sharedFfn > 0)
                json["sharedFfn"] = config.moe.sharedFfn;
        }
        return json;
    }

} // namespace

std::string_view tensorPart(std::string_view name)
{
    for (const PartWord &entry : kPartWords) {
        if (name.find(entry.word) != std::string_view::npos)
            return entry.part;
    }
    return name.starts_with("output.") ? "head" : "other"; // a GGUF file calls its head "output"
}

int64_t tensorLayer(std::string_view name)
{
    for (const std::string_view stem : {"blk.", "layers.", "h.", "blocks."}) {
        for (size_t at = name.find(stem); at != std::string_view::npos; at = name.find(stem, at + 1)) {
            if (at > 0 && name[at - 1] != '.')
                continue;
            const std::string_view rest = name.substr(at + stem.size());
            int64_t layer = -1;
            const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
            if (problem == std::errc() && end != rest.data() + rest.size() && *end == '.')
                return layer;
        }
    }
    return -1;
}

std::string sizedShape(std::string_view shape, const ModelConfig &config)
{
    const auto sizes = sizesOf(config);
    std::string result;
    const auto isLetter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    for (size_t i = 0; i < shape.size();) {
        if (!isLetter(shape[i])) {
            result += shape[i++];
            continue;
        }
        size_t end = i;
        while (end < shape.size() && isLetter(shape[end]))
            ++end;
        const std::string_view word = shape.substr(i, end - i);
        const auto size = sizes.find(word);
        result += size == sizes.end() ? std::string(word) : std::to_string(size->second);
        i = end;
    }
    return result;
}

Json modelDetails(const ModelConfig &config, std::span<const StoredTensor> tensors)
{
    std::vector<Sum> layers(static_cast<size_t>(config.layers));
    std::map<std::string_view, Sum> parts;
    Json list = Json::array();
    for (const StoredTensor &tensor : tensors) {
        const std::string_view part = tensorPart(tensor.name);
        const int64_t layer = tensorLayer(tensor.name);
        Json entry{{"name", tensor.name}, {"shape", tensor.shape}, {"type", tensor.typeName}, {"bytes", tensor.bytes.size()}, {"part", part}};
        if (layer >= 0 && layer < config.layers) {
            entry["layer"] = layer;
            layers[static_cast<size_t>(layer)].add(tensor);
        }
        parts[part].add(tensor);
        list.push_back(std::move(entry));
    }
    Json layerTable = Json::array(), partList = Json::array(), hooks = Json::array();
    for (int64_t i = 0; i < config.layers && i < int64_t(config.layerConfigs.size()); ++i)
        layerTable.push_back(layerJson(config, i, layers[static_cast<size_t>(i)]));
    for (const std::string_view part : kParts) {
        if (const auto sum = parts.find(part); sum != parts.end())
            partList.push_back({{"part", part}, {"tensors", sum->second.tensors}, {"parameters", sum->second.parameters}, {"bytes", sum->second.bytes}});
    }
    for (const HookPointInfo &info : hookPoints()) {
        if (applies(info.point, config))
            hooks.push_back({{"name", info.name}, {"shape", info.shape}, {"sizes", sizedShape(info.shape, config)}, {"meaning", info.meaning}, {"perLayer", info.perLayer}});
    }
    return {{"layerTable", std::move(layerTable)}, {"hookPoints", std::move(hooks)}, {"tensors", std::move(list)}, {"parts", std::move(partList)}};
}

} // namespace winnow
