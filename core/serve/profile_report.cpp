#include "core/serve/profile_report.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/serve/profile_store.h"
#include "core/serve/report_parts.h"
#include "core/serve/request_fields.h"

#include <cmath>

namespace winnow {
namespace {

    struct ProfileRequest {
        ModelRequest large, small;
        int64_t segments = kProfileSegments, tokens = kProfileTokens, span = kProfileSpan;
        std::string metric = "cosine";
        int64_t skipSinks = 0;
        bool again = false;
    };

    Result<void> readNumbers(const Json &request, ProfileRequest &wanted)
    {
        auto segments = requestInteger(request, "segments", wanted.segments, 1, 1000);
        auto tokens = requestInteger(request, "segmentTokens", wanted.tokens, 32, 1 << 20);
        auto span = requestInteger(request, "span", wanted.span, 16, 1000);
        auto skip = requestInteger(request, "skipSinks", 0, 0, 16);
        for (const auto *number : {&segments, &tokens, &span, &skip}) {
            if (!*number)
                return fail(number->error());
        }
        wanted.segments = *segments, wanted.tokens = *tokens, wanted.span = *span, wanted.skipSinks = *skip;
        return {};
    }

    Result<ProfileRequest> profileRequest(EngineState &state, const Json &request)
    {
        ProfileRequest wanted;
        auto large = modelRequest(request, state.options.modelFolder, state.options.threads);
        auto small = smallModelRequest(request, state.options.modelFolder, state.options.threads);
        if (!large || !small)
            return fail(!large ? large.error() : small.error());
        if (!*small)
            return fail(ErrorCode::BadInput, "compare: the request names no small model", "give --small-model PATH or a name of winnow-cli models");
        wanted.large = std::move(*large);
        wanted.small = std::move(**small);
        if (auto read = readNumbers(request, wanted); !read)
            return fail(read.error());
        const std::vector<std::string> metrics = stringListField(request, "metrics");
        auto again = requestFlag(request, "again", false);
        if (!again)
            return fail(again.error());
        if (!metrics.empty())
            wanted.metric = metrics.front(); // the method says which it knows
        wanted.again = *again;
        return wanted;
    }

    Json canonicalProfile(const Json &request, const ProfileRequest &wanted)
    {
        Json canonical{{"command", "compare"}, {"what", "profile"}, {"model", wanted.large.name}, {"smallModel", wanted.small.name},
            {"segments", wanted.segments}, {"segmentTokens", wanted.tokens}, {"span", wanted.span}, {"metrics", {wanted.metric}},
            {"skipSinks", wanted.skipSinks}};
        if (request.contains("input"))
            canonical["input"] = request.at("input");
        if (wanted.again)
            canonical["again"] = true;
        return canonical;
    }

    Result<BlockProfile> measure(EngineState &state, const ProfileRequest &wanted, const std::vector<int32_t> &ids, const RunContext &context)
    {
        auto large = state.models.open(wanted.large, context);
        auto small = state.models.open(wanted.small, context);
        if (!large || !small)
            return fail(!large ? large.error() : small.error());
        const Json parameters{{"metric", wanted.metric}, {"skipSinks", wanted.skipSinks}};
        return blockProfile(*large, *small, profileSegments(ids, wanted.tokens, wanted.segments), wanted.span, parameters, context);
    }

    void addProfile(ReportBuilder &builder, const BlockProfile &profile, int64_t layers)
    {
        Curve curve;
        curve.id = "profile";
        curve.title = "Change of log-perplexity when only this block of layers is mapped";
        curve.xName = "block";
        curve.yName = "delta";
        curve.unit = "nats";
        TableArtifact table;
        table.id = "blocks";
        table.title = curve.title;
        table.columns = {"block", "firstLayer", "lastLayer", "delta", "forbidden"};
        table.units = {"", "", "", "nats", ""};
        for (int k = 0; k < kProfileBlocks; ++k) {
            const LayerBlock block = profileBlock(layers, k);
            const double delta = profile.delta[size_t(k)];
            if (std::isfinite(delta)) {
                curve.x.push_back(k);
                curve.y.push_back(delta);
            }
            table.rows.push_back({k, block.first, block.last, std::isfinite(delta) ? Json(delta) : Json(), block.first < forbiddenLayers(layers)});
        }
        builder.add(curve);
        builder.add(table);
        builder.setMetric("fullNll", profile.fullNll);
        builder.setMetric("segments", double(profile.segments));
        builder.setMetric("rows", double(profile.rows));
    }

} // namespace

Result<Document> answerProfile(EngineState &state, const Json &request, const RunContext &context)
{
    const RunClock clock;
    auto wanted = profileRequest(state, request);
    if (!wanted)
        return fail(wanted.error());
    auto input = state.prepare(wanted->large, request);
    auto large = state.modelObject(wanted->large, context);
    auto small = state.modelObject(wanted->small, context);
    if (!input || !large || !small)
        return fail(!input ? input.error() : !large ? large.error() : small.error());
    const std::string largeHash = stringField(*large, "sha256"), smallHash = stringField(*small, "sha256");
    ReportBuilder builder;
    builder.setRequest(canonicalProfile(request, *wanted));
    builder.setModel(*large);
    builder.setExtra("smallModel", *small);
    builder.setInput(input->ids, input->pieces, input->text);
    builder.setExtra("spanTokens", wanted->span);
    const auto known = storedProfile(largeHash, smallHash);
    BlockProfile profile = known.value_or(BlockProfile{});
    if (!known || wanted->again) {
        auto measured = measure(state, *wanted, input->ids, context);
        if (!measured)
            return fail(measured.error());
        profile = *measured;
        if (auto stored = storeProfile(largeHash, smallHash, profile); !stored)
            builder.addNotice(stored.error().message);
        if (known)
            builder.setMetric("profileCorrelation", profileCorrelation(profile.delta, known->delta));
    } else {
        builder.addNotice("this is the profile of the pair as it was measured before, on " + std::to_string(profile.segments)
            + " segments; ask for it again to measure it on this input");
    }
    addProfile(builder, profile, integerField(*large, "layers"));
    builder.setProvenance(clock.provenance(wanted->large.threads, 0, stringField(*large, "device")));
    return builder.build()->document();
}

} // namespace winnow
