#include "core/methods/guided_ranking.h"

#include "core/methods/group_rule.h"
#include "core/methods/selection.h"
#include "core/methods/sort_order.h"

#include <ATen/ops/sum.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>

namespace winnow {
namespace {

    std::span<const float> floats(const at::Tensor &tensor)
    {
        return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
    }

    /// R3. @param rows [heads of the layers from firstLayer on, n]
    Result<void> checkNumbers(const at::Tensor &rows, const char *model, int64_t heads, int64_t firstLayer)
    {
        const int64_t n = rows.size(1);
        for (int64_t i = 0; i < rows.size(0); ++i) {
            const int64_t v = findNan(rows.const_data_ptr<float>() + i * n, n);
            if (v < 0)
                continue;
            return fail(ErrorCode::BadInput,
                std::string("attention of the ") + model + " model, layer " + std::to_string(firstLayer + i / heads) + ", head "
                    + std::to_string(i % heads) + ", position " + std::to_string(v) + " is not a number",
                "the capture holds NaN there: look at the model's weights and the input");
        }
        return {};
    }

    using HeadRow = std::function<const float *(int64_t layer, int64_t head)>;

    /// Reduces one row a query head to one a set, and sorts.
    ScoreTablePtr tableOf(const Capture &capture, GroupRule rule, const HeadRow &rowOf)
    {
        auto table = std::make_shared<ScoreTable>();
        table->layers = capture.config.layers;
        table->sets = headSets(rule, capture.config);
        table->tokens = capture.tokens();
        table->score.resize(table->at(table->layers, 0));
        table->order.resize(table->score.size());
        SortOrder sort;
        std::vector<float> rows;
        for (int64_t l = 0; l < table->layers; ++l) {
            for (int64_t s = 0; s < table->sets; ++s) {
                const HeadRange heads = queryHeadsOf(rule, capture.config, s);
                rows.clear();
                for (int64_t h = heads.first; h < heads.first + heads.count; ++h)
                    rows.insert(rows.end(), rowOf(l, h), rowOf(l, h) + table->tokens);
                float *score = table->score.data() + table->at(l, s);
                reduceHeads(rule, {rows.data(), table->tokens, heads.count, 1}, table->tokens, score);
                sort.descending(score, table->tokens, table->order.data() + table->at(l, s));
            }
        }
        return table;
    }

} // namespace

Result<void> matchGuides(const Capture &capture, const GuideMatch &match, GuidedRanking &ranking)
{
    const PairTables *tables = capture.pair ? capture.pair->find(match.span()) : nullptr;
    if (!tables || !capture.pair->small)
        return fail(ErrorCode::BadInput, "the capture does not hold what a small model saw of the input",
            "capture the input with a small model and this method among its methods");
    const ModelConfig &small = capture.pair->small->config;
    const HeadShape largeShape{capture.config.layers, capture.config.heads}, smallShape{small.layers, small.heads};
    if (auto numbers = checkNumbers(tables->largeSums, "large", capture.config.heads, 0); !numbers)
        return numbers;
    if (auto numbers = checkNumbers(tables->smallSums, "small", small.heads, 0); !numbers)
        return numbers;
    const auto started = std::chrono::steady_clock::now();
    const int64_t n = tables->largeSums.size(1), top = topCount(n, match.topFraction, match.skipSinks);
    const std::vector<float> table = jaccardTable(floats(tables->largeSums), floats(tables->smallSums), largeShape.count(),
        smallShape.count(), n, top, match.skipSinks);
    ranking.match = matchHeads(table, largeShape, smallShape);
    const std::vector<int32_t> control = controlMap(match.control, smallShape, match.seed);
    ranking.serving.clear();
    for (const int32_t head : ranking.match.f)
        ranking.serving.push_back(control[static_cast<size_t>(head)]);
    ranking.matchMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    return {};
}

at::Tensor guideStatistic(const LayerCapture &small, GuidePolicy policy, int64_t window)
{
    if (policy == GuidePolicy::Accumulated)
        return small.colSum;
    const int64_t rows = small.winRows.size(1), used = policy == GuidePolicy::LastRow ? 1 : std::min(window, rows);
    return small.winRows.narrow(1, rows - used, used).sum(1).contiguous();
}

Result<ScoreTablePtr> guidedTable(
    const Capture &capture, GroupRule rule, const std::vector<int32_t> &serving, GuidePolicy policy, int64_t window)
{
    const Capture &small = *capture.pair->small;
    std::vector<at::Tensor> statistics;
    for (const LayerCapture &layer : small.layers) {
        const auto index = static_cast<int64_t>(statistics.size());
        statistics.push_back(guideStatistic(layer, policy, window));
        if (auto numbers = checkNumbers(statistics.back(), "small", small.config.heads, index); !numbers)
            return fail(numbers.error());
    }
    return tableOf(capture, rule, [&](int64_t layer, int64_t head) {
        const int64_t j = serving[static_cast<size_t>(layer * capture.config.heads + head)];
        const at::Tensor &rows = statistics[static_cast<size_t>(j / small.config.heads)];
        return rows.const_data_ptr<float>() + j % small.config.heads * rows.size(1);
    });
}

Result<ScoreTablePtr> heavyTable(const Capture &capture, GroupRule rule)
{
    for (size_t l = 0; l < capture.layers.size(); ++l) {
        const auto index = static_cast<int64_t>(l);
        if (auto numbers = checkNumbers(capture.layers[l].colSum, "large", capture.config.heads, index); !numbers)
            return fail(numbers.error());
    }
    return tableOf(capture, rule, [&](int64_t layer, int64_t head) {
        return capture.layers[static_cast<size_t>(layer)].colSum.const_data_ptr<float>() + head * capture.tokens();
    });
}

void fillClasses(KvPlan &plan, const ScoreTable &table, const ClassCounts &counts)
{
    KeptTokens &kept = plan.kept;
    plan.layerCounts.assign(static_cast<size_t>(kept.layers), counts.keys());
    for (int64_t l = 0; l < kept.layers; ++l) {
        for (int64_t s = 0; s < kept.heads; ++s)
            fillSet(plan, l, s, {0, counts.recent}, table.orderRow(l, s));
    }
    packMask(kept); // before the marginal ones: the mask says where keys are
    for (int64_t l = 0; l < kept.layers; ++l) {
        for (int64_t s = 0; s < kept.heads; ++s) {
            uint8_t *classes = kept.classes.data() + table.at(l, s);
            int64_t left = counts.marginal;
            for (const int32_t position : table.orderRow(l, s)) {
                if (left == 0)
                    break;
                if (classes[position] == static_cast<uint8_t>(TokenClass::Evicted)) {
                    classes[position] = static_cast<uint8_t>(TokenClass::Marginal);
                    --left;
                }
            }
        }
    }
    exportScores(table, kept);
}

} // namespace winnow
