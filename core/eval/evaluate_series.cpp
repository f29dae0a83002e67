#include "core/eval/evaluate_series.h"

#include "core/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace winnow {
namespace {

template <typename T>
std::vector<double> toDouble(const std::vector<T> &values)
{
    return {values.begin(), values.end()};
}

std::vector<float> meansOf(const std::vector<double> &sums, int64_t count)
{
    std::vector<float> means;
    for (double sum : sums)
        means.push_back(static_cast<float>(sum / static_cast<double>(count)));
    return means;
}

void takeGuided(GuidedRecord &guided, int64_t layers, int64_t rows, CellResult &result)
{
    if (!guided.used())
        return;
    result.series.surplus = meansOf(guided.surplus, layers);
    result.series.marginalMass = meansOf(guided.marginal, layers);
    result.series.revivals = meansOf(guided.revived, layers);
    result.classMass = meansOf(guided.masses, rows);
    result.changes = std::move(guided.changes);
    std::stable_sort(result.changes.begin(), result.changes.end(), [](const ClassChange &a, const ClassChange &b) {
        return std::tie(a.step, a.layer, a.head) < std::tie(b.step, b.layer, b.head);
    });
    constexpr double kBytes = sizeof(float);
    result.hostBytes = kBytes * static_cast<double>(guided.hostFloats);
    result.d2hBytes = kBytes * static_cast<double>(guided.toHostFloats) / static_cast<double>(rows);
    result.h2dBytes = kBytes * static_cast<double>(guided.fromHostFloats) / static_cast<double>(rows);
}

} // namespace

TokenSeries sizedSeries(int64_t rows, bool saliency)
{
    const size_t n = static_cast<size_t>(rows);
    TokenSeries series;
    for (std::vector<float> *values : {&series.nll, &series.kl, &series.deltaNll, &series.deltaP, &series.lostMass})
        values->resize(n);
    series.saliencyJaccard.resize(saliency ? n : 0);
    series.agree.resize(n);
    series.overlap.resize(n);
    series.rank.resize(n);
    return series;
}

void putRow(TokenSeries &series, int64_t row, const RowScore &score)
{
    const size_t t = static_cast<size_t>(row);
    series.nll[t] = static_cast<float>(score.nll);
    series.kl[t] = static_cast<float>(score.kl);
    series.deltaNll[t] = static_cast<float>(score.deltaNll);
    series.deltaP[t] = static_cast<float>(score.deltaP);
    series.agree[t] = score.agree;
    series.overlap[t] = static_cast<uint8_t>(score.overlap);
    series.rank[t] = score.rank;
}

std::map<std::string, double> seriesMetrics(const TokenSeries &series, const std::vector<double> &layerError)
{
    const std::vector<double> nll = toDouble(series.nll), delta = toDouble(series.deltaNll), kl = toDouble(series.kl);
    const std::vector<double> deltaP = toDouble(series.deltaP);
    std::map<std::string, double> metrics;
    metrics["nll"] = mean(nll);
    metrics["perplexity"] = std::exp(mean(nll));
    metrics["deltaNll"] = mean(delta);
    metrics["pplRatio"] = std::exp(mean(delta));
    metrics["kl"] = mean(kl);
    metrics["klMedian"] = quantile(kl, .5);
    metrics["klP90"] = quantile(kl, .9);
    metrics["klP99"] = quantile(kl, .99);
    metrics["klP999"] = quantile(kl, .999);
    metrics["klMax"] = quantile(kl, 1);
    metrics["top1Agreement"] = mean(toDouble(series.agree));
    metrics["top5Overlap"] = mean(toDouble(series.overlap)) / kTopIds;
    metrics["deltaP"] = mean(deltaP);
    double squares = 0;
    for (double value : deltaP)
        squares += value * value;
    metrics["deltaPRms"] = std::sqrt(squares / static_cast<double>(deltaP.size()));
    metrics["lostMass"] = mean(toDouble(series.lostMass));
    metrics["massRecall"] = 1 - metrics["lostMass"];
    if (!series.saliencyJaccard.empty())
        metrics["saliencyJaccard"] = mean(toDouble(series.saliencyJaccard));
    if (!series.marginalMass.empty()) {
        metrics["surplusMass"] = mean(toDouble(series.surplus));
        metrics["marginalMass"] = mean(toDouble(series.marginalMass));
    }
    if (static_cast<int64_t>(series.revivals.size()) > kRevivalRows) {
        const std::vector<double> revivals = toDouble(series.revivals);
        metrics["revivalRate"] = mean(std::vector<double>(revivals.begin() + kRevivalRows, revivals.end()));
    }
    if (!layerError.empty())
        metrics["layerError"] = mean(layerError);
    return metrics;
}

void takeRecord(CellRecord &record, int64_t layers, int64_t rows, CellResult &result)
{
    for (size_t t = 0; t < result.series.lostMass.size(); ++t)
        result.series.lostMass[t] = static_cast<float>(record.lostMass[t] / static_cast<double>(layers));
    for (size_t t = 0; t < result.series.saliencyJaccard.size(); ++t)
        result.series.saliencyJaccard[t] = static_cast<float>(record.jaccard[t] / static_cast<double>(layers));
    result.layerError = std::move(record.layerError);
    for (double &error : result.layerError)
        error /= static_cast<double>(rows);
    result.evictions = std::move(record.evictions);
    std::stable_sort(result.evictions.begin(), result.evictions.end(), [](const Eviction &a, const Eviction &b) {
        return std::tie(a.step, a.layer, a.head) < std::tie(b.step, b.layer, b.head);
    });
    takeGuided(record.guided, layers, rows, result);
    result.slotsAtEnd = record.slotsAtEnd;
    result.rowSumError = record.rowSumError;
}

} // namespace winnow
