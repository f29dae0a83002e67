#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/eval/generate_plan.h"
#include "core/eval/metrics.h"
#include "core/serve/profile_store.h"
#include "core/serve/request_fields.h"
#include "core/serve/run_report.h"
#include "core/serve/run_request.h"

namespace winnow {
namespace {

    Result<TextArtifact> textOf(const Generated &generated, const char *role, const Tokenizer &tokenizer)
    {
        auto text = tokenizer.decode(generated.ids, false);
        if (!text)
            return fail(text.error());
        return TextArtifact{role, role, std::move(*text), generated.ids};
    }

    /// How far the text under the plan went its own way (kv-evaluation.md 6).
    void addTextMetrics(ReportBuilder &builder, const Generated &full, const Generated &modified, int64_t maxNew)
    {
        builder.setMetric("firstDivergence", static_cast<double>(firstDivergence(full.ids, modified.ids, maxNew)));
        builder.setMetric("editSimilarity", editSimilarity(full.ids, modified.ids));
        builder.setMetric("repetition", repetition(modified.ids));
        builder.setMetric("fullRepetition", repetition(full.ids));
    }

    Result<GenerateOptions> generateOptions(const Json &request, int64_t seed)
    {
        auto maxNew = requestInteger(request, "maxNew", 64, 1, int64_t(1) << 20);
        auto temperature = requestNumber(request, "temperature", 0, 0, 100);
        if (!maxNew)
            return fail(maxNew.error());
        if (!temperature)
            return fail(temperature.error());
        return GenerateOptions{*maxNew, *temperature, static_cast<uint64_t>(seed), EndTokens::Stop};
    }

    /// The whole input is the prompt: nothing of it is scored.
    Json withoutScored(Json request)
    {
        request.erase("scoreLast");
        request.erase("continuation");
        return request;
    }

    /// Sends text as it comes: parts {role, text, tokens}, the text without what an incomplete character leaves open.
    class TextStream {
    public:
        TextStream(const char *role, const Tokenizer &tokenizer, const PartSink &part)
            : m_role(role)
            , m_tokenizer(tokenizer)
            , m_part(part)
        {
        }

        void add(int32_t id)
        {
            m_ids.push_back(id);
            auto text = m_tokenizer.decode(m_ids, false);
            if (!text || text->size() < m_sent || text->ends_with("\xEF\xBF\xBD"))
                return;
            m_part(Document{{{"role", m_role}, {"text", text->substr(m_sent)}, {"tokens", m_ids.size()}}, {}});
            m_sent = text->size();
        }

    private:
        const char *m_role;
        const Tokenizer &m_tokenizer;
        const PartSink &m_part;
        std::vector<int32_t> m_ids;
        size_t m_sent = 0;
    };

    TokenSink streamTo(TextStream &stream, bool wanted)
    {
        return wanted ? TokenSink([&stream](int32_t id) { stream.add(id); }) : TokenSink();
    }

    KvPlan fullPlan(const Capture &capture)
    {
        KvPlan plan;
        plan.kept = KeptTokens::sized(capture.config.layers, capture.config.kvHeads, capture.tokens());
        for (int64_t bit = 0; bit < capture.config.layers * capture.config.kvHeads * capture.tokens(); ++bit)
            plan.kept.mask[size_t(bit / 8)] = static_cast<uint8_t>(plan.kept.mask[size_t(bit / 8)] | 1 << (bit % 8));
        plan.budget = capture.tokens();
        plan.layerCounts.assign(size_t(capture.config.layers), capture.tokens());
        plan.inactive = true;
        plan.storesPositions = false;
        return plan;
    }

} // namespace

Result<Document> answerGenerate(EngineState &state, const Json &given, const RunContext &context, const PartSink &part)
{
    const RunClock clock;
    const Json request = withoutScored(given);
    const bool planned = request.contains("method");
    auto method = planned ? methodRequest(request, request) : Result<MethodRequest>(MethodRequest{});
    if (!method)
        return fail(method.error());
    auto budget = planned ? budgetRequest(request, *method) : Result<Budget>(Budget{});
    if (!budget)
        return fail(budget.error());
    auto setup = runSetup(state, request);
    if (!setup)
        return fail(setup.error());
    auto options = generateOptions(request, setup->seed);
    if (!options)
        return fail(options.error());
    auto streamed = requestFlag(request, "stream", false);
    if (!streamed)
        return fail(streamed.error());
    auto stored = state.capture(
        setup->wanted, setup->small, setup->input.context(), planned ? needsOf({*method}) : CaptureNeeds{}, context);
    if (!stored)
        return fail(stored.error());
    const CapturePtr capture = (*stored)->capture;
    auto model = state.modelObject(setup->wanted, context);
    if (!model)
        return fail(model.error());

    auto small = state.smallModelObject(setup->small, context);
    if (!small)
        return fail(small.error());

    EvaluationCell fullCell;
    fullCell.plan = fullPlan(*capture);
    const Tokenizer &tokenizer = *capture->model->tokenizer();
    TextStream fullStream("full", tokenizer, part), modifiedStream("modified", tokenizer, part);
    auto full = generateUnderPlan(*capture, fullCell, *options, streamTo(fullStream, *streamed), context);
    if (!full)
        return fail(full.error());
    auto fullText = textOf(*full, "full", tokenizer);
    if (!fullText)
        return fail(fullText.error());

    Json canonical = planned ? canonicalRun(request, *setup, *method, *budget) : canonicalRequest(request, *setup);
    canonical["maxNew"] = options->maxNew;
    canonical["temperature"] = options->temperature;
    const ReportContext report{canonical, *model, *small, &setup->input, capture.get(), &clock, setup->wanted.threads, setup->seed};
    if (!planned) {
        ReportBuilder builder = startReport(report);
        builder.add(*fullText);
        builder.setMetric("repetition", repetition(full->ids));
        return builder.build()->document();
    }
    if (auto filled = fillProfile(*capture, *method, context); !filled)
        return fail(filled.error());
    auto ranked = rankedMethod(**stored, *method->spec, method->parameters, context);
    if (!ranked)
        return fail(ranked.error());
    // A select between two tokens may push the ranking out of its table; this holds what the request needs.
    const RankedMethod held = **ranked;
    auto cellPlan = planCell(*capture, held, *budget, setup->countSmall);
    if (!cellPlan)
        return fail(cellPlan.error());
    auto cell = evaluationCell(*capture, held, *cellPlan, context);
    if (!cell)
        return fail(cell.error());
    auto modified = generateUnderPlan(*capture, *cell, *options, streamTo(modifiedStream, *streamed), context);
    if (!modified)
        return fail(modified.error());
    auto modifiedText = textOf(*modified, "modified", tokenizer);
    if (!modifiedText)
        return fail(modifiedText.error());
    if (!setup->withScores)
        cellPlan->plan.kept.score = {};
    ReportBuilder builder = startReport(report);
    builder.add(*fullText);
    builder.add(*modifiedText);
    addCell(builder, report,
        {&cellPlan->plan, cellPlan->bytes, budgetJson(*budget, *cellPlan, capture->tokens()), cellPlan->selectMs, nullptr, nullptr,
            nullptr, nullptr});
    addTextMetrics(builder, *full, *modified, options->maxNew);
    return builder.build()->document();
}

} // namespace winnow
