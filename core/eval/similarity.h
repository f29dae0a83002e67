#pragma once

#include "core/eval/attention_rows.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// How alike two heads look (iam.md 6, smallkv.md 3 step 2).
enum class SimilarityMetric : uint8_t {
    Cosine,
    CosineNosink,
    Jaccard,
    Pearson,
    PearsonWhole,
    Minkowski1,
    Minkowski2,
    RowCosine,
    RowJs,
    Spearman,
    ColumnCosine,
};

/// One row of the table of metrics.
struct SimilarityMetricInfo {
    SimilarityMetric metric;
    std::string_view name; // on the command line and in artifacts
    std::string_view metricName; // beginning of the names of its figures: cosineNosinkMeanBest
    std::string_view title;
    bool columns; // reads column sums only, else whole maps
    bool distance; // scores are the negative of a distance: 0 is the best
};

/// All metrics, in the order of the enum.
std::span<const SimilarityMetricInfo> similarityMetrics();
const SimilarityMetricInfo &metricInfo(SimilarityMetric metric);
std::optional<SimilarityMetric> similarityMetricByName(std::string_view name);

/// Columns a metric leaves out when `skipSinks` are asked for: CosineNosink at least one.
int64_t skippedColumns(SimilarityMetric metric, int64_t skipSinks);

/// Where products of pairs of heads are made; everything else is on the CPU.
enum class ProductPlace : uint8_t { Cpu, Gpu };

/// What is compared, and how.
struct SimilarityRequest {
    std::vector<SimilarityMetric> metrics{SimilarityMetric::Cosine};
    int64_t skipSinks = 0; // s: first columns that are left out
    double matchFraction = 0.2; // of the columns in a top set, at least 8
    bool averageHeads = false; // layers with the mean map of their heads instead of heads
    bool control = false; // also against small heads whose columns are shuffled
    bool scores = true; // false: only the control, for tables whose scores are known
    uint64_t seed = 1234; // of the control
    ProductPlace place = ProductPlace::Cpu;
};

/// Scores of all pairs in one metric.
struct SimilarityTable {
    SimilarityMetric metric = SimilarityMetric::Cosine;
    int64_t skipSinks = 0;
    std::vector<float> values; // [rows, columns], higher = more alike; empty = not asked for
    std::vector<float> control; // [rows] best score against shuffled small heads; empty = not asked for
};

/// Tables of one comparison; rows are heads (or layers) of the large model, columns those of the small one.
struct SimilarityTables {
    HeadShape large, small; // heads = 1 when heads were averaged
    int64_t columns = 0; // of the maps
    std::vector<SimilarityTable> tables; // in the order asked
};

/// Compares the heads of two models over the same rows, block of rows by block of rows: the memory is the tables and one block
/// of rows a head (attention_rows.h keeps those of short ranges), never the maps.
///
/// Columns 0..s-1 of the range are left out where skipSinks = s > 0, and each row is divided by the sum of what is left; rows
/// without anything left are zero. Column sums (jaccard, spearman, column_cosine) lose these columns and are not divided
/// (smallkv.md 3 step 2). Vectors are the causal triangle, pearson_whole adds the zeros above it. A correlation or a cosine
/// without a norm is 0. Products of a block are f32, over blocks f64.
///
/// The control shuffles each small head's columns: column sums by shuffledColumns; maps row by row within what the row sees
/// (the permutation of row u is that of row u - 1 with u put in at a random place, so that neighbouring rows stay alike).
/// @error BadInput (ranges that differ or are empty, nothing left behind the sinks), Internal (the GPU failed), Cancelled (polled between blocks).
///        Progress "compare" in rows.
/// @cost  rows * columns / 2 multiply-adds a pair for products, the same number of differences for Minkowski, of logarithms for
///        row_js; twice with the control.
/// @source iam.md 3 step 3 and 6; smallkv.md 3 step 2.
Result<SimilarityTables> compareHeads(
    AttentionRows &large, AttentionRows &small, const SimilarityRequest &request, const RunContext &context);

/// Column sums of a span and the tables over it, for methods that match heads once.
struct PairSimilarity {
    SimilarityTables tables;
    std::vector<float> largeSums, smallSums; // [heads, span]
    double forwardMs = 0, compareMs = 0;
};

/// Both forward passes over `ids` and the comparison of all of its rows.
/// @error as attentionSource and compareHeads.
Result<PairSimilarity> headSimilarity(const Model &large, const Model &small, std::span<const int32_t> ids,
    const SimilarityRequest &request, const RunContext &context);

} // namespace winnow
