#include "core/eval/aligned_similarity.h"

#include "core/eval/column_similarity.h"
#include "core/eval/similarity_sums.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace winnow {
namespace {

    constexpr int64_t kSegmentRows = 32;

    using TokensOf = std::vector<int32_t> Segment::*;

    /// Rows of segments [first, last) of one model: widths are all segments.
    void fillBlock(const AlignedSide &side, const std::vector<Segment> &segments, TokensOf tokensOf, size_t first, size_t last,
        PackedBlock &block)
    {
        const HeadShape shape = side.rows.source().shape;
        const size_t count = segments.size();
        block.reset(shape.count(), std::vector<int64_t>(last - first, int64_t(count)), int64_t(first));
        for (size_t p = first; p < last; ++p) {
            const int64_t token = (segments[p].*tokensOf).back();
            const RowBlock row = side.rows.rows(token, token + 1); // columns 0..token
            const double rowWeight = std::sqrt(double(segments[p].length()));
            at::parallel_for(0, shape.count(), 16, [&](int64_t from, int64_t to) {
                for (int64_t head = from; head < to; ++head) {
                    const float *attention = row.data + head * row.stride;
                    float *out = block.head(head) + int64_t((p - first) * count);
                    double sum = 0;
                    for (size_t q = 0; q < count; ++q) {
                        double density = 0;
                        for (const int32_t v : segments[q].*tokensOf)
                            density += v <= token ? double(attention[v]) / double(side.tokens.length(v)) : 0.0;
                        const auto length = double(segments[q].length());
                        sum += density * length;
                        out[q] = float(density * std::sqrt(length));
                    }
                    const float factor = sum > 0 ? float(rowWeight / sum) : 0.0F;
                    for (size_t q = 0; q < count; ++q)
                        out[q] *= factor;
                }
            });
        }
    }

    /// Rows of length 1 count by the number of their characters.
    void weighRows(PackedBlock &block, const std::vector<Segment> &segments, size_t first)
    {
        block.makeRowsUnit();
        for (int64_t head = 0; head < block.heads(); ++head) {
            float *row = block.head(head);
            for (size_t r = 0; r < block.widths().size(); ++r) {
                const auto weight = float(std::sqrt(double(segments[first + r].length())));
                for (int64_t i = 0; i < block.widths()[r]; ++i)
                    row[i] *= weight;
                row += block.widths()[r];
            }
        }
    }

    /// Sums of the map metrics over the segments of one skip.
    class AlignedMaps {
    public:
        AlignedMaps(const AlignedSide &large, const AlignedSide &small, std::vector<Segment> segments, SumNeeds needs,
            const SimilarityRequest &request)
            : m_large(large)
            , m_small(small)
            , m_segments(std::move(segments))
            , m_needs(needs)
            , m_columns(small.rows.source().shape.count())
        {
            m_sums.emplace_back(large.rows.source().shape.count(), m_columns, needs);
            if (request.control) {
                m_sums.emplace_back(large.rows.source().shape.count(), m_columns, needs);
                m_shuffle.emplace(m_columns, int64_t(m_segments.size()), request.seed);
            }
        }

        Result<void> run(const RunContext &context)
        {
            PackedBlock a, b, c;
            for (size_t first = 0; first < m_segments.size(); first += kSegmentRows) {
                if (context.cancelled())
                    return fail(ErrorCode::Cancelled, "cancelled while comparing heads");
                const size_t last = std::min(first + size_t(kSegmentRows), m_segments.size());
                fillBlock(m_large, m_segments, &Segment::large, first, last, a);
                fillBlock(m_small, m_segments, &Segment::small, first, last, b);
                m_a.add(a, m_needs);
                m_b.add(b, m_needs);
                m_sums[0].add(a, b);
                if (m_shuffle) {
                    m_shuffle->apply(b, c);
                    m_sums[1].add(a, c);
                }
                if (m_needs.rowProducts)
                    addUnitRows(first, a, b, c);
                context.progress("compare", int64_t(last), int64_t(m_segments.size()), "segments");
            }
            return {};
        }

        SimilarityTable table(SimilarityMetric metric, int64_t skip) const
        {
            SimilarityTable table{metric, skip, scores(0, metric), {}};
            if (m_shuffle)
                table.control = bestScores(scores(1, metric), m_columns);
            return table;
        }

    private:
        void addUnitRows(size_t first, PackedBlock &a, PackedBlock &b, PackedBlock &c)
        {
            weighRows(a, m_segments, first);
            weighRows(b, m_segments, first);
            m_sums[0].addUnitRows(a, b);
            if (!m_shuffle)
                return;
            weighRows(c, m_segments, first);
            m_sums[1].addUnitRows(a, c);
        }

        std::vector<float> scores(size_t which, SimilarityMetric metric) const
        {
            int64_t characters = 0;
            for (const Segment &segment : m_segments)
                characters += segment.length();
            return m_sums[which].scores(metric, m_a, m_b, characters * characters, characters);
        }

        AlignedSide m_large, m_small;
        std::vector<Segment> m_segments;
        SumNeeds m_needs;
        int64_t m_columns;
        HeadSums m_a, m_b;
        std::vector<PairSums> m_sums;
        std::optional<RowShuffle> m_shuffle;
    };

    Result<std::vector<Segment>> segmentsBehind(const AlignedSide &large, const AlignedSide &small, int64_t characters, int64_t skip)
    {
        auto segments = alignSegments(large.tokens, small.tokens, characters, skip);
        if (segments.empty())
            return fail(ErrorCode::BadInput, "no character of the text is left without the first " + std::to_string(skip)
                    + " tokens of either model", "skip fewer sinks or take a longer text");
        return segments;
    }

} // namespace

bool overCharacters(SimilarityMetric metric)
{
    using enum SimilarityMetric;
    return metric == Cosine || metric == CosineNosink || metric == RowCosine || metricInfo(metric).columns;
}

Result<SimilarityTables> compareCharacters(const AlignedSide &large, const AlignedSide &small, int64_t characters,
    const SimilarityRequest &request, const RunContext &context)
{
    SimilarityTables result{large.rows.source().shape, small.rows.source().shape, characters, {}};
    std::map<int64_t, SumNeeds> needs;
    for (const SimilarityMetric metric : request.metrics) {
        if (!overCharacters(metric))
            return fail(ErrorCode::Unsupported, std::string(metricInfo(metric).name) + " is not defined over characters",
                "take cosine, cosine_nosink, row_cosine, jaccard, spearman or column_cosine");
        if (!metricInfo(metric).columns)
            needs[skippedColumns(metric, request.skipSinks)].include(metric);
    }
    std::map<int64_t, AlignedMaps> maps;
    for (const auto &[skip, sums] : needs) {
        auto segments = segmentsBehind(large, small, characters, skip);
        if (!segments)
            return fail(segments.error());
        auto &one = maps.try_emplace(skip, large, small, std::move(*segments), sums, request).first->second;
        if (auto done = one.run(context); !done)
            return fail(done.error());
    }
    for (const SimilarityMetric metric : request.metrics) {
        const int64_t skip = skippedColumns(metric, request.skipSinks);
        if (!metricInfo(metric).columns) {
            result.tables.push_back(maps.at(skip).table(metric, skip));
            continue;
        }
        auto segments = segmentsBehind(large, small, characters, skip);
        const auto a = large.rows.columnSums(context), b = small.rows.columnSums(context);
        if (!segments || !a || !b)
            return fail(!segments ? segments.error() : !a ? a.error() : b.error());
        const auto x = characterSums(**a, large.tokens, *segments, &Segment::large);
        const auto y = characterSums(**b, small.tokens, *segments, &Segment::small);
        const int64_t n = int64_t(x.size()) / result.large.count();
        SimilarityTable table{metric, skip, columnTable(metric, x, y, n, 0, request.matchFraction), {}};
        if (request.control)
            table.control = bestScores(columnTable(metric, x, shuffleSums(y, result.small.count(), n, 0, request.seed), n, 0,
                                           request.matchFraction), result.small.count());
        result.tables.push_back(std::move(table));
    }
    return result;
}

} // namespace winnow
