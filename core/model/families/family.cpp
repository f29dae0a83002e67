#include "core/model/families/family.h"

#include "core/model/gguf_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace winnow {
namespace {

    constexpr std::array<const Family *, 2> kFamilies{&kLlamaFamily, &kQwen2Family};
    constexpr int64_t kLargestExtent = int64_t{1} << 31;

    /// Reads keys below "<architecture>." and remembers the first error, so that the caller reads like a table.
    class Keys {
    public:
        Keys(const GgufFile &file, const Family &family)
            : m_file(file)
            , m_prefix(std::string(family.id) + '.')
        {
        }

        bool has(const char *key) const { return m_file.has(m_prefix + key); }

        int64_t size(const char *key) { return checkedSize(key, m_file.integer(m_prefix + key)); }
        int64_t size(const char *key, int64_t fallback)
        {
            return checkedSize(key, m_file.integer(m_prefix + key, fallback));
        }

        double number(const char *key, double fallback)
        {
            const Result<double> value = m_file.number(m_prefix + key, fallback);
            if (!value)
                return keep(value.error()), fallback;
            if (!(*value > 0.0))
                keep(m_file.bad("key " + m_prefix + key + ": expected a positive number, found " + std::to_string(*value)).value());
            return *value;
        }
        double number(const char *key)
        {
            const Result<double> value = m_file.number(m_prefix + key);
            if (!value)
                return keep(value.error()), 1.0;
            return number(key, 1.0);
        }

        /// One value, or one per layer that are all equal.
        int64_t uniform(const char *key, int64_t fallback)
        {
            if (fallback > 0 && !has(key))
                return fallback;
            const Result<std::vector<int64_t>> values = m_file.integers(m_prefix + key);
            if (!values)
                return keep(values.error()), 1;
            if (values->empty())
                return keep(m_file.bad("key " + m_prefix + key + ": expected a value per layer, found an empty list").value()), 1;
            if (std::adjacent_find(values->begin(), values->end(), std::not_equal_to<>()) != values->end())
                return keep(Error{ErrorCode::Unsupported, m_file.path().string() + ": key " + m_prefix + key
                                + " differs between layers; only one value for all layers is supported", {}}), 1;
            return checkedSize(key, values->front());
        }

        void refuse(const std::string &what) { keep(Error{ErrorCode::Unsupported, m_file.path().string() + ": " + what, {}}); }
        void refuseShape(const std::string &what) { keep(m_file.bad(what).value()); }
        const std::string &prefix() const { return m_prefix; }
        const std::optional<Error> &error() const { return m_error; }

    private:
        int64_t checkedSize(const char *key, const Result<int64_t> &value)
        {
            if (!value)
                return keep(value.error()), 1;
            if (*value < 1 || *value > kLargestExtent)
                return keep(m_file.bad("key " + m_prefix + key + ": expected 1 to 2147483648, found " + std::to_string(*value)).value()), 1;
            return *value;
        }
        void keep(Error error)
        {
            if (!m_error)
                m_error = std::move(error);
        }

        const GgufFile &m_file;
        std::string m_prefix;
        std::optional<Error> m_error;
    };

    std::string shapeText(const std::vector<int64_t> &shape)
    {
        std::string text = "[";
        for (size_t i = 0; i < shape.size(); ++i)
            text += (i ? ", " : "") + std::to_string(shape[i]);
        return text + ']';
    }

    std::vector<int64_t> foundShape(const GgufTensor &tensor)
    {
        std::vector<int64_t> shape;
        for (int i = tensor.dimensions - 1; i >= 0; --i)
            shape.push_back(tensor.ne[static_cast<size_t>(i)]);
        return shape;
    }

    /// Adds what is wrong with one tensor of the table to `differences`.
    void compare(const GgufFile &file, const std::string &name, const FamilyTensor &rule, const ModelConfig &config,
        std::vector<std::string> &differences)
    {
        const GgufTensor *tensor = file.findTensor(name);
        const int64_t rows = extent(rule.rows, config);
        const int64_t columns = extent(rule.columns, config);
        const std::vector<int64_t> expected
            = rule.rows == Extent::One ? std::vector<int64_t>{columns} : std::vector<int64_t>{rows, columns};
        if (!tensor) {
            if (rule.presence == Presence::Required)
                differences.push_back(name + " is missing (expected " + shapeText(expected) + ")");
            return;
        }
        if (tensor->rows != rows || tensor->cols != columns)
            differences.push_back(name + ": expected " + shapeText(expected) + ", found " + shapeText(foundShape(*tensor)));
        else if (const TensorTypeInfo *info = tensorTypeInfo(tensor->type); !info || !info->readable)
            differences.push_back(name + ": type " + tensorTypeName(tensor->type) + " cannot be read");
    }

    /// Type with most bytes, and the number of parameters (rope factors are no parameters).
    void readTotals(const GgufFile &file, ModelConfig &config)
    {
        std::map<TensorType, int64_t> bytes;
        for (const GgufTensor &tensor : file.tensors()) {
            if (tensor.name == "rope_freqs.weight")
                continue;
            config.parameters += tensor.elements();
            bytes[tensor.type] += static_cast<int64_t>(tensor.bytes.size());
        }
        const auto most = std::max_element(bytes.begin(), bytes.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
        if (most != bytes.end())
            config.storedType = tensorTypeName(most->first);
    }

    void readSizes(const GgufFile &file, Keys &keys, ModelConfig &config)
    {
        config.layers = keys.size("block_count");
        config.hidden = keys.size("embedding_length");
        config.contextLength = keys.size("context_length");
        config.ffn = keys.uniform("feed_forward_length", 0);
        config.heads = keys.uniform("attention.head_count", 0);
        config.kvHeads = keys.uniform("attention.head_count_kv", config.heads);
        config.headDim = keys.size("attention.key_length", std::max<int64_t>(1, config.hidden / config.heads));
        RopeConfig rope;
        rope.dim = keys.size("rope.dimension_count", config.headDim);
        rope.theta = keys.number("rope.freq_base", 1e4);
        config.ropes = {rope};
        config.normEps = keys.number("attention.layer_norm_rms_epsilon");
        const GgufTensor *embedding = file.findTensor("token_embd.weight");
        config.vocab = keys.size("vocab_size", embedding ? embedding->rows : 1);
        LayerConfig layer;
        layer.ffn = config.ffn;
        if (keys.has("attention.sliding_window"))
            layer.window = keys.size("attention.sliding_window");
        // A file that says a billion layers is refused by its tensors later on.
        config.layerConfigs.assign(static_cast<size_t>(std::min<int64_t>(config.layers, static_cast<int64_t>(file.tensors().size()))), layer);
    }

    void refuseUnknown(Keys &keys, const GgufFile &file, const ModelConfig &config)
    {
        if (keys.has("expert_count") && file.integer(keys.prefix() + "expert_count", 0).value_or(1) > 0)
            keys.refuse("mixture-of-experts models (key " + keys.prefix() + "expert_count) are not supported");
        if (keys.size("attention.value_length", config.headDim) != config.headDim)
            keys.refuse("keys and values of different width (attention.value_length) are not supported");
        if (config.heads % config.kvHeads != 0)
            keys.refuseShape("attention.head_count " + std::to_string(config.heads) + " is no multiple of attention.head_count_kv "
                + std::to_string(config.kvHeads));
        const int64_t rope = config.ropes.front().dim;
        if (config.headDim % 2 != 0 || rope % 2 != 0 || rope > config.headDim)
            keys.refuseShape("rope.dimension_count " + std::to_string(rope) + " must be even and at most the head width "
                + std::to_string(config.headDim));
        if (keys.has("rope.scaling.type")) {
            const auto type = file.string(keys.prefix() + "rope.scaling.type");
            // llama3 scaling comes as the tensor rope_freqs.weight.
            const bool factors = type && *type == "llama3" && file.findTensor("rope_freqs.weight");
            if (!type || (*type != "none" && *type != "linear" && !factors))
                keys.refuse("rope scaling " + (type ? std::string(*type) : std::string("of unknown type")) + " is not supported (known: none, linear)");
        }
    }

} // namespace

std::span<const Family *const> families() { return kFamilies; }

Result<const Family *> familyOf(const GgufFile &file)
{
    const Result<std::string_view> architecture = file.string("general.architecture");
    if (!architecture)
        return fail(architecture.error());
    std::string known;
    for (const Family *family : kFamilies) {
        if (family->id == *architecture)
            return family;
        known += (known.empty() ? "" : ", ") + std::string(family->id);
    }
    return fail(ErrorCode::Unsupported,
        file.path().string() + ": architecture " + printable(*architecture) + " is not supported", "supported: " + known);
}

int64_t extent(Extent what, const ModelConfig &config)
{
    switch (what) {
    case Extent::One:
        return 1;
    case Extent::Vocab:
        return config.vocab;
    case Extent::Hidden:
        return config.hidden;
    case Extent::QueryWidth:
        return config.heads * config.headDim;
    case Extent::KvWidth:
        return config.kvHeads * config.headDim;
    case Extent::Ffn:
        return config.ffn;
    case Extent::RopePairs:
        return config.ropes.front().dim / 2;
    }
    return 0;
}

std::string layerTensorName(int64_t layer, std::string_view name)
{
    return "blk." + std::to_string(layer) + '.' + std::string(name);
}

Result<ModelConfig> readConfig(const GgufFile &file, const Family &family)
{
    Keys keys(file, family);
    ModelConfig config;
    config.family = family.id;
    config.name = file.path().stem().string();
    if (const auto name = file.string("general.name"); name && !name->empty())
        config.name = printable(*name);
    readSizes(file, keys, config);
    refuseUnknown(keys, file, config);
    if (keys.error())
        return fail(*keys.error());
    config.tied = !file.findTensor("output.weight");
    config.qkvBias = file.findTensor(layerTensorName(0, "attn_q.bias")) != nullptr;
    readTotals(file, config);
    return config;
}

Result<void> checkTensors(const GgufFile &file, const Family &family, const ModelConfig &config)
{
    std::vector<std::string> differences;
    std::set<std::string, std::less<>> known;
    for (const FamilyTensor &rule : family.global) {
        known.emplace(rule.name);
        compare(file, std::string(rule.name), rule, config, differences);
    }
    // A file that says a billion layers is refused by its tensors, without listing each.
    const auto fileTensors = static_cast<int64_t>(file.tensors().size());
    if (config.layers > fileTensors)
        return file.bad(std::string(family.id) + ".block_count says " + std::to_string(config.layers) + " layers, the file has only "
            + std::to_string(fileTensors) + " tensors");
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        for (const FamilyTensor &rule : family.layer) {
            std::string name = layerTensorName(layer, rule.name);
            compare(file, name, rule, config, differences);
            known.insert(std::move(name));
        }
    }
    // A tensor nobody reads would silently change what the model computes.
    for (const GgufTensor &tensor : file.tensors()) {
        if (!known.contains(tensor.name))
            differences.push_back(printable(tensor.name) + " is not part of family " + std::string(family.id));
    }
    if (differences.empty())
        return {};
    std::string list;
    for (const std::string &difference : differences)
        list += (list.empty() ? "" : "; ") + difference;
    return file.bad(std::to_string(differences.size()) + " tensors differ from what family " + std::string(family.id)
        + " needs: " + list);
}

} // namespace winnow
