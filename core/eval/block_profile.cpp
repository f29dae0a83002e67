#include "core/eval/block_profile.h"

#include "core/base/method_info.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/method.h"
#include "core/methods/registry.h"
#include "core/model/model.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace winnow {
namespace {

    double sumOf(const std::vector<float> &values) { return std::accumulate(values.begin(), values.end(), 0.0); }

    std::string layersText(const LayerBlock &block) { return std::to_string(block.first) + "-" + std::to_string(block.last); }

    /// Parameters of one block; decode_only, since every scored row lies behind the context.
    Result<Parameters> parametersOf(const MethodSpec &spec, Json given, const LayerBlock &block, int64_t span)
    {
        given["layerRule"] = "manual";
        given["layers"] = layersText(block);
        given["evict"] = "none";
        given["prefillMode"] = "decode_only";
        given["matchMax"] = span;
        given["matchMin"] = 16;
        auto parameters = canonicalParameters(methodInfo(spec), given);
        if (!parameters)
            return fail(parameters.error());
        return Parameters(*parameters);
    }

    /// One segment under all blocks.
    class SegmentRun {
    public:
        SegmentRun(const std::shared_ptr<const Model> &large, const std::shared_ptr<const Model> &small, int64_t span, const Json &given)
            : m_large(large)
            , m_small(small)
            , m_span(span)
            , m_given(given)
            , m_spec(*findMethod("iam"))
            , m_method(m_spec.create())
        {
        }

        /// Adds the sums of this segment's losses to those of the profile.
        Result<void> add(const std::vector<int32_t> &ids, BlockProfile &sums, const RunContext &context) const
        {
            auto capture = captured({ids.begin(), ids.begin() + m_span}, context);
            if (!capture)
                return fail(capture.error());
            std::vector<EvaluationCell> cells;
            std::vector<int> blocks;
            for (int k = 0; k < kProfileBlocks; ++k) {
                const LayerBlock block = profileBlock((*capture)->config.layers, k);
                if (block.last < block.first)
                    continue;
                auto cell = mapped(**capture, block, context);
                if (!cell)
                    return fail(cell.error());
                cells.push_back(std::move(*cell));
                blocks.push_back(k);
            }
            EvaluationOptions options;
            options.saliency = false;
            auto results = evaluate(**capture, {ids.begin() + m_span, ids.end()}, cells, options, {}, context);
            if (!results)
                return fail(results.error());
            // The span's last row predicts the first scored token, the same for all: it counts, and changes nothing.
            sums.rows += static_cast<int64_t>(ids.size()) - m_span;
            sums.fullNll += sumOf(results->back().series.nll);
            for (size_t i = 0; i < blocks.size(); ++i)
                sums.delta[static_cast<size_t>(blocks[i])] += sumOf((*results)[i].series.deltaNll);
            return {};
        }

    private:
        Result<CapturePtr> captured(std::vector<int32_t> ids, const RunContext &context) const
        {
            auto parameters = parametersOf(m_spec, m_given, {0, 0}, m_span);
            if (!parameters)
                return fail(parameters.error());
            const CaptureNeeds needs = m_method->needs(*parameters);
            auto large = captureContext(m_large, std::move(ids), needs, context);
            if (!large)
                return fail(large.error());
            auto pair = capturePair(**large, m_small, needs.pair, context);
            if (!pair)
                return fail(pair.error());
            auto both = std::make_shared<Capture>(**large);
            both->pair = *pair;
            both->needs.pair = needs.pair;
            return CapturePtr(std::move(both));
        }

        Result<EvaluationCell> mapped(const Capture &capture, const LayerBlock &block, const RunContext &context) const
        {
            auto parameters = parametersOf(m_spec, m_given, block, m_span);
            if (!parameters)
                return fail(parameters.error());
            auto ranking = m_method->rank(capture, *parameters, context);
            if (!ranking)
                return fail(ranking.error());
            const int64_t staying = capture.config.layers - (block.last - block.first + 1);
            auto plan = m_method->select(capture, **ranking, *parameters, std::max<int64_t>(1, staying));
            if (!plan)
                return fail(plan.error());
            return EvaluationCell{std::move(*plan), m_method.get(), std::move(*ranking), *parameters};
        }

        std::shared_ptr<const Model> m_large, m_small;
        int64_t m_span;
        Json m_given;
        const MethodSpec &m_spec;
        std::unique_ptr<const Method> m_method;
    };

} // namespace

Result<BlockProfile> blockProfile(const std::shared_ptr<const Model> &large, const std::shared_ptr<const Model> &small,
    const std::vector<std::vector<int32_t>> &segments, int64_t span, const Json &parameters, const RunContext &context)
{
    if (segments.empty())
        return fail(ErrorCode::BadInput, "a profile needs at least one calibration segment", "give a longer text");
    for (const std::vector<int32_t> &ids : segments) {
        if (static_cast<int64_t>(ids.size()) < span + 2)
            return fail(ErrorCode::BadInput, "a calibration segment has " + std::to_string(ids.size()) + " tokens, expected at least "
                    + std::to_string(span + 2), "give a longer text, or a shorter match length");
    }
    BlockProfile profile;
    const SegmentRun run(large, small, span, parameters);
    for (const std::vector<int32_t> &ids : segments) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "profile cancelled");
        if (auto added = run.add(ids, profile, context); !added)
            return fail(added.error());
        context.progress("profile", ++profile.segments, static_cast<int64_t>(segments.size()), "segments");
    }
    // The first scored token of each segment is not among the rows of evaluate.
    profile.fullNll /= static_cast<double>(profile.rows - profile.segments);
    for (int k = 0; k < kProfileBlocks; ++k) {
        const LayerBlock block = profileBlock(large->config().layers, k);
        double &delta = profile.delta[static_cast<size_t>(k)];
        delta = block.last < block.first ? std::numeric_limits<double>::quiet_NaN() : delta / static_cast<double>(profile.rows);
    }
    return profile;
}

double profileCorrelation(const LayerProfile &a, const LayerProfile &b)
{
    double n = 0, sumA = 0, sumB = 0;
    for (size_t k = 0; k < a.size(); ++k) {
        if (std::isfinite(a[k]) && std::isfinite(b[k]))
            ++n, sumA += a[k], sumB += b[k];
    }
    double ab = 0, aa = 0, bb = 0;
    for (size_t k = 0; k < a.size(); ++k) {
        if (!std::isfinite(a[k]) || !std::isfinite(b[k]))
            continue;
        const double da = a[k] - sumA / n, db = b[k] - sumB / n;
        ab += da * db, aa += da * da, bb += db * db;
    }
    return n < 2 || aa == 0 || bb == 0 ? std::numeric_limits<double>::quiet_NaN() : ab / std::sqrt(aa * bb);
}

std::vector<std::vector<int32_t>> profileSegments(const std::vector<int32_t> &ids, int64_t tokens, int64_t count)
{
    std::vector<std::vector<int32_t>> segments;
    for (size_t first = 0; first + static_cast<size_t>(tokens) <= ids.size() && static_cast<int64_t>(segments.size()) < count;
         first += static_cast<size_t>(tokens)) {
        const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
        segments.emplace_back(begin, begin + tokens);
    }
    return segments;
}

} // namespace winnow
