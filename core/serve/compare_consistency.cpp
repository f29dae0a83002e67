#include "core/serve/compare_report.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    constexpr std::array<int64_t, 8> kSpans{50, 100, 150, 200, 300, 400, 600, 800};

    struct RangeScores {
        double hard = 0, soft = 0, score = 0;
        std::vector<int32_t> best; // [rows] of the range
    };

    /// The matches of the first metric against what other rows say.
    Result<RangeScores> compareRange(
        const ComparedPair &pair, const HeadMatch &match, const MapRange &range, const RunContext &context)
    {
        SimilarityRequest request = pair.setup.similarity;
        request.metrics.resize(1);
        request.control = false;
        AttentionRows large(pair.stored.large, range, 0), small(pair.stored.small, range, 0);
        auto tables = compareHeads(large, small, request, context);
        if (!tables)
            return fail(tables.error());
        const std::vector<float> &values = tables->tables[0].values;
        const HeadMatch later = matchHeads(values, tables->large, tables->small);
        RangeScores scores{hardConsistency(match.f, later.f), softConsistency(values, match.f), 0, later.f};
        for (size_t i = 0; i < match.f.size(); ++i)
            scores.score += double(values[i * size_t(tables->small.count()) + size_t(match.f[i])]) / double(match.f.size());
        return scores;
    }

    /// Three curves over the same x.
    class ScoreCurves {
    public:
        ScoreCurves(const std::string &id, const char *xName, const char *rows)
        {
            const std::array<std::pair<const char *, std::string>, 3> kinds{{{"hard", std::string("Matches that are the best of ") + rows},
                {"soft", std::string("Score of the match over the best of ") + rows}, {"score", std::string("Score of the matches in ") + rows}}};
            const std::array<const char *, 3> names{"share of heads", "ratio", "mean score"};
            for (size_t i = 0; i < kinds.size(); ++i) {
                m_curves[i].id = id + '.' + kinds[i].first;
                m_curves[i].title = kinds[i].second;
                m_curves[i].xName = xName;
                m_curves[i].yName = names[i];
                m_curves[i].unit = "tokens";
            }
        }
        void add(int64_t x, const RangeScores &scores)
        {
            const std::array<double, 3> values{scores.hard, scores.soft, scores.score};
            for (size_t i = 0; i < values.size(); ++i) {
                m_curves[i].x.push_back(double(x));
                m_curves[i].y.push_back(values[i]);
            }
        }
        void addTo(ReportBuilder &builder) const
        {
            for (const Curve &curve : m_curves)
                builder.add(curve);
        }

    private:
        std::array<Curve, 3> m_curves;
    };

    /// Head by head: its match, and the best one of every window.
    TableArtifact headTable(const HeadMatch &match, int64_t heads)
    {
        TableArtifact table;
        table.id = "consistency.heads";
        table.title = "Best small head of each head in later rows";
        table.columns = {"layer", "head", "match"};
        for (size_t i = 0; i < match.f.size(); ++i)
            table.rows.push_back(Json::array({int64_t(i) / heads, int64_t(i) % heads, match.f[i]}));
        return table;
    }

    void addWindow(TableArtifact &table, int64_t firstRow, const std::vector<int32_t> &best)
    {
        table.columns.push_back(std::to_string(firstRow));
        for (size_t i = 0; i < best.size(); ++i)
            table.rows[i].push_back(best[i]);
    }

    Result<HeadMatch> firstMatch(const ComparedPair &pair, const RunContext &context)
    {
        SimilarityRequest request = pair.setup.similarity;
        request.metrics.resize(1);
        auto tables = pair.stored.compare(request, context);
        if (!tables)
            return fail(tables.error());
        return matchHeads(tables->tables[0].values, tables->large, tables->small);
    }

} // namespace

Result<void> addConsistency(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    const int64_t span = pair.setup.span, later = pair.setup.tokens() - span;
    if (later <= 0 || !pair.setup.consistency)
        return {};
    auto match = firstMatch(pair, context);
    if (!match)
        return fail(match.error());
    ScoreCurves curves("consistency", "first row of the window", "later rows");
    TableArtifact heads = headTable(*match, pair.stored.large->shape.heads);
    for (int64_t first = 0; first < later; first += kWindowRows) {
        const MapRange range{span + first, std::min(kWindowRows, later - first), 0};
        auto scores = compareRange(pair, *match, range, context);
        if (!scores)
            return fail(scores.error());
        if (first == 0) {
            builder.setMetric("consistencyHard", scores->hard);
            builder.setMetric("consistencySoft", scores->soft);
            builder.setMetric("consistencyRows", double(range.rows));
        }
        curves.add(range.firstRow, *scores);
        addWindow(heads, range.firstRow, scores->best);
    }
    curves.addTo(builder);
    heads.units.resize(heads.columns.size());
    builder.add(heads);
    if (later < kWindowRows)
        builder.addNotice("the later window has " + std::to_string(later) + " rows instead of " + std::to_string(kWindowRows));
    return {};
}

Result<void> addStability(ReportBuilder &builder, const ComparedPair &pair, const RunContext &context)
{
    if (!pair.setup.stability)
        return {};
    auto match = firstMatch(pair, context);
    if (!match)
        return fail(match.error());
    const int64_t least = skippedColumns(pair.setup.similarity.metrics[0], pair.setup.similarity.skipSinks);
    ScoreCurves curves("stability", "span", "shorter spans");
    for (const int64_t span : kSpans) {
        if (span <= least || span >= pair.setup.span)
            continue;
        auto scores = compareRange(pair, *match, {0, span, 0}, context);
        if (!scores)
            return fail(scores.error());
        curves.add(span, *scores);
    }
    auto whole = compareRange(pair, *match, {0, pair.setup.span, 0}, context);
    if (!whole)
        return fail(whole.error());
    curves.add(pair.setup.span, *whole);
    curves.addTo(builder);
    return {};
}

} // namespace winnow
