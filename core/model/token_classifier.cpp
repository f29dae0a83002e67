#include "core/model/token_classifier.h"

#include "core/base/json_fields.h"
#include "core/model/hf_folder.h"
#include "core/model/quant.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {
namespace {

    /// Reads tensors by name and collects all that is wrong.
    class EncoderReader {
    public:
        EncoderReader(const TensorSource &source, std::string prefix)
            : m_source(source)
            , m_prefix(std::move(prefix))
        {
        }

        at::Tensor read(const std::string &name, std::vector<int64_t> shape)
        {
            const StoredTensor *tensor = m_source.find(m_prefix + name);
            if (!tensor)
                tensor = m_source.find(name);
            if (!tensor || !tensor->readable || tensor->shape != shape) {
                m_problems += (m_problems.empty() ? "" : "; ") + name + " expected " + shapeText(shape)
                    + (tensor ? ", found " + shapeText(tensor->shape) : ", missing");
                return {};
            }
            at::Tensor out = at::empty(shape, at::kFloat);
            if (auto done = dequantiseRows(tensor->type, tensor->bytes, tensor->rows(), tensor->cols(), out.mutable_data_ptr<float>()); !done)
                m_problems += (m_problems.empty() ? "" : "; ") + name + ": " + done.error().message;
            return out;
        }

        EncoderMap map(const std::string &name, int64_t out, int64_t in) { return {read(name + ".weight", {out, in}), read(name + ".bias", {out})}; }
        EncoderNorm norm(const std::string &name, int64_t width) { return {read(name + ".weight", {width}), read(name + ".bias", {width})}; }
        const std::string &problems() const { return m_problems; }

    private:
        const TensorSource &m_source;
        std::string m_prefix, m_problems;
    };

    Result<EncoderConfig> encoderConfig(const HfFolder &folder)
    {
        const Json &json = folder.config();
        EncoderConfig config;
        config.name = folder.path().filename().string();
        config.modelType = stringField(json, "model_type");
        constexpr std::array<const char *, 3> kKnown{"bert", "roberta", "xlm-roberta"};
        if (std::find(kKnown.begin(), kKnown.end(), config.modelType) == kKnown.end())
            return fail(ErrorCode::Unsupported, folder.path().string() + "/config.json: model_type \"" + config.modelType
                    + "\", a token classifier is expected to be of bert, roberta or xlm-roberta");
        const std::string activation = stringField(json, "hidden_act", "gelu");
        if (activation != "gelu")
            return fail(ErrorCode::Unsupported, folder.path().string() + "/config.json: hidden_act \"" + activation + "\", expected gelu");
        config.layers = integerField(json, "num_hidden_layers");
        config.heads = integerField(json, "num_attention_heads");
        config.hidden = integerField(json, "hidden_size");
        config.ffn = integerField(json, "intermediate_size");
        config.vocab = integerField(json, "vocab_size");
        config.positions = integerField(json, "max_position_embeddings");
        config.normEps = numberField(json, "layer_norm_eps", 1e-12);
        config.positionOffset = config.modelType == "bert" ? 0 : integerField(json, "pad_token_id", 1) + 1;
        const Json &labels = childField(json, "id2label");
        config.classes = labels.is_object() ? static_cast<int64_t>(labels.size()) : integerField(json, "num_labels", 2);
        if (config.layers < 1 || config.heads < 1 || config.hidden < 1 || config.hidden % config.heads != 0 || config.ffn < 1 || config.vocab < 1
            || config.positions <= config.positionOffset)
            return fail(ErrorCode::BadModelFile, folder.path().string() + "/config.json: sizes of the encoder are missing or do not fit each other");
        if (config.classes != 2)
            return fail(ErrorCode::Unsupported, folder.path().string() + "/config.json: the head has " + std::to_string(config.classes)
                    + " classes, expected 2 (drop and keep)");
        return config;
    }

    EncoderLayer readLayer(EncoderReader &reader, const EncoderConfig &config, int64_t index)
    {
        const std::string name = "encoder.layer." + std::to_string(index) + '.';
        const int64_t width = config.hidden;
        EncoderLayer layer;
        layer.query = reader.map(name + "attention.self.query", width, width);
        layer.key = reader.map(name + "attention.self.key", width, width);
        layer.value = reader.map(name + "attention.self.value", width, width);
        layer.output = reader.map(name + "attention.output.dense", width, width);
        layer.attentionNorm = reader.norm(name + "attention.output.LayerNorm", width);
        layer.up = reader.map(name + "intermediate.dense", config.ffn, width);
        layer.down = reader.map(name + "output.dense", width, config.ffn);
        layer.ffnNorm = reader.norm(name + "output.LayerNorm", width);
        return layer;
    }

    at::Tensor apply(const EncoderMap &map, const at::Tensor &x) { return at::linear(x, map.weight, map.bias); }

    at::Tensor apply(const EncoderNorm &norm, const at::Tensor &x, double eps)
    {
        return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, eps);
    }

    /// Attention of every token to every token. x [n, E].
    at::Tensor attended(const EncoderLayer &layer, const at::Tensor &x, int64_t heads)
    {
        const int64_t n = x.size(0), width = x.size(1) / heads;
        const auto split = [&](const EncoderMap &map) { return apply(map, x).view({n, heads, width}).transpose(0, 1); }; // [H, n, D]
        const at::Tensor scores = at::matmul(split(layer.query), split(layer.key).transpose(1, 2)).div_(std::sqrt(static_cast<double>(width)));
        return at::matmul(at::softmax(scores, -1), split(layer.value)).transpose(0, 1).reshape({n, heads * width});
    }

} // namespace

Result<std::shared_ptr<const TokenClassifier>> TokenClassifier::open(const std::filesystem::path &folder, const RunContext &context)
{
    const c10::InferenceMode inference;
    auto files = HfFolder::open(folder);
    if (!files)
        return fail(files.error());
    auto config = encoderConfig(**files);
    if (!config)
        return fail(config.error());
    auto tokenizer = Tokenizer::fromFolder((*files)->path());
    if (!tokenizer)
        return fail(tokenizer.error());
    auto model = std::shared_ptr<TokenClassifier>(new TokenClassifier);
    model->m_config = *config;
    model->m_tokenizer = *tokenizer;
    EncoderReader reader(**files, config->modelType == "bert" ? "bert." : "roberta.");
    const int64_t width = config->hidden;
    model->m_words = reader.read("embeddings.word_embeddings.weight", {config->vocab, width});
    model->m_positions = reader.read("embeddings.position_embeddings.weight", {config->positions, width});
    const int64_t types = integerField((*files)->config(), "type_vocab_size", config->modelType == "bert" ? 2 : 1);
    model->m_types = reader.read("embeddings.token_type_embeddings.weight", {types, width});
    model->m_embeddingNorm = reader.norm("embeddings.LayerNorm", width);
    for (int64_t l = 0; l < config->layers; ++l) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while loading the encoder");
        model->m_layers.push_back(readLayer(reader, *config, l));
        context.progress("load", l + 1, config->layers, "layers");
    }
    model->m_head = reader.map("classifier", config->classes, width);
    if (!reader.problems().empty())
        return (*files)->bad(reader.problems(), "the folder must hold a model for token classification");
    return std::shared_ptr<const TokenClassifier>(std::move(model));
}

Result<at::Tensor> TokenClassifier::probabilities(std::span<const int32_t> ids, const RunContext &context) const
{
    const c10::InferenceMode inference;
    const auto n = static_cast<int64_t>(ids.size());
    if (n < 1 || n > window())
        return fail(ErrorCode::BadInput, "the encoder takes 1 to " + std::to_string(window()) + " tokens, found " + std::to_string(n));
    at::Tensor index = at::empty({n}, at::kLong);
    for (int64_t t = 0; t < n; ++t) {
        const int32_t id = ids[static_cast<size_t>(t)];
        if (id < 0 || id >= m_config.vocab)
            return fail(ErrorCode::BadInput, "token " + std::to_string(t) + " has id " + std::to_string(id) + ", the encoder has "
                    + std::to_string(m_config.vocab));
        index.mutable_data_ptr<int64_t>()[t] = id;
    }
    at::Tensor x = m_words.index_select(0, index) + m_positions.narrow(0, m_config.positionOffset, n) + m_types[0];
    x = apply(m_embeddingNorm, x, m_config.normEps);
    for (const EncoderLayer &layer : m_layers) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled in the encoder");
        x = apply(layer.attentionNorm, apply(layer.output, attended(layer, x, m_config.heads)) + x, m_config.normEps);
        x = apply(layer.ffnNorm, apply(layer.down, at::gelu(apply(layer.up, x))) + x, m_config.normEps);
    }
    return at::softmax(apply(m_head, x), -1);
}

} // namespace winnow
