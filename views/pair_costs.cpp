#include "views/pair_costs.h"

#include "core/base/json_fields.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>

namespace winnow {

double PairCosts::breakEven() const
{
    const double saved = (full - stored - smallCache) / tokens;
    return saved > 0 ? smallWeights / saved : std::numeric_limits<double>::infinity();
}

std::optional<PairCosts> pairCosts(const RunEntry &entry)
{
    if (!entry.report)
        return std::nullopt;
    const Savings savings = entry.report->savings();
    const std::optional<KeptTokens> kept = savings.slmCacheBytes > 0 && savings.fullBytes > 0 ? entry.report->keptTokens() : std::nullopt;
    if (!kept || kept->tokens <= 0)
        return std::nullopt;
    PairCosts costs;
    costs.title = entry.budget.isEmpty() ? entry.title : QStringLiteral("%1, %2").arg(entry.title, entry.budget);
    costs.largeName = QString::fromStdString(stringField(entry.report->model(), "name"));
    costs.smallName = QString::fromStdString(stringField(childField(entry.report->body(), "smallModel"), "name"));
    costs.tokens = static_cast<double>(kept->tokens);
    costs.full = savings.fullBytes;
    costs.stored = savings.nativeBytes;
    costs.smallCache = savings.slmCacheBytes;
    costs.smallWeights = std::max(0.0, savings.slmWeightsBytes);
    costs.host = std::max(0.0, savings.hostBytes);
    costs.keys = entry.report->metric("keyBytes").value_or(-1);
    costs.values = entry.report->metric("valueBytes").value_or(-1);
    costs.skippedFlop = entry.report->metric("flopSkipped").value_or(0);
    costs.addedFlop = entry.report->metric("flopAdded").value_or(0);
    costs.ms = savings.msPerToken;
    costs.fullMs = savings.fullMsPerToken;
    return costs;
}

std::optional<PairCosts> pairCosts(const PairData &pair)
{
    const DecoderSizes &large = pair.large.sizes, &small = pair.small.sizes;
    if (large.hidden <= 0 || small.hidden <= 0 || large.layers <= 0 || small.layers <= 0 || pair.tokens <= 0)
        return std::nullopt;
    const auto mapped = static_cast<int64_t>(pair.mapped.size());
    const int64_t tokens = std::max<int64_t>(pair.tokens, pair.pieces.size()); // of the whole text, where it is longer than the span
    const MappingCost cost = mappingCost(large, small, small.layers, mapped, tokens, pair.large.cacheElementBytes, pair.small.cacheElementBytes);
    PairCosts costs;
    costs.computed = true;
    costs.title = QCoreApplication::translate("views", "%1 of %2 layers replaced").arg(mapped).arg(large.layers);
    costs.largeName = pair.large.name;
    costs.smallName = pair.small.name;
    costs.tokens = static_cast<double>(tokens);
    costs.full = costs.tokens * cacheBytesPerToken(large, 0, pair.large.cacheElementBytes);
    costs.values = costs.full / 2;
    costs.keys = costs.full / 2 - cost.keyBytesSaved;
    costs.stored = costs.keys + costs.values;
    costs.smallCache = cost.smallCacheBytes;
    costs.smallWeights = std::max(0.0, pair.small.weightBytes);
    costs.skippedFlop = cost.skippedFlop;
    costs.addedFlop = cost.addedFlop;
    return costs;
}

} // namespace winnow
