#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/evaluate_layer.h"
#include "core/eval/metrics_rows.h"

#include <map>
#include <string>

namespace winnow {

/// Series of T rows, all zero.
TokenSeries sizedSeries(int64_t rows, bool saliency);

/// Puts one measured row into a series.
void putRow(TokenSeries &series, int64_t row, const RowScore &score);

/// Means and percentiles of kv-evaluation.md 6 under their report names.
/// @param layerError empty = not measured.
std::map<std::string, double> seriesMetrics(const TokenSeries &series, const std::vector<double> &layerError);

/// Moves what the layers left into a result: means over layers, evictions in step order, slots, errors.
void takeRecord(CellRecord &record, int64_t layers, int64_t rows, CellResult &result);

} // namespace winnow
