#pragma once

#include "core/base/report.h"
#include "core/serve/compare_request.h"
#include "core/serve/pair_store.h"

namespace winnow {

/// The `model` object of a report with the sizes a planner of costs reads: hidden, ffn, cacheBytesPerToken.
/// @param layers first layers that are compared; 0 = all.
Result<Json> pairModelObject(EngineState &state, const ModelRequest &wanted, int64_t layers, const RunContext &context);

/// Request, models, input and notices.
ReportBuilder startCompareReport(Json request, const CompareSetup &setup, Json large, Json small);

/// What the parts of a `compare` report are made from.
struct ComparedPair {
    const CompareSetup &setup;
    StoredPair &stored;
};

/// Matrices of heads with their matches, one a metric, and their figures.
/// @error as StoredPair::compare.
Result<void> addHeadMatrices(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// The same for layers, by the setup's reduction.
Result<void> addLayerMatrices(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// One table a metric: each large head, its small head, score, margin, and what cosine without sinks and Jaccard say of the pair.
Result<void> addMatchTables(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// How the first metric's matches hold in later windows (consistencyHard, consistencySoft: the first window) as curves; nothing
/// when the input ends with the span.
Result<void> addConsistency(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// How the first metric's matches agree with those of shorter spans (smallkv.md 7), as curves; nothing unless asked for.
Result<void> addStability(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// Column sums of both models over the span.
Result<void> addColumnSums(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context);

/// Matrix, match, margins and figures of one table.
/// @param chanceColumns columns a top set is drawn from (jaccard), 0 = none.
void addSimilarity(ReportBuilder &builder, const CompareSetup &setup, const SimilarityTable &table, HeadShape large, HeadShape small,
    int64_t chanceColumns);

} // namespace winnow
