#include "core/serve/guided_report.h"

#include "core/base/budget.h"
#include "core/eval/guided_record.h"
#include "core/eval/pair.h"
#include "core/eval/pair_bytes.h"
#include "core/methods/guided_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace winnow {
namespace {

    TableArtifact headTable(const GuidedPlan &guided, const ModelConfig &large, const ModelConfig &small, const CellResult *result)
    {
        TableArtifact table;
        table.id = "guidedHeads";
        table.title = "Heads and the small heads that serve them";
        table.columns = {"layer", "head", "smallLayer", "smallHead", "score", "margin"};
        table.units = {"", "", "", "", "Jaccard", "Jaccard"};
        const bool masses = result && !result->classMass.empty();
        for (const char *column : {"critical", "recent", "marginal", "lost", "keptRescaled", "marginalRescaled"}) {
            if (masses) {
                table.columns.emplace_back(column);
                table.units.emplace_back("attention");
            }
        }
        for (int64_t i = 0; i < static_cast<int64_t>(guided.serving.size()); ++i) {
            const auto at = static_cast<size_t>(i);
            Json row{i / large.heads, i % large.heads, guided.serving[at] / small.heads, guided.serving[at] % small.heads,
                guided.matchScore[at], guided.matchMargin[at]};
            for (int64_t m = 0; masses && m < kGuidedMasses; ++m)
                row.push_back(result->classMass[at * kGuidedMasses + static_cast<size_t>(m)]);
            table.rows.push_back(std::move(row));
        }
        return table;
    }

} // namespace

void addPairCosts(ReportBuilder &builder, const KvPlan &plan, const CacheBytes &bytes, int64_t tokens)
{
    if (bytes.slmCache <= 0)
        return;
    builder.setMetric("keyBytes", bytes.keys);
    builder.setMetric("valueBytes", bytes.stored - bytes.keys);
    const auto perToken = [&](double all) { return all / static_cast<double>(tokens); };
    const double pays = breakEvenTokens(bytes.slmWeights, bytes.native / bytes.full, perToken(bytes.full), perToken(bytes.slmCache));
    if (std::isinf(pays)) {
        const bool said = std::any_of(plan.notices.begin(), plan.notices.end(), [](const std::string &notice) { return notice.starts_with("net loss: "); });
        if (said)
            return;
        builder.addNotice("net loss: costs more than it saves: " + byteText(bytes.native) + " and " + byteText(bytes.slmCache)
            + " of the small model's cache against " + byteText(bytes.full) + " of the full one");
        return;
    }
    builder.setMetric("breakEvenTokens", std::round(pays));
    if (bytes.slmWeights > 0)
        builder.addNotice("the small model's weights (" + byteText(bytes.slmWeights) + ") pay off from "
            + std::to_string(static_cast<int64_t>(std::round(pays))) + " cached tokens on");
}

void addSmallAlone(ReportBuilder &builder, const CellResult &alone)
{
    constexpr std::array<std::pair<const char *, const char *>, 5> kNames{{{"smallNll", "nll"}, {"smallPerplexity", "perplexity"},
        {"smallDeltaNll", "deltaNll"}, {"smallKl", "kl"}, {"smallTop1Agreement", "top1Agreement"}}};
    for (const auto &[name, metric] : kNames)
        builder.setMetric(name, alone.metrics.at(metric));
}

void addMoves(const CellResult &result, Savings &savings)
{
    savings.hostBytes = result.hostBytes;
    savings.d2hBytes = result.d2hBytes;
    savings.h2dBytes = result.h2dBytes;
}

void addGuided(ReportBuilder &builder, const KvPlan &plan, const Capture &capture, const CellResult *result,
    const MeasuredRun *measured)
{
    const GuidedPlan *guided = guidedPlanOf(plan);
    if (!guided || !capture.pair || !capture.pair->small || guided->late)
        return;
    builder.add(headTable(*guided, capture.config, capture.pair->small->config, result));
    builder.setMetric("matchMs", guided->matchMs);
    builder.setMetric("slmPrefillMs", capture.pair->small->prefillMs);
    if (measured && measured->msPerToken > 0) {
        builder.setMetric("slmMsPerToken", measured->smallMsPerToken);
        builder.setMetric("slmShare", measured->smallMsPerToken / measured->msPerToken);
    }
    if (!result)
        return;
    if (result->hostBytes > 0)
        builder.addNotice("keys and values that left are held for their return: " + byteText(result->hostBytes)
            + " at the end, in this machine's one memory, and not counted as allocated");
    if (guided->rescale == Rescale::Literal && guided->budget.marginal)
        builder.addNotice("rescale literal adds the stand-in attention to rows that already sum to 1; metric surplusMass says how much");
    if (guided->rescale == Rescale::Oracle)
        builder.addNotice("rescale oracle reads keys that are not there: a simulation, no saving");
}

} // namespace winnow
