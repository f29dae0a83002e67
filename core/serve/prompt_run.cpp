#include "core/serve/prompt_run.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    double since(Clock::time_point began) { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }

    void addCosts(PromptOutcome &outcome, int64_t tokens)
    {
        const ScorerCosts &costs = outcome.costs;
        outcome.savings.compressMs = outcome.compressMs;
        outcome.metrics["compressMs"] = outcome.compressMs;
        outcome.metrics["forwards"] = static_cast<double>(costs.forwards);
        outcome.metrics["tokensProcessed"] = static_cast<double>(costs.tokensProcessed);
        outcome.metrics["tokensAsked"] = static_cast<double>(costs.tokensAsked);
        outcome.metrics["scorerMs"] = costs.ms;
        if (costs.attentionMs > 0)
            outcome.metrics["attentionMs"] = costs.attentionMs;
        outcome.metrics["scorerPeakBytes"] = static_cast<double>(costs.peakBytes);
        if (costs.tokensAsked > 0)
            outcome.metrics["reusedShare"] = 1 - static_cast<double>(costs.tokensProcessed) / static_cast<double>(costs.tokensAsked);
        if (outcome.compressMs > 0)
            outcome.metrics["tokensPerSecond"] = 1000 * static_cast<double>(tokens) / outcome.compressMs;
    }

    Check subsequenceCheck(const PromptPlan &plan, int64_t tokens)
    {
        const bool inside = plan.kept.empty() || (plan.kept.front() >= 0 && plan.kept.back() < tokens);
        const bool ascending = std::is_sorted(plan.kept.begin(), plan.kept.end(), std::less_equal<>());
        return {"subsequence", "Kept tokens are a subsequence", inside && ascending, "ascending indices below " + std::to_string(tokens),
            inside && ascending ? "yes" : "no", "prompt"};
    }

    void addChecks(const PromptSetup &setup, const MethodRequest &method, PromptOutcome &outcome)
    {
        const int64_t n = setup.input.tokens();
        outcome.checks.push_back(subsequenceCheck(outcome.plan, n));
        const auto made = method.spec->createPrompt();
        if (!made->takesBudget())
            return;
        const int64_t target = outcome.asked.target(n);
        const auto kept = static_cast<int64_t>(outcome.plan.kept.size());
        if (made->meetsBudget(Parameters(method.parameters)))
            outcome.checks.push_back({"budget", "Kept tokens = asked tokens, to one", std::abs(kept - target) <= 1, std::to_string(target),
                std::to_string(kept), "prompt"});
        const double drift = outcome.asked.share(n) - static_cast<double>(kept) / static_cast<double>(n);
        if (std::abs(drift) > 0.01)
            outcome.notices.push_back("asked for " + std::to_string(target) + " of " + std::to_string(n) + " tokens, " + std::to_string(kept)
                + " stay");
    }

} // namespace

Result<PromptOutcome> compressPrompt(
    const PromptSetup &setup, const MethodRequest &method, const PromptBudget &asked, ModelScorer &scorer, const RunContext &context)
{
    PromptOutcome outcome;
    outcome.asked = asked;
    scorer.startCounting();
    scorer.watch(setup.input.ids);
    const auto began = Clock::now();
    auto plan = method.spec->createPrompt()->compress(setup.input, scorer, asked, Parameters(method.parameters), context);
    if (!plan)
        return fail(plan.error());
    outcome.costs = scorer.costs();
    outcome.compressMs = since(began) - scorer.unaskedMs();
    outcome.plan = std::move(*plan);
    if (auto measured = measurePlan(setup, method, scorer, outcome, context); !measured)
        return fail(measured.error());
    return outcome;
}

Result<void> measurePlan(
    const PromptSetup &setup, const MethodRequest &method, ModelScorer &scorer, PromptOutcome &outcome, const RunContext &context)
{
    const int64_t n = setup.input.tokens();
    outcome.notices = outcome.plan.notices;
    addSizes(setup.input, outcome.plan, outcome.metrics);
    addSurvival(setup.input, outcome.plan.text, outcome.metrics);
    outcome.metrics["askedRate"] = outcome.asked.share(n);
    auto readerOut = readerTokens(setup, outcome.plan.text);
    if (!readerOut)
        return fail(readerOut.error());
    outcome.metrics["readerTokensIn"] = static_cast<double>(setup.readerTokensIn);
    outcome.metrics["readerTokensOut"] = static_cast<double>(*readerOut);
    addCosts(outcome, n);
    for (const auto &[name, value] : outcome.plan.metrics)
        outcome.metrics[name] = value;
    if (n >= 2 && n <= scorer.window()) {
        auto uncut = scorer.score(setup.input.ids, ScoreWish{.attention = true}, context);
        if (!uncut)
            return fail(uncut.error());
        addInformation(outcome.plan, *uncut, outcome.metrics);
    } else if (n > scorer.window()) {
        outcome.notices.push_back("the text is longer than the scoring model's context of " + std::to_string(scorer.window())
            + " tokens: no kept share of information");
    }
    addChecks(setup, method, outcome);
    return {};
}

Result<void> addFluency(std::span<ModelScorer *const> judges, PromptOutcome &outcome, const RunContext &context)
{
    auto tokens = judges.front()->tokens(outcome.plan.text);
    if (!tokens)
        return fail(tokens.error());
    std::vector<int32_t> ids;
    for (const ScorerToken &token : *tokens)
        ids.push_back(token.id);
    if (ids.size() < 2 || static_cast<int64_t>(ids.size()) > judges.front()->window())
        return {};
    ModelScorer &judge = **std::min_element(
        judges.begin(), judges.end(), [&](const ModelScorer *a, const ModelScorer *b) { return a->missingRows(ids) < b->missingRows(ids); });
    auto scores = judge.score(ids, {}, context);
    if (!scores)
        return fail(scores.error());
    outcome.metrics["scorerPerplexity"] = perplexityOf(*scores);
    return {};
}

ReportBuilder promptReport(const PromptReportParts &parts, const MethodRequest &method, const PromptOutcome &outcome)
{
    const PromptInput &input = parts.setup.input;
    ReportBuilder builder;
    builder.setRequest(parts.request);
    builder.setModel(parts.model);
    builder.setInput(input.ids, parts.setup.pieces, input.text);
    if (!parts.smallModel.is_null())
        builder.setExtra("smallModel", parts.smallModel);
    Json ranges = Json::array();
    for (const TokenRange &range : input.contextTokens)
        ranges.push_back({range.first, range.end});
    builder.setExtra("prompt",
        {{"instruction", input.instruction}, {"question", input.question}, {"contexts", input.contexts}, {"contextTokens", std::move(ranges)}});
    const int64_t n = input.tokens();
    builder.setExtra("contextTokens", n);
    const auto kept = static_cast<double>(outcome.plan.kept.size());
    if (!outcome.budget.empty())
        builder.setExtra("budget", {{"asked", outcome.budget}, {"fraction", outcome.asked.share(n)}, {"tokens", outcome.asked.target(n)},
                                       {"metTokens", kept}, {"metFraction", kept / static_cast<double>(n)}});
    PromptTokens tokens;
    tokens.method = method.spec->id;
    tokens.kept = outcome.plan.kept;
    tokens.text = outcome.plan.text;
    tokens.askedRate = outcome.asked.share(n);
    tokens.achievedRate = kept / static_cast<double>(n);
    tokens.stageOf = outcome.plan.stageOf;
    tokens.protectedTokens = outcome.plan.protectedTokens;
    builder.add(tokens);
    for (const TokenScores &scores : outcome.plan.scores)
        builder.add(scores);
    for (const TableArtifact &table : outcome.plan.tables)
        builder.add(table);
    for (const TextArtifact &text : outcome.texts)
        builder.add(text);
    for (const auto &[name, value] : outcome.metrics)
        builder.setMetric(name, value);
    builder.setSavings(outcome.savings);
    for (const Check &check : outcome.checks)
        builder.addCheck(check);
    for (const std::string &notice : outcome.notices)
        builder.addNotice(notice);
    builder.setProvenance(parts.clock.provenance(parts.setup.reader.threads, parts.setup.seed, stringField(parts.model, "device")));
    return builder;
}

} // namespace winnow
