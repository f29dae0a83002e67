#include "core/serve/mapped_report.h"

#include "core/eval/pair.h"
#include "core/methods/mapped_layers.h"
#include "core/methods/mapped_plan.h"

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    TableArtifact mapTable(const MappedPlan &mapped, int64_t heads, int64_t smallHeads)
    {
        std::vector<size_t> order;
        for (size_t i = 0; i < mapped.serving.size(); ++i) {
            if (mapped.serving[i] >= 0)
                order.push_back(i);
        }
        std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return mapped.score[a] < mapped.score[b]; });
        TableArtifact table;
        table.id = "headMap";
        table.title = "Heads of mapped layers and the small heads that serve them";
        table.columns = {"layer", "head", "smallLayer", "smallHead", "score", "margin"};
        table.units = {"", "", "", "", "", ""};
        for (const size_t i : order) {
            const auto row = static_cast<int64_t>(i), serving = static_cast<int64_t>(mapped.serving[i]);
            table.rows.push_back({row / heads, row % heads, serving / smallHeads, serving % smallHeads, mapped.score[i], mapped.margin[i]});
        }
        return table;
    }

} // namespace

void addMapping(ReportBuilder &builder, const KvPlan &plan, const Capture &capture, const MeasuredRun *measured)
{
    const MappedPlan *mapped = mappedPlanOf(plan);
    if (!mapped || !capture.pair || !capture.pair->small)
        return;
    const ModelConfig &small = capture.pair->small->config;
    const MappingCost cost = costOf(*mapped, capture.config, small, capture.tokens());
    builder.setMetric("mappedLayers", static_cast<double>(mapped->mappedLayers()));
    builder.setMetric("smallLayersRun", static_cast<double>(smallLayersRun(*mapped, small)));
    builder.setMetric("keyBytesSaved", cost.keyBytesSaved);
    builder.setMetric("flopSkipped", cost.skippedFlop);
    builder.setMetric("flopAdded", cost.addedFlop);
    builder.setMetric("flopNet", cost.netFlop());
    if (mapped->matchMs > 0)
        builder.setMetric("mapMs", mapped->matchMs);
    if (measured && measured->spanMs >= 0) {
        builder.setMetric("prefillSpanMs", measured->spanMs);
        builder.setMetric("prefillChunksMs", measured->chunksMs);
        builder.setMetric("prefillSmallMs", measured->smallPrefillMs);
    }
    builder.add(mapTable(*mapped, capture.config.heads, small.heads));
}

} // namespace winnow
