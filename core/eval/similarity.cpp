#include "core/eval/similarity.h"

#include "core/eval/column_similarity.h"
#include "core/eval/similarity_sums.h"
#include "core/model/model.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace winnow {
namespace {

    using enum SimilarityMetric;

    constexpr std::array<SimilarityMetricInfo, 11> kMetrics{{
        {Cosine, "cosine", "cosine", "Cosine", false, false},
        {CosineNosink, "cosine_nosink", "cosineNosink", "Cosine without sinks", false, false},
        {Jaccard, "jaccard", "jaccard", "Jaccard index of top tokens", true, false},
        {Pearson, "pearson", "pearson", "Correlation (triangle)", false, false},
        {PearsonWhole, "pearson_whole", "pearsonWhole", "Correlation (whole map)", false, false},
        {Minkowski1, "minkowski1", "minkowski1", "Negative sum of differences", false, true},
        {Minkowski2, "minkowski2", "minkowski2", "Negative Euclidean distance", false, true},
        {RowCosine, "row_cosine", "rowCosine", "Mean cosine of rows", false, false},
        {RowJs, "row_js", "rowJs", "Negative mean Jensen-Shannon divergence of rows (bits)", false, true},
        {Spearman, "spearman", "spearman", "Rank correlation of column sums", true, false},
        {ColumnCosine, "column_cosine", "columnCosine", "Cosine of column sums", true, false},
    }};

    /// Metrics that leave out the same columns share one pass of sums.
    class MetricGroup {
    public:
        MetricGroup(const AttentionRows &large, const AttentionRows &small, const SimilarityRequest &request, int64_t skip)
            : m_request(request)
            , m_range(large.range())
            , m_large(large.source().shape)
            , m_small(small.source().shape)
            , m_skip(skip)
        {
            for (const SimilarityMetric metric : request.metrics) {
                if (!metricInfo(metric).columns && skippedColumns(metric, request.skipSinks) == skip)
                    m_needs.include(metric);
            }
            const int64_t rows = vectors(m_large), columns = vectors(m_small);
            if (request.scores)
                m_plain.emplace(rows, columns, m_needs, request.place);
            if (request.control) {
                m_shuffled.emplace(rows, columns, m_needs, request.place);
                m_shuffle.emplace(columns, m_range.columns() - skip, request.seed);
            }
        }

        void add(const RowBlock &large, const RowBlock &small)
        {
            m_a.pack(large, m_range, m_large, m_skip, m_request.averageHeads);
            m_b.pack(small, m_range, m_small, m_skip, m_request.averageHeads);
            m_largeSums.add(m_a, m_needs);
            m_smallSums.add(m_b, m_needs);
            if (m_plain)
                m_plain->add(m_a, m_b);
            if (m_shuffle) {
                m_shuffle->apply(m_b, m_c);
                m_shuffled->add(m_a, m_c);
            }
            if (!m_needs.rowProducts)
                return;
            m_a.makeRowsUnit();
            if (m_plain) {
                m_b.makeRowsUnit();
                m_plain->addUnitRows(m_a, m_b);
            }
            if (m_shuffle) {
                m_c.makeRowsUnit();
                m_shuffled->addUnitRows(m_a, m_c);
            }
        }

        Result<void> trouble() const
        {
            for (const std::optional<PairSums> *sums : {&m_plain, &m_shuffled}) {
                if (*sums && !(*sums)->trouble().empty())
                    return fail(ErrorCode::Internal, "products of heads on the GPU: " + (*sums)->trouble(), "use --device cpu");
            }
            return {};
        }

        SimilarityTable table(SimilarityMetric metric) const
        {
            SimilarityTable table{metric, m_skip, {}, {}};
            if (m_plain)
                table.values = scores(*m_plain, metric);
            if (m_shuffled)
                table.control = bestScores(scores(*m_shuffled, metric), vectors(m_small));
            return table;
        }

    private:
        int64_t vectors(HeadShape shape) const { return m_request.averageHeads ? shape.layers : shape.count(); }

        std::vector<float> scores(const PairSums &sums, SimilarityMetric metric) const
        {
            // Rows above the first column that is left see nothing.
            const int64_t first = std::max(m_range.firstRow, m_range.firstColumn + m_skip);
            const int64_t rows = m_range.end() - first;
            const int64_t entries = metric == PearsonWhole ? rows * (m_range.columns() - m_skip)
                                                           : m_range.entries(m_range.firstRow, m_range.end(), m_skip);
            return sums.scores(metric, m_largeSums, m_smallSums, entries, rows);
        }

        const SimilarityRequest &m_request;
        MapRange m_range;
        HeadShape m_large, m_small;
        int64_t m_skip;
        SumNeeds m_needs;
        HeadSums m_largeSums, m_smallSums;
        std::optional<PairSums> m_plain, m_shuffled; // as they are; with the control's columns
        std::optional<RowShuffle> m_shuffle;
        PackedBlock m_a, m_b, m_c;
    };

    Result<void> checkRanges(const AttentionRows &large, const AttentionRows &small, const SimilarityRequest &request)
    {
        const MapRange &a = large.range(), &b = small.range();
        if (a.firstRow != b.firstRow || a.rows != b.rows || a.firstColumn != b.firstColumn)
            return fail(ErrorCode::BadInput, "the rows of two models can only be compared over the same tokens");
        for (const AttentionRows *rows : {&large, &small}) {
            if (a.rows < 1 || a.firstRow < 0 || a.firstColumn < 0 || a.firstColumn > a.firstRow || a.end() > rows->source().tokens)
                return fail(ErrorCode::BadInput, "rows " + std::to_string(a.firstRow) + " to " + std::to_string(a.end())
                        + ": expected at least one row of the " + std::to_string(rows->source().tokens) + " tokens");
        }
        if (request.metrics.empty())
            return fail(ErrorCode::BadInput, "no metric to compare by");
        for (const SimilarityMetric metric : request.metrics) {
            if (skippedColumns(metric, request.skipSinks) >= a.columns())
                return fail(ErrorCode::BadInput, "nothing is left of " + std::to_string(a.columns()) + " tokens without the first "
                        + std::to_string(skippedColumns(metric, request.skipSinks)), "skip fewer sinks or take a longer span");
        }
        return {};
    }

    /// Column sums of layers are the means of their heads'.
    std::vector<float> vectorSums(const std::vector<float> &sums, HeadShape shape, int64_t columns, bool averageHeads)
    {
        if (!averageHeads)
            return sums;
        std::vector<float> means(size_t(shape.layers * columns));
        for (size_t at = 0; at < sums.size(); ++at) {
            const size_t layer = at / size_t(shape.heads * columns);
            means[layer * size_t(columns) + at % size_t(columns)] += sums[at] / float(shape.heads);
        }
        return means;
    }

    SimilarityTable columnMetric(SimilarityMetric metric, const std::vector<float> &large, const std::vector<float> &small,
        int64_t n, const SimilarityRequest &request)
    {
        const int64_t skip = skippedColumns(metric, request.skipSinks);
        SimilarityTable table{metric, skip, {}, {}};
        if (request.scores)
            table.values = columnTable(metric, large, small, n, skip, request.matchFraction);
        if (request.control) {
            const int64_t heads = int64_t(small.size()) / n;
            const auto shuffled = shuffleSums(small, heads, n, skip, request.seed);
            table.control = bestScores(columnTable(metric, large, shuffled, n, skip, request.matchFraction), heads);
        }
        return table;
    }

    Result<void> addBlocks(AttentionRows &large, AttentionRows &small, std::map<int64_t, MetricGroup> &groups, const RunContext &context)
    {
        if (groups.empty())
            return {};
        const MapRange &range = large.range();
        const int64_t step = std::min(large.blockRows(), small.blockRows());
        for (int64_t begin = range.firstRow; begin < range.end(); begin += step) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled while comparing heads");
            const int64_t end = std::min(begin + step, range.end());
            const RowBlock a = large.rows(begin, end), b = small.rows(begin, end);
            for (auto &[skip, group] : groups) {
                group.add(a, b);
                if (auto fine = group.trouble(); !fine)
                    return fine;
            }
            context.progress("compare", end - range.firstRow, range.rows, "rows");
        }
        return {};
    }

} // namespace

std::span<const SimilarityMetricInfo> similarityMetrics() { return kMetrics; }

const SimilarityMetricInfo &metricInfo(SimilarityMetric metric) { return kMetrics[size_t(metric)]; }

std::optional<SimilarityMetric> similarityMetricByName(std::string_view name)
{
    const auto found = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const auto &info) { return info.name == name; });
    return found == kMetrics.end() ? std::nullopt : std::optional(found->metric);
}

int64_t skippedColumns(SimilarityMetric metric, int64_t skipSinks)
{
    return metric == CosineNosink ? std::max<int64_t>(1, skipSinks) : skipSinks;
}

Result<SimilarityTables> compareHeads(
    AttentionRows &large, AttentionRows &small, const SimilarityRequest &request, const RunContext &context)
{
    if (auto valid = checkRanges(large, small, request); !valid)
        return fail(valid.error());
    const HeadShape largeShape = large.source().shape, smallShape = small.source().shape;
    std::map<int64_t, MetricGroup> groups;
    bool columns = false;
    for (const SimilarityMetric metric : request.metrics) {
        const int64_t skip = skippedColumns(metric, request.skipSinks);
        columns = columns || metricInfo(metric).columns;
        if (!metricInfo(metric).columns && !groups.contains(skip))
            groups.emplace(std::piecewise_construct, std::forward_as_tuple(skip), std::forward_as_tuple(large, small, request, skip));
    }
    if (auto done = addBlocks(large, small, groups, context); !done)
        return fail(done.error());
    std::vector<float> largeSums, smallSums;
    const int64_t n = large.range().columns();
    if (columns) {
        const auto a = large.columnSums(context), b = small.columnSums(context);
        if (!a || !b)
            return fail(!a ? a.error() : b.error());
        largeSums = vectorSums(**a, largeShape, n, request.averageHeads);
        smallSums = vectorSums(**b, smallShape, n, request.averageHeads);
    }
    SimilarityTables result;
    result.large = {largeShape.layers, request.averageHeads ? 1 : largeShape.heads};
    result.small = {smallShape.layers, request.averageHeads ? 1 : smallShape.heads};
    result.columns = n;
    for (const SimilarityMetric metric : request.metrics) {
        if (metricInfo(metric).columns)
            result.tables.push_back(columnMetric(metric, largeSums, smallSums, n, request));
        else
            result.tables.push_back(groups.at(skippedColumns(metric, request.skipSinks)).table(metric));
    }
    return result;
}

Result<PairSimilarity> headSimilarity(const Model &large, const Model &small, std::span<const int32_t> ids,
    const SimilarityRequest &request, const RunContext &context)
{
    const auto a = attentionSource(large, ids, 0, "large model", context);
    if (!a)
        return fail(a.error());
    const auto b = attentionSource(small, ids, 0, "small model", context);
    if (!b)
        return fail(b.error());
    const auto started = std::chrono::steady_clock::now();
    const MapRange range{0, int64_t(ids.size()), 0};
    AttentionRows largeRows(*a, range, int64_t(64) << 20), smallRows(*b, range, int64_t(64) << 20);
    auto tables = compareHeads(largeRows, smallRows, request, context);
    const auto largeSums = largeRows.columnSums(context), smallSums = smallRows.columnSums(context);
    if (!tables || !largeSums || !smallSums)
        return fail(!tables ? tables.error() : !largeSums ? largeSums.error() : smallSums.error());
    PairSimilarity result{std::move(*tables), **largeSums, **smallSums, (*a)->forwardMs + (*b)->forwardMs, 0};
    result.compareMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    return result;
}

} // namespace winnow
