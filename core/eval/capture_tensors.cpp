#include "core/eval/capture_tensors.h"

#include "core/model/generate.h"
#include "core/model/layer_pass.h"
#include "core/model/safetensors_writer.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>

namespace winnow {
namespace {

    /// * and ? over a whole name.
    bool matches(std::string_view pattern, std::string_view name)
    {
        size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
        while (n < name.size()) {
            if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
                ++p, ++n;
            } else if (p < pattern.size() && pattern[p] == '*') {
                star = p++;
                mark = n;
            } else if (star != std::string_view::npos) {
                p = star + 1;
                n = ++mark;
            } else {
                return false;
            }
        }
        return pattern.find_first_not_of('*', p) == std::string_view::npos;
    }

    std::vector<std::string> splitPatterns(const std::string &what)
    {
        std::vector<std::string> patterns;
        std::istringstream stream(what);
        for (std::string pattern; std::getline(stream, pattern, ',');) {
            const size_t begin = pattern.find_first_not_of(' ');
            if (begin != std::string::npos)
                patterns.push_back(pattern.substr(begin, pattern.find_last_not_of(' ') + 1 - begin));
        }
        return patterns;
    }

    /// Layer parts that come from hooks, and from statistics.
    constexpr std::array<HookPoint, 13> kHookParts{HookPoint::QueryRope, HookPoint::KeyRope, HookPoint::Value, HookPoint::Latent,
        HookPoint::LatentKeyRope, HookPoint::Probabilities, HookPoint::HeadOutput, HookPoint::AttentionOutput,
        HookPoint::RouterLogits, HookPoint::ExpertIds, HookPoint::ExpertWeights, HookPoint::ExpertNorms, HookPoint::MlpOutput};
    constexpr std::array<const char *, 4> kStatistics{"colsum", "row_entropy", "last_row", "win_mean"};

    /// The parts a layer has: latents only under latent attention, routers only where there are experts.
    std::vector<HookPoint> hookPartsOf(const ModelConfig &config, int64_t layer)
    {
        std::vector<HookPoint> parts;
        for (const HookPoint point : kHookParts) {
            const bool latent = point == HookPoint::Latent || point == HookPoint::LatentKeyRope;
            const bool expert = point == HookPoint::RouterLogits || point == HookPoint::ExpertIds
                || point == HookPoint::ExpertWeights || point == HookPoint::ExpertNorms;
            if ((!latent || config.mla.latent > 0) && (!expert || config.layer(layer).experts))
                parts.push_back(point);
        }
        return parts;
    }

    std::string statisticName(int64_t layer, const char *part) { return "layer." + std::to_string(layer) + '.' + part; }

    std::vector<int64_t> partShape(HookPoint point, const ModelConfig &config, int64_t tokens)
    {
        switch (point) {
        case HookPoint::KeyRope:
        case HookPoint::Value:
            return {config.kvHeads, tokens, point == HookPoint::Value ? config.valueWidth() : config.headDim};
        case HookPoint::Probabilities:
            return {config.heads, tokens, tokens};
        case HookPoint::QueryRope:
            return {config.heads, tokens, config.headDim};
        case HookPoint::HeadOutput:
            return {config.heads, tokens, config.valueWidth()};
        case HookPoint::Latent:
            return {1, tokens, config.mla.latent};
        case HookPoint::LatentKeyRope:
            return {1, tokens, config.mla.rope};
        case HookPoint::RouterLogits:
            return {tokens, config.moe.experts};
        case HookPoint::ExpertIds:
        case HookPoint::ExpertWeights:
        case HookPoint::ExpertNorms:
            return {tokens, config.moe.active};
        default:
            return {tokens, config.hidden};
        }
    }

    std::map<std::string, std::vector<int64_t>> allShapes(const ModelConfig &config, int64_t tokens)
    {
        std::map<std::string, std::vector<int64_t>> shapes{
            {"input_ids", {tokens}}, {"position_ids", {tokens}}, {"logits", {tokens, config.vocab}}};
        for (int64_t l = 0; l <= config.layers; ++l)
            shapes[hookName(HookPoint::Hidden, l)] = {tokens, config.hidden};
        for (int64_t l = 0; l < config.layers; ++l) {
            for (const HookPoint point : hookPartsOf(config, l))
                shapes[hookName(point, l)] = partShape(point, config, tokens);
            for (const char *part : kStatistics)
                shapes[statisticName(l, part)] = {config.heads, tokens};
        }
        return shapes;
    }

    /// One export: the file, the pass, and the first write error (hooks cannot return one).
    class TensorExport {
    public:
        TensorExport(const Model &model, std::span<const int32_t> ids, const TensorSelection &selection,
            const std::filesystem::path &path)
            : m_model(model)
            , m_ids(ids)
            , m_selection(selection)
            , m_writer(path)
        {
        }

        Result<void> declare();
        Result<std::vector<std::string>> run(const RunContext &context);

    private:
        int64_t tokens() const { return static_cast<int64_t>(m_ids.size()); }
        bool wanted(const std::string &name) const { return m_writer.declared(name); }
        void put(const std::string &name, const at::Tensor &values, int64_t offset = 0)
        {
            if (!wanted(name) || m_error)
                return;
            if (auto written = m_writer.write(name, values, offset); !written)
                m_error = written.error();
        }
        std::vector<HookScope> addHooks(Hooks &hooks);
        void putProbabilities(const at::Tensor &weights, const HookSite &site);
        AttentionStatistics statisticsOf(int64_t layer) const;
        void putStatistics(int64_t layer, const AttentionStatistics &statistics);
        Result<at::Tensor> runLayers(LayerPass &pass);
        Result<void> putEnds(const at::Tensor &x, const RunContext &context);

        const Model &m_model;
        std::span<const int32_t> m_ids;
        const TensorSelection &m_selection;
        SafetensorsWriter m_writer;
        std::optional<Error> m_error;
    };

    Result<void> TensorExport::declare()
    {
        const ModelConfig &config = m_model.config();
        for (const int64_t layer : m_selection.layers) {
            if (layer < 0 || layer >= config.layers)
                return fail(ErrorCode::BadInput, "layer " + std::to_string(layer) + ": the model has layers 0 to "
                        + std::to_string(config.layers - 1));
        }
        const std::vector<std::string> patterns = splitPatterns(m_selection.what);
        for (const auto &[name, shape] : allShapes(config, tokens())) {
            const bool named = std::any_of(patterns.begin(), patterns.end(), [&](const std::string &p) { return matches(p, name); });
            const bool ofLayer = name.starts_with("layer.");
            const int64_t layer = ofLayer ? std::stoll(name.substr(6)) : 0;
            const bool inLayers = !ofLayer || m_selection.layers.empty()
                || std::find(m_selection.layers.begin(), m_selection.layers.end(), layer) != m_selection.layers.end();
            if (named && inLayers)
                m_writer.declare(name, shape, name.ends_with("_ids") ? StoredType::I32 : StoredType::F32);
        }
        if (m_selection.greedy > 0)
            m_writer.declare("greedy_ids", {m_selection.greedy}, StoredType::I32);
        if (m_writer.names().empty())
            return fail(ErrorCode::BadInput, "no tensor is called \"" + m_selection.what + "\"",
                "names: input_ids, position_ids, hidden.0, layer.0.q_rope, .k_rope, .v, .probs, .heads, .attn_out, .mlp_out, .colsum, "
                ".row_entropy, .last_row, .win_mean, logits, with experts .router_logits, .topk_ids, .topk_weights, .expert_norms, with "
                "latent attention .latent, .kpe; * stands for anything");
        return {};
    }

    void TensorExport::putProbabilities(const at::Tensor &weights, const HookSite &site)
    {
        // weights [G, rows, n], n <= T: the columns behind are 0, as the fresh file is.
        const std::string name = hookName(site.point, site.layer);
        const at::Tensor rows = weights.cpu(); // once, not row by row
        for (int64_t g = 0; g < rows.size(0); ++g) {
            for (int64_t r = 0; r < rows.size(1); ++r)
                put(name, rows[g][r], ((site.firstHead + g) * tokens() + site.firstRow + r) * tokens());
        }
    }

    std::vector<HookScope> TensorExport::addHooks(Hooks &hooks)
    {
        std::vector<HookScope> scopes;
        for (int64_t l = 0; l < m_model.config().layers; ++l) {
            for (const HookPoint point : hookPartsOf(m_model.config(), l)) {
                if (!wanted(hookName(point, l)))
                    continue;
                scopes.push_back(hooks.add(point, l, [this](const at::Tensor &value, const HookSite &site) -> std::optional<at::Tensor> {
                    if (site.point == HookPoint::Probabilities)
                        putProbabilities(value, site);
                    else
                        put(hookName(site.point, site.layer), value);
                    return std::nullopt;
                }));
            }
        }
        return scopes;
    }

    AttentionStatistics TensorExport::statisticsOf(int64_t layer) const
    {
        const int64_t heads = m_model.config().heads;
        const at::TensorOptions options = at::TensorOptions(at::kFloat).device(m_model.device());
        AttentionStatistics statistics;
        if (wanted(statisticName(layer, "colsum")))
            statistics.colSum = at::zeros({heads, tokens()}, options);
        if (wanted(statisticName(layer, "row_entropy")))
            statistics.rowEntropy = at::zeros({heads, tokens()}, options);
        if (wanted(statisticName(layer, "last_row")) || wanted(statisticName(layer, "win_mean")))
            statistics.winRows
                = at::zeros({heads, std::clamp<int64_t>(m_selection.window, 1, tokens()), tokens()}, options);
        return statistics;
    }

    void TensorExport::putStatistics(int64_t layer, const AttentionStatistics &statistics)
    {
        if (statistics.colSum.defined())
            put(statisticName(layer, "colsum"), statistics.colSum);
        if (statistics.rowEntropy.defined())
            put(statisticName(layer, "row_entropy"), statistics.rowEntropy);
        if (statistics.winRows.defined()) {
            put(statisticName(layer, "last_row"), statistics.winRows.select(1, statistics.winRows.size(1) - 1));
            put(statisticName(layer, "win_mean"), statistics.winRows.mean(1));
        }
    }

    Result<at::Tensor> TensorExport::runLayers(LayerPass &pass)
    {
        const ModelConfig &config = m_model.config();
        at::Tensor x = embedRows(m_model, m_ids, pass.positions);
        for (int64_t l = 0; l < config.layers; ++l) {
            put(hookName(HookPoint::Hidden, l), x);
            AttentionStatistics statistics = statisticsOf(l);
            pass.statistics = statistics.wanted() ? &statistics : nullptr;
            LayerCache cache(config, m_model.device());
            cache.reserve(tokens());
            if (auto done = runLayer(pass, l, cache, x); !done)
                return fail(done.error());
            putStatistics(l, statistics);
            if (m_error)
                return fail(*m_error);
            pass.context.progress("capture", l + 1, config.layers, "layers");
        }
        put(hookName(HookPoint::Hidden, config.layers), x);
        return x;
    }

    Result<void> TensorExport::putEnds(const at::Tensor &x, const RunContext &context)
    {
        if (wanted("logits")) {
            const int64_t vocab = m_model.config().vocab;
            const auto use = [&](int64_t first, const at::Tensor &logits) { put("logits", logits, first * vocab); };
            if (auto done = forLogits(m_model, x, use, context); !done)
                return done;
        }
        if (wanted("greedy_ids")) {
            const GenerateOptions options{.maxNew = m_selection.greedy, .endTokens = EndTokens::Ignore};
            auto generated = generate(m_model, m_ids, options, nullptr, context);
            if (!generated)
                return fail(generated.error());
            put("greedy_ids", at::tensor(at::ArrayRef<int32_t>(generated->ids), at::kInt));
        }
        if (m_error)
            return fail(*m_error);
        return {};
    }

    Result<std::vector<std::string>> TensorExport::run(const RunContext &context)
    {
        if (auto begun = m_writer.begin(); !begun)
            return fail(begun.error());
        std::vector<int32_t> positions(m_ids.size());
        std::iota(positions.begin(), positions.end(), 0);
        put("input_ids", at::tensor(at::ArrayRef<int32_t>(m_ids.data(), m_ids.size()), at::kInt));
        put("position_ids", at::tensor(at::ArrayRef<int32_t>(positions), at::kInt));
        Hooks hooks;
        const std::vector<HookScope> scopes = addHooks(hooks);
        LayerPass pass{m_model, m_model.rope().rows(positions, m_model.device()), positions, context};
        pass.hooks = scopes.empty() ? nullptr : &hooks;
        auto x = runLayers(pass);
        if (!x)
            return fail(x.error());
        if (auto done = putEnds(*x, context); !done)
            return fail(done.error());
        if (auto done = m_writer.finish(); !done)
            return fail(done.error());
        return m_writer.names();
    }

} // namespace

std::vector<std::string> captureTensorNames(const ModelConfig &config)
{
    std::vector<std::string> names{"input_ids", "position_ids"};
    for (int64_t l = 0; l < config.layers; ++l) {
        names.push_back(hookName(HookPoint::Hidden, l));
        for (const HookPoint point : hookPartsOf(config, l))
            names.push_back(hookName(point, l));
        for (const char *part : kStatistics)
            names.push_back(statisticName(l, part));
    }
    names.push_back(hookName(HookPoint::Hidden, config.layers));
    names.push_back("logits");
    return names;
}

Result<std::vector<std::string>> writeCaptureTensors(const Model &model, std::span<const int32_t> ids,
    const TensorSelection &selection, const std::filesystem::path &path, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (auto valid = checkIds(model.config(), ids); !valid)
        return fail(valid.error());
    if (selection.window < 1 || selection.greedy < 0)
        return fail(ErrorCode::BadInput, "window and greedy: expected at least 1 and 0, found " + std::to_string(selection.window)
                + " and " + std::to_string(selection.greedy));
    const int64_t needed = static_cast<int64_t>(ids.size()) + std::max<int64_t>(0, selection.greedy - 1);
    if (auto fits = checkContext(model.config(), needed); !fits)
        return fail(fits.error());
    TensorExport pass(model, ids, selection, path);
    if (auto declared = pass.declare(); !declared)
        return fail(declared.error());
    return pass.run(context);
}

} // namespace winnow
