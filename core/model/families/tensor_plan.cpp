#include "core/model/families/tensor_plan.h"

#include "core/model/gguf_file.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

namespace winnow {
namespace {

    constexpr size_t kMostListed = 40;

    std::string expand(std::string_view name, int64_t layer, int64_t expert)
    {
        std::string text;
        text.reserve(name.size() + 8);
        for (size_t i = 0; i < name.size(); ++i) {
            const bool isLayer = name.substr(i, 3) == "{i}";
            if (isLayer || name.substr(i, 3) == "{e}") {
                text += std::to_string(isLayer ? layer : expert);
                i += 2;
            } else {
                text += name[i];
            }
        }
        return text;
    }

    bool namesExperts(const TensorRule &rule) { return rule.name.find("{e}") != std::string_view::npos; }

    /// Vectors are stored as [n] or [1, n].
    std::vector<int64_t> withoutLeadingOnes(std::vector<int64_t> shape)
    {
        while (shape.size() > 1 && shape.front() == 1)
            shape.erase(shape.begin());
        return shape;
    }

    std::vector<int64_t> expectedShape(const TensorRule &rule, const ModelConfig &config, int64_t layer)
    {
        std::vector<int64_t> shape;
        for (const Extent what : rule.shape) {
            if (what != Extent::None)
                shape.push_back(extent(what, config, layer));
        }
        if (rule.transform == Transform::Transposed)
            std::reverse(shape.begin(), shape.end());
        return shape;
    }

    /// Walks the table over a file, or over nothing to count.
    class Planner {
    public:
        Planner(const TensorSource *source, const Family &family, ModelFormat format, const ModelConfig &config)
            : m_source(source)
            , m_family(family)
            , m_format(format)
            , m_config(config)
        {
            if (m_source && m_format == ModelFormat::HuggingFace)
                findPrefix();
        }

        void run()
        {
            walk(-1);
            for (int64_t layer = 0; layer < m_config.layers; ++layer)
                walk(layer);
        }

        /// Tensors the table asks for, without alternatives: bounds the work of run().
        double expectedTensors() const
        {
            double total = 0;
            for (const auto &piece : rulesOf(m_family, m_format)) {
                for (const TensorRule &rule : piece) {
                    if (rule.alternative.choice == 0)
                        total += static_cast<double>(m_config.layers) * (namesExperts(rule) ? static_cast<double>(m_config.moe.experts) : 1.0);
                }
            }
            return total;
        }

        void addUnknown()
        {
            std::unordered_set<std::string_view> known;
            for (const std::string &name : m_known)
                known.insert(name);
            for (const StoredTensor &tensor : m_source->tensors()) {
                if (!known.contains(tensor.name) && !isNoWeight(tensor.name))
                    differ(printable(tensor.name) + " is not part of family " + std::string(m_family.id));
            }
        }

        TensorPlan takePlan() { return std::move(m_plan); }
        double parameters() const { return m_parameters; }

        Result<void> outcome() const
        {
            if (m_differences == 0)
                return {};
            std::string list;
            for (const std::string &difference : m_listed)
                list += (list.empty() ? "" : "; ") + difference;
            if (m_differences > m_listed.size())
                list += "; and " + std::to_string(m_differences - m_listed.size()) + " more";
            return m_source->bad(std::to_string(m_differences) + (m_differences == 1 ? " tensor differs" : " tensors differ")
                + " from what family " + std::string(m_family.id) + " needs: " + list);
        }

    private:
        void differ(std::string what)
        {
            ++m_differences;
            if (m_listed.size() < kMostListed)
                m_listed.push_back(std::move(what));
        }

        /// Folders of the bare decoder leave the prefix out, those of larger models put it inside another.
        void findPrefix()
        {
            m_plan.prefix = m_family.hfPrefix;
            for (const auto &piece : m_family.hf) {
                for (const TensorRule &rule : piece) {
                    if (rule.slot != Slot::Embedding)
                        continue;
                    const std::string_view rest = rule.name.substr(m_family.hfPrefix.size());
                    for (const std::string_view prefix : {m_family.hfPrefix, std::string_view()}) {
                        if (m_source->find(std::string(prefix) + std::string(rest))) {
                            m_plan.prefix = prefix;
                            return;
                        }
                    }
                }
            }
        }

        std::string nameOf(const TensorRule &rule, int64_t layer, int64_t expert) const
        {
            std::string name = expand(rule.name, layer, expert);
            if (m_format == ModelFormat::HuggingFace && name.starts_with(m_family.hfPrefix))
                name = m_plan.prefix + name.substr(m_family.hfPrefix.size());
            return name;
        }

        /// Buffers, prediction layers behind the last one: known to hold nothing that the decoder uses.
        bool isNoWeight(std::string_view name) const
        {
            if (m_format == ModelFormat::Gguf)
                return false;
            for (const std::string_view end : m_family.hfBuffers) {
                if (name.ends_with(end))
                    return true;
            }
            const std::string layers = m_plan.prefix + "layers.";
            if (!name.starts_with(layers))
                return false;
            int64_t index = 0;
            size_t at = layers.size();
            for (; at < name.size() && name[at] >= '0' && name[at] <= '9' && index < (int64_t{1} << 40); ++at)
                index = index * 10 + (name[at] - '0');
            return at > layers.size() && m_config.predictionLayers > 0 && index >= m_config.layers
                && index < m_config.layers + m_config.predictionLayers;
        }

        void walk(int64_t layer)
        {
            std::map<uint8_t, uint8_t> choices;
            for (const auto &piece : rulesOf(m_family, m_format)) {
                for (const TensorRule &rule : piece) {
                    const bool inModel = slotPlace(rule.slot) == SlotPlace::Model;
                    if (inModel != (layer < 0) || (!inModel && !occursIn(rule.slot, m_config.layer(layer))))
                        continue;
                    if (rule.alternative.set != 0 && rule.alternative.choice != choice(rule.alternative.set, layer, choices))
                        continue;
                    const int64_t experts = namesExperts(rule) ? m_config.moe.experts : 1;
                    for (int64_t expert = 0; expert < experts; ++expert)
                        visit(rule, layer, namesExperts(rule) ? expert : -1);
                }
            }
        }

        uint8_t choice(uint8_t set, int64_t layer, std::map<uint8_t, uint8_t> &choices) const
        {
            if (const auto known = choices.find(set); known != choices.end())
                return known->second;
            uint8_t best = 0;
            bool found = false;
            for (const auto &piece : rulesOf(m_family, m_format)) {
                for (const TensorRule &rule : piece) {
                    if (m_source && rule.alternative.set == set && m_source->find(nameOf(rule, layer, 0))
                        && (!found || rule.alternative.choice < best)) {
                        best = rule.alternative.choice;
                        found = true;
                    }
                }
            }
            choices.emplace(set, best);
            return best;
        }

        void visit(const TensorRule &rule, int64_t layer, int64_t expert)
        {
            const std::vector<int64_t> expected = expectedShape(rule, m_config, layer);
            const bool wanted = isWanted(rule.when, m_config);
            if (wanted && rule.when != When::Optional) {
                double elements = 1;
                for (const int64_t size : expected)
                    elements *= static_cast<double>(size);
                m_parameters += elements;
            }
            if (!m_source)
                return;
            std::string name = nameOf(rule, layer, expert);
            const StoredTensor *tensor = m_source->find(name);
            if (wanted || rule.when == When::Untied)
                m_known.push_back(name);
            if (!wanted)
                return;
            if (!tensor) {
                if (rule.when != When::Optional)
                    differ(name + " is missing (expected " + shapeText(expected) + ")");
            } else if (withoutLeadingOnes(tensor->shape) != withoutLeadingOnes(expected)) {
                differ(name + ": expected " + shapeText(expected) + ", found " + shapeText(tensor->shape));
            } else if (!tensor->readable) {
                differ(name + ": type " + std::string(tensor->typeName) + " cannot be read");
            } else {
                m_plan.tensors.push_back(PlannedTensor{tensor, &rule, layer, expert});
            }
        }

        const TensorSource *m_source;
        const Family &m_family;
        ModelFormat m_format;
        const ModelConfig &m_config;
        TensorPlan m_plan;
        std::vector<std::string> m_known, m_listed;
        size_t m_differences = 0;
        double m_parameters = 0; // exact below 2^53
    };

} // namespace

Result<TensorPlan> planTensors(const TensorSource &source, const Family &family, ModelFormat format, const ModelConfig &config)
{
    Planner planner(&source, family, format, config);
    // A configuration that says a billion experts is refused without a list of each.
    const double expected = planner.expectedTensors();
    const auto found = static_cast<double>(source.tensors().size());
    if (expected > 4 * found + 10000)
        return source.bad("the configuration says " + std::to_string(config.layers) + " layers and " + std::to_string(config.moe.experts)
            + " experts, about " + std::to_string(static_cast<int64_t>(std::min(expected, 1e18))) + " tensors; there are only "
            + std::to_string(source.tensors().size()));
    planner.run();
    planner.addUnknown();
    if (auto fits = planner.outcome(); !fits)
        return fail(fits.error());
    return planner.takePlan();
}

void readTotals(const TensorPlan &plan, ModelConfig &config)
{
    std::map<std::string, int64_t> bytes;
    config.parameters = 0;
    for (const PlannedTensor &planned : plan.tensors) {
        const Slot slot = planned.rule->slot;
        if (slot == Slot::RopeFactors || slot == Slot::RopeShortFactors || slot == Slot::RopeLongFactors)
            continue;
        config.parameters += planned.tensor->elements();
        bytes[std::string(planned.tensor->typeName)] += static_cast<int64_t>(planned.tensor->bytes.size());
    }
    config.storedTypes.assign(bytes.begin(), bytes.end());
    std::stable_sort(config.storedTypes.begin(), config.storedTypes.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
    config.storedType = config.storedTypes.empty() ? "" : config.storedTypes.front().first;
}

Result<void> readRopeFactors(const TensorSource &source, const TensorPlan &plan, ModelConfig &config)
{
    for (const PlannedTensor &planned : plan.tensors) {
        const Slot slot = planned.rule->slot;
        if (slot != Slot::RopeFactors && slot != Slot::RopeShortFactors && slot != Slot::RopeLongFactors)
            continue;
        const StoredTensor &tensor = *planned.tensor;
        std::vector<float> factors(static_cast<size_t>(tensor.elements()));
        if (auto done = dequantiseRows(tensor.type, tensor.bytes, tensor.rows(), tensor.cols(), factors.data()); !done)
            return done;
        if (std::any_of(factors.begin(), factors.end(), [](float f) { return !(f > 0.0F) || !std::isfinite(f); }))
            return source.bad(std::string(tensor.name) + ": expected positive factors");
        for (RopeConfig &rope : config.ropes) {
            if (rope.scaling == RopeScaling::Linear) // both: the factors multiply
                std::for_each(factors.begin(), factors.end(), [&](float &f) { f *= static_cast<float>(rope.factor); });
            rope.scaling = slot == Slot::RopeFactors ? RopeScaling::Factors : RopeScaling::LongRope;
            (slot == Slot::RopeLongFactors ? rope.longFactors : rope.factors) = factors;
        }
    }
    return {};
}

int64_t countParameters(const Family &family, ModelFormat format, const ModelConfig &config)
{
    Planner planner(nullptr, family, format, config);
    planner.run();
    return static_cast<int64_t>(std::min(planner.parameters(), 9e18));
}

} // namespace winnow
