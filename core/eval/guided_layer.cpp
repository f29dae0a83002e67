#include "core/eval/guided_layer.h"

#include "core/eval/block_products.h"
#include "core/eval/guided_row.h"
#include "core/eval/metrics_vector.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <numeric>

namespace winnow {

GuidedLayer::GuidedLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options)
    : m_capture(capture)
    , m_config(capture.config)
    , m_plan(cell.plan)
    , m_guided(*guidedPlanOf(cell.plan))
    , m_layer(layer)
    , m_kind(headSetsOf(cell.plan.kept, capture.config))
    , m_setHeads(capture.config.heads / setCount(m_kind, capture.config))
    , m_rule(ScoreRule::of(capture.config, layer))
    , m_sets(makeGuidedSets(capture, cell, layer))
    , m_notes(capture, cell.plan, layer, options.recordEvictions)
{
}

int64_t GuidedLayer::slots() const
{
    const std::vector<GuidedSet> &sets = m_sets->sets();
    return std::accumulate(sets.begin(), sets.end(), int64_t{0},
        [](int64_t sum, const GuidedSet &set) { return sum + static_cast<int64_t>(set.kept.size()); });
}

void GuidedLayer::scoreAll(const BlockRows &rows, AttentionScratch &scratch) const
{
    const LayerCapture &cache = m_capture.layers[static_cast<size_t>(m_layer)];
    const int64_t width = m_config.headDim, unitRows = m_config.groups() * rows.count;
    const int64_t fresh = rows.first + rows.count, columns = m_capture.tokens() + fresh;
    scaleQueries(m_config, rows, scratch);
    scratch.scores.resize(static_cast<size_t>(m_config.heads * rows.count * columns));
    scratch.rowsOfUnit.resize(static_cast<size_t>(columns * std::max(width, m_config.valueWidth())));
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        joinRows(cache.keys, rows.k, g, fresh, rows.capacity, scratch.rowsOfUnit.data());
        multiply(scratch.queries.data() + g * unitRows * width, scratch.rowsOfUnit.data(), Transposed::Yes,
            {unitRows, width, columns}, scratch.scores.data() + g * unitRows * columns);
    }
    capScores(m_rule, scratch.scores.data(), m_config.heads * rows.count * columns);
}

void GuidedLayer::attend(
    const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record)
{
    GuidedNotes::startRecord(m_config, context.length - m_capture.tokens(), record.guided);
    if (!m_cutNoted)
        m_notes.noteCut(m_sets->sets(), record.guided);
    m_cutNoted = true;
    scoreAll(rows, scratch);
    for (int64_t row = 0; row < rows.count; ++row) {
        m_sets->advance(rows.first + row, *context.small, rows.first + row);
        m_notes.noteSets(rows.first + row, m_sets->sets(), record.guided);
        for (int64_t set = 0; set < static_cast<int64_t>(m_sets->sets().size()); ++set)
            weighSet(rows, row, set, context, scratch, record);
    }

    const LayerCapture &cache = m_capture.layers[static_cast<size_t>(m_layer)];
    const int64_t width = m_config.valueWidth(), unitRows = m_config.groups() * rows.count;
    const int64_t fresh = rows.first + rows.count, columns = m_capture.tokens() + fresh;
    scratch.outputs.resize(static_cast<size_t>(m_config.heads * rows.count * width));
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        joinRows(cache.values, rows.v, g, fresh, rows.capacity, scratch.rowsOfUnit.data());
        multiply(scratch.scores.data() + g * unitRows * columns, scratch.rowsOfUnit.data(), Transposed::No,
            {unitRows, columns, width}, scratch.outputs.data() + g * unitRows * width);
    }
    toRows(m_config, rows.count, scratch.outputs.data(), out);
    const int64_t outWidth = m_config.heads * width;
    double &error = record.layerError[static_cast<size_t>(m_layer)];
    for (int64_t row = 0; row < rows.count; ++row)
        error += relativeDistance(out + row * outWidth, context.full.output.data() + row * outWidth, static_cast<size_t>(outWidth));
}

void GuidedLayer::weighSet(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context,
    AttentionScratch &scratch, CellRecord &record)
{
    const GuidedSet &state = m_sets->sets()[static_cast<size_t>(set)];
    const int64_t t = rows.first + row, columns = m_capture.tokens() + rows.first + rows.count;
    const size_t kept = state.kept.size();
    scratch.weights.resize(static_cast<size_t>(m_setHeads) * kept);
    float *weights = scratch.weights.data();
    double lost = 0;
    for (int64_t head = set * m_setHeads; head < (set + 1) * m_setHeads; ++head, weights += kept) {
        float *scores = scratch.scores.data() + (head * rows.count + row) * columns;
        const int32_t serving = m_sets->servingHead(head);
        const float *small = serving >= 0 ? context.small->row(serving, t) : nullptr;
        const RowMass mass = weighHead(m_capture.tokens() + t, state, small, scores, weights, record);
        const RowFactors factors = rowFactors(m_guided.rescale, mass);
        std::fill(scores, scores + columns, 0.0F);
        for (size_t i = 0; i < kept; ++i)
            scores[state.kept[i]] = static_cast<float>(factors.kept) * weights[i];
        for (size_t i = 0; i < state.marginal.size(); ++i)
            scores[state.marginal[i]] = static_cast<float>(factors.marginal) * m_marginal[i];
        const double headLost = lostOf(context.full.weights.data() + (head * rows.count + row) * context.full.columns, state);
        lost += headLost;
        m_notes.noteHead({t, head, weights, mass.marginal, headLost, factors}, state, record.guided);
    }
    noteRow(rows.first, row, lost, set, context.full, record);
    m_sets->attended(t, set, scratch.weights.data());
}

/// Softmax over the kept tokens into `weights`, stand-in weights into m_marginal.
RowMass GuidedLayer::weighHead(
    int64_t position, const GuidedSet &set, const float *small, float *scores, float *weights, CellRecord &record)
{
    const auto firstSeen = static_cast<int32_t>(m_rule.firstSeen(position));
    const auto seen = static_cast<size_t>(std::lower_bound(set.kept.begin(), set.kept.end(), firstSeen) - set.kept.begin());
    std::fill(weights, weights + seen, 0.0F);
    for (size_t i = seen; i < set.kept.size(); ++i)
        weights[i] = scores[set.kept[i]];
    noteRowSum(softmaxInPlace(weights + seen, set.kept.size() - seen), record.rowSumError);
    m_marginal.resize(set.marginal.size());
    if (m_guided.rescale != Rescale::Oracle)
        return standInWeights(small, set, firstSeen, m_marginal.data());
    std::fill(scores, scores + firstSeen, 0.0F);
    softmaxInPlace(scores + firstSeen, static_cast<size_t>(position + 1 - firstSeen));
    return ownWeights(scores, set, m_marginal.data());
}

double GuidedLayer::lostOf(const float *full, const GuidedSet &set) const
{
    const double held = gatheredSum(full, set.kept.data(), set.kept.size()) + gatheredSum(full, set.marginal.data(), set.marginal.size());
    return std::max(0.0, 1 - held); // a set that holds everything can come out a rounding above
}

void GuidedLayer::noteRow(int64_t first, int64_t row, double lost, int64_t set, const FullBlock &full, CellRecord &record) const
{
    const auto t = static_cast<size_t>(first + row);
    record.lostMass[t] += lost / static_cast<double>(m_config.heads);
    const auto sets = static_cast<int64_t>(m_sets->sets().size());
    if (full.saliency.positions > 0)
        record.jaccard[t] += full.saliency.jaccard(m_kind, row, set, sets, m_sets->sets()[static_cast<size_t>(set)].kept)
            / static_cast<double>(sets);
}

} // namespace winnow
