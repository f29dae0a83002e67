#include "core/serve/prompt_sweep.h"

#include "core/base/json_fields.h"
#include "core/model/sha256.h"
#include "core/serve/machine.h"
#include "core/serve/request_fields.h"
#include "core/serve/sweep_lists.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace winnow {
namespace {

    constexpr std::array<const char *, 5> kDefaultBudgets{"80%", "66%", "50%", "33%", "20%"};

    /// What a curve shows, and where a line of the full prompt stands.
    struct CurveKind {
        const char *metric, *title, *unit, *full;
        double fullValue = std::numeric_limits<double>::quiet_NaN();
    };
    constexpr std::array<CurveKind, 9> kCurves{{
        {"answerNll", "Answer, negative log-likelihood", "nats", "fullAnswerNll"},
        {"deltaNll", "Answer, loss against the full prompt", "nats", nullptr, 0},
        {"kl", "Divergence from the full prompt", "nats", nullptr, 0},
        {"keptInformation", "Kept information", "", nullptr, 1},
        {"keptAttention", "Kept attention", "", nullptr, 1},
        {"scorerPerplexity", "Perplexity of the compressed text", "", nullptr},
        {"answerSurvival", "Answers that survive", "", nullptr, 1},
        {"numberSurvival", "Numbers that survive", "", nullptr, 1},
        {"brokenWords", "Broken words in 100", "", nullptr, 0},
    }};

    Result<void> readMethods(const Json &request, PromptSweepPlan &plan)
    {
        const Json &list = childField(request, "methods");
        if (!list.is_array() || list.empty())
            return fail(ErrorCode::BadInput, "methods: expected a list of {method, params}, at least one");
        for (const Json &entry : list) {
            Json own = entry.is_string() ? Json{{"method", entry}} : entry;
            Json given = own.is_object() && own.contains("params") ? own.at("params") : Json::object();
            auto method = promptMethodRequest(own, request);
            if (!method)
                return fail(method.error());
            if (method->parameters.contains("schedule") && !(given.is_object() && given.contains("schedule")))
                method->parameters["schedule"] = "cumulative";
            if (method->parameters.contains("finalScore") && !(given.is_object() && given.contains("finalScore")))
                method->parameters["finalScore"] = false;
            plan.methods.push_back(std::move(*method));
        }
        return {};
    }

    std::string cellKey(const PromptCell &cell, const std::string &identity, LengthMatching matching)
    {
        const Json own{{"method", cell.method->spec->id}, {"params", cell.parameters}, {"budget", budgetText(cell.budget)},
            {"matched", matching == LengthMatching::On}, {"identity", identity}, {"version", versionText()}};
        const std::string text = jsonText(own);
        Sha256 hash;
        hash.add(std::as_bytes(std::span(text)));
        return "prompt-" + hash.finish().substr(0, 32);
    }

    double metricOf(const PromptCell &cell, const char *name)
    {
        const auto found = cell.metrics.find(name);
        return found == cell.metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
    }

    double keptShare(const PromptCell &cell) { return metricOf(cell, "readerTokensOut") / metricOf(cell, "readerTokensIn"); }

    /// One method's points: cells of one budget are one point with a band over its seeds.
    Curve methodCurve(const std::vector<PromptCell> &cells, const MethodRequest &method, const CurveKind &kind)
    {
        Curve curve;
        curve.id = std::string(kind.metric) + ':' + std::string(method.spec->id);
        curve.method = method.spec->id;
        curve.title = method.spec->title;
        curve.xName = "kept share of the reader's tokens";
        curve.yName = kind.metric;
        curve.unit = kind.unit;
        std::vector<std::pair<double, size_t>> order;
        std::vector<std::vector<const PromptCell *>> groups;
        for (const PromptCell &cell : cells) {
            if (cell.method != &method || std::isnan(metricOf(cell, kind.metric)))
                continue;
            const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto &group) { return group.front()->budget == cell.budget; });
            (same == groups.end() ? groups.emplace_back() : *same).push_back(&cell);
        }
        const auto mean = [](const auto &group, auto value) {
            double sum = 0;
            for (const PromptCell *cell : group)
                sum += value(*cell) / static_cast<double>(group.size());
            return sum;
        };
        for (size_t g = 0; g < groups.size(); ++g)
            order.emplace_back(mean(groups[g], keptShare), g);
        std::sort(order.begin(), order.end());
        const bool banded = std::any_of(groups.begin(), groups.end(), [](const auto &group) { return group.size() > 1; });
        for (const auto &[x, g] : order) {
            const auto value = [&](const PromptCell &cell) { return metricOf(cell, kind.metric); };
            curve.x.push_back(x);
            curve.y.push_back(mean(groups[g], value));
            curve.budgets.push_back(budgetText(groups[g].front()->budget));
            if (!banded)
                continue;
            const auto [low, high] = std::minmax_element(groups[g].begin(), groups[g].end(),
                [&](const PromptCell *a, const PromptCell *b) { return value(*a) < value(*b); });
            curve.low.push_back(value(**low));
            curve.high.push_back(value(**high));
        }
        return curve;
    }

    Json fullLine(const std::vector<PromptCell> &cells, const CurveKind &kind)
    {
        double y = kind.fullValue;
        for (const PromptCell &cell : cells)
            y = kind.full && !std::isnan(metricOf(cell, kind.full)) ? metricOf(cell, kind.full) : y;
        return std::isnan(y) ? Json() : Json{{"name", "full"}, {"y", jsonNumber(y)}, {"text", "full prompt"}};
    }

} // namespace

Result<PromptSweepPlan> readPromptSweep(const Json &request)
{
    PromptSweepPlan plan;
    if (auto methods = readMethods(request, plan); !methods)
        return fail(methods.error());
    auto budgets = budgetList(request, kDefaultBudgets);
    auto seeds = budgets ? seedList(request) : Result<std::vector<int64_t>>(fail(budgets.error()));
    if (!seeds)
        return fail(seeds.error());
    plan.budgets = std::move(*budgets);
    plan.seeds = std::move(*seeds);
    auto matched = requestFlag(request, "matched", true);
    if (!matched)
        return fail(matched.error());
    plan.matching = *matched ? LengthMatching::On : LengthMatching::Off;
    const Json &known = childField(request, "knownCells");
    if (known.is_object()) {
        for (const auto &[key, value] : known.items())
            plan.known.emplace(key, value);
    }
    if (auto fits = checkCells(plan.methods.size(), plan.budgets.size(), plan.seeds.size()); !fits)
        return fail(fits.error());
    return plan;
}

std::vector<PromptCell> promptCells(const PromptSweepPlan &plan, const std::string &identity)
{
    std::vector<PromptCell> cells;
    for (const MethodRequest &method : plan.methods) {
        const bool takesBudget = !method.spec->budget.unit.empty();
        const bool draws = method.parameters.contains("seed") && !plan.seeds.empty();
        for (size_t b = 0; b < (takesBudget ? plan.budgets.size() : 1); ++b) {
            for (size_t s = 0; s < (draws ? plan.seeds.size() : 1); ++s) {
                PromptCell cell;
                cell.method = &method;
                cell.parameters = method.parameters;
                cell.budget = takesBudget ? plan.budgets[b] : Budget{};
                if (draws)
                    cell.parameters["seed"] = plan.seeds[s];
                cell.seed = cell.parameters.contains("seed") ? cell.parameters.at("seed").get<int64_t>() : -1;
                cell.key = cellKey(cell, identity, plan.matching);
                cells.push_back(std::move(cell));
            }
        }
    }
    return cells;
}

std::vector<Curve> promptCurves(const std::vector<PromptCell> &cells)
{
    std::vector<Curve> curves;
    for (const CurveKind &kind : kCurves) {
        const Json line = fullLine(cells, kind);
        std::vector<const MethodRequest *> done;
        for (const PromptCell &cell : cells) {
            if (std::find(done.begin(), done.end(), cell.method) != done.end())
                continue;
            done.push_back(cell.method);
            Curve curve = methodCurve(cells, *cell.method, kind);
            if (curve.x.empty())
                continue;
            if (!line.is_null())
                curve.thresholds.push_back(line);
            curves.push_back(std::move(curve));
        }
    }
    return curves;
}

TableArtifact promptCellTable(const std::vector<PromptCell> &cells)
{
    static constexpr std::array kColumns{"askedRate", "ownRate", "tokensIn", "tokensOut", "achievedRate", "readerTokensIn", "readerTokensOut",
        "answerNll", "fullAnswerNll", "deltaNll", "kl", "keptInformation", "keptAttention", "keptFused", "scorerPerplexity", "brokenWords",
        "answerSurvival", "answerSurvivalOrdered", "numberSurvival", "capitalSurvival", "compressMs", "forwards", "tokensProcessed", "runs"};
    TableArtifact table;
    table.id = "cells";
    table.title = "Cells of the sweep";
    table.columns = {"method", "budget", "seed", "state", "reason", "parameters"};
    table.units.assign(table.columns.size(), "");
    for (const char *name : kColumns) {
        const std::string column = name;
        table.columns.push_back(column);
        const bool ms = column == "compressMs", nats = column.ends_with("Nll") || column == "kl", tokens = column.starts_with("tokens") || column.starts_with("readerTokens");
        table.units.push_back(ms ? "ms" : nats ? "nats" : tokens ? "tokens" : "");
    }
    table.columns.push_back("cellKey");
    table.units.push_back("");
    for (const PromptCell &cell : cells) {
        Json row{cell.method->spec->id, budgetText(cell.budget), cell.seed < 0 ? Json() : Json(cell.seed), cell.state, cell.reason, jsonText(cell.parameters)};
        for (const char *name : kColumns) {
            const double value = metricOf(cell, name);
            row.push_back(std::isnan(value) ? Json() : jsonNumber(value));
        }
        row.push_back(cell.key);
        table.rows.push_back(std::move(row));
    }
    return table;
}

} // namespace winnow
