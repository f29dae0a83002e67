#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/serve/compare_characters.h"
#include "core/serve/compare_report.h"
#include "core/serve/compare_request.h"
#include "core/serve/profile_report.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"
#include "gpu/head_pairs.h"

#include <array>
#include <chrono>

namespace winnow {
namespace {

    using Answer = Result<Document> (*)(EngineState &state, const Json &request, const RunContext &context);

    Result<StoredPair *> obtainPair(EngineState &state, CompareSetup &setup, const RunContext &context)
    {
        const std::span<const int32_t> ids(setup.input.ids.data(), size_t(setup.tokens()));
        // One after the other: where memory does not hold both models, the second makes room by letting the first go.
        const auto source = [&](const ModelRequest &wanted, int64_t layers, const char *stage) -> Result<AttentionSourcePtr> {
            auto model = state.models.open(wanted, context);
            auto hash = state.models.sha256(wanted, context);
            if (!model || !hash)
                return fail(!model ? model.error() : hash.error());
            if ((*model)->device().is_cuda() && gpu::headPairKernelAvailable())
                setup.similarity.place = ProductPlace::Gpu;
            return state.pairs.source(**model, *hash, ids, layers, stage, context);
        };
        auto small = source(setup.small, setup.smallLayers, "small model");
        if (!small)
            return fail(small.error());
        auto large = source(setup.large, 0, "large model");
        if (!large)
            return fail(large.error());
        return &state.pairs.obtain(*large, *small, setup.span);
    }

    Result<void> addArtifacts(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
    {
        const std::string &what = pair.setup.what;
        auto done = what == "layers" ? addLayerMatrices(builder, pair, context)
            : what == "match"        ? addMatchTables(builder, pair, context)
                                     : addHeadMatrices(builder, pair, context);
        if (done && what != "layers")
            done = addConsistency(builder, pair, context);
        if (done && what != "layers")
            done = addStability(builder, pair, context);
        if (done)
            done = addColumnSums(builder, pair, context);
        return done;
    }

    /// heads, layers and match: read off the tables of one comparison.
    Result<Document> answerTables(EngineState &state, const Json &request, const RunContext &context)
    {
        if (stringField(request, "align") == "characters")
            return answerCompareCharacters(state, request, context);
        const RunClock clock;
        auto setup = compareSetup(state, request);
        if (!setup)
            return fail(setup.error());
        auto stored = obtainPair(state, *setup, context);
        if (!stored)
            return fail(stored.error());
        auto large = pairModelObject(state, setup->large, 0, context);
        auto small = pairModelObject(state, setup->small, setup->smallLayers, context);
        if (!large || !small)
            return fail(!large ? large.error() : small.error());
        const std::string device = stringField(*large, "device");
        ReportBuilder builder = startCompareReport(canonicalCompare(request, *setup), *setup, std::move(*large), std::move(*small));
        builder.setExtra("pairId", (*stored)->id);
        const auto began = std::chrono::steady_clock::now();
        if (auto added = addArtifacts(builder, {*setup, **stored}, context); !added)
            return fail(added.error());
        const std::chrono::duration<double, std::milli> compareMs = std::chrono::steady_clock::now() - began;
        builder.setExtra("timings", {{"largeMs", (*stored)->large->forwardMs}, {"smallMs", (*stored)->small->forwardMs},
                                        {"compareMs", compareMs.count()}});
        builder.setProvenance(clock.provenance(setup->large.threads, int64_t(setup->similarity.seed), device));
        return builder.build()->document();
    }

    struct Analysis {
        std::string_view what;
        Answer answer;
    };

    /// What `compare` can be asked for, by the request's `what`.
    constexpr std::array<Analysis, 4> kAnalyses{{
        {"heads", answerTables},
        {"layers", answerTables},
        {"match", answerTables},
        {"profile", answerProfile},
    }};

} // namespace

Result<Document> answerCompare(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto what = requestText(request, "what", "heads");
    if (!what)
        return fail(what.error());
    std::string known;
    for (const Analysis &analysis : kAnalyses) {
        if (analysis.what == *what)
            return analysis.answer(state, request, context);
        known += (known.empty() ? "" : ", ") + std::string(analysis.what);
    }
    return fail(ErrorCode::BadInput, "what: expected one of " + known + ", found \"" + *what + "\"");
}

Result<Document> answerPairTile(EngineState &state, const Json &request, const RunContext &, const PartSink &)
{
    auto stored = state.pairs.find(stringField(request, "pairId"));
    if (!stored)
        return fail(stored.error());
    auto side = requestText(request, "side", "large");
    if (!side)
        return fail(side.error());
    if (*side != "large" && *side != "small")
        return fail(ErrorCode::BadInput, "side: expected large or small, found \"" + *side + "\"");
    const AttentionSource &source = *side == "large" ? *(*stored)->large : *(*stored)->small;
    const int64_t span = (*stored)->largeRows->range().rows;
    auto layer = requestInteger(request, "layer", 0, 0, source.shape.layers - 1);
    auto head = requestInteger(request, "head", 0, 0, source.shape.heads - 1);
    auto begin = requestInteger(request, "rowBegin", 0, 0, span - 1);
    auto end = requestInteger(request, "rowEnd", span, 1, span);
    for (const auto *field : {&layer, &head, &begin, &end}) {
        if (!*field)
            return fail(field->error());
    }
    auto rows = attentionTile(source, *layer, *head, *begin, *end);
    if (!rows)
        return fail(rows.error());
    MatrixArtifact matrix;
    matrix.type = "AttentionTile";
    matrix.id = "tile." + *side;
    matrix.metric = "attention";
    matrix.rowName = "query token";
    matrix.columnName = "key token";
    matrix.rows = *end - *begin;
    matrix.columns = *end;
    matrix.values = std::move(*rows);
    matrix.extra = {{"side", *side}, {"layer", *layer}, {"head", *head}, {"rowBegin", *begin}, {"rowEnd", *end}};
    Document reply;
    reply.body = writeArtifact(matrix, reply.arrays);
    return reply;
}

} // namespace winnow
