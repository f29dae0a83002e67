#include "core/eval/evaluate_layer.h"

#include "core/eval/block_products.h"
#include "core/eval/metrics_vector.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace winnow {

void attendFull(const Capture &capture, int64_t layer, const BlockRows &rows, AttentionScratch &scratch, FullBlock &full)
{
    const ModelConfig &config = capture.config;
    const LayerCapture &cache = capture.layers[static_cast<size_t>(layer)];
    const ScoreRule rule = ScoreRule::of(config, layer);
    const int64_t tokens = capture.tokens(), keyWidth = config.headDim, valueWidth = config.valueWidth();
    const int64_t fresh = rows.first + rows.count, unitRows = config.groups() * rows.count;
    full.columns = tokens + fresh;
    full.rowSumError = 0;
    full.weights.resize(static_cast<size_t>(config.heads * rows.count * full.columns));
    full.output.resize(static_cast<size_t>(config.heads * rows.count * valueWidth));
    scratch.outputs.resize(full.output.size());
    scratch.rowsOfUnit.resize(static_cast<size_t>(full.columns * std::max(keyWidth, valueWidth)));
    scaleQueries(config, rows, scratch);
    for (int64_t g = 0; g < config.kvHeads; ++g) {
        float *weights = full.weights.data() + g * unitRows * full.columns;
        joinRows(cache.keys, rows.k, g, fresh, rows.capacity, scratch.rowsOfUnit.data());
        multiply(scratch.queries.data() + g * unitRows * keyWidth, scratch.rowsOfUnit.data(), Transposed::Yes,
            {unitRows, keyWidth, full.columns}, weights);
        capScores(rule, weights, unitRows * full.columns);
        for (int64_t r = 0; r < unitRows; ++r) {
            float *row = weights + r * full.columns;
            const int64_t visible = tokens + rows.first + r % rows.count + 1, seen = rule.firstSeen(visible - 1);
            std::fill(row, row + seen, 0.0F);
            noteRowSum(softmaxInPlace(row + seen, static_cast<size_t>(visible - seen)), full.rowSumError);
            std::fill(row + visible, row + full.columns, 0.0F);
        }
        joinRows(cache.values, rows.v, g, fresh, rows.capacity, scratch.rowsOfUnit.data());
        multiply(weights, scratch.rowsOfUnit.data(), Transposed::No, {unitRows, full.columns, valueWidth},
            scratch.outputs.data() + g * unitRows * valueWidth);
    }
    toRows(config, rows.count, scratch.outputs.data(), full.output.data());
}

CellLayer::CellLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options)
    : m_capture(capture)
    , m_config(capture.config)
    , m_plan(cell.plan)
    , m_options(options)
    , m_layer(layer)
    , m_kind(headSetsOf(cell.plan.kept, capture.config))
    , m_setHeads(capture.config.heads / setCount(m_kind, capture.config))
    , m_rule(ScoreRule::of(capture.config, layer))
    , m_shift(cell.plan.positions == PositionMode::Shift)
    , m_sets(static_cast<size_t>(setCount(m_kind, capture.config)))
    , m_offset(static_cast<size_t>(capture.config.heads))
{
    if (cell.method && cell.ranking)
        m_policy = cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, layer);
    for (size_t s = 0; s < m_sets.size(); ++s) {
        for (int64_t v = 0; v < capture.tokens(); ++v) {
            if (m_plan.kept.kept(layer, static_cast<int64_t>(s), v))
                m_sets[s].held.push_back(static_cast<int32_t>(v));
        }
    }
}

int64_t CellLayer::slots() const
{
    return std::accumulate(m_sets.begin(), m_sets.end(), int64_t{0},
        [](int64_t sum, const Set &set) { return sum + static_cast<int64_t>(set.held.size()); });
}

void CellLayer::layColumns(const BlockRows &rows, Set &set)
{
    const int32_t tokens = static_cast<int32_t>(m_capture.tokens());
    const int32_t first = static_cast<int32_t>(rows.first), count = static_cast<int32_t>(rows.count);
    if (m_options.mode == ExecutionMode::Mask) {
        set.columns.resize(static_cast<size_t>(tokens + first + count));
        std::iota(set.columns.begin(), set.columns.end(), 0);
        set.column = set.held; // every token has its column
        return;
    }
    set.columns = set.held;
    set.column.resize(set.held.size());
    std::iota(set.column.begin(), set.column.end(), 0);
    for (int32_t t = 0; t < count; ++t)
        set.columns.push_back(tokens + first + t);
}

const float *CellLayer::slotRow(Part part, const BlockRows &rows, int64_t kvHead, int64_t position) const
{
    const int64_t tokens = m_capture.tokens(), width = widthOf(part);
    const LayerCapture &cache = m_capture.layers[static_cast<size_t>(m_layer)];
    if (position >= tokens)
        return (part == Part::Keys ? rows.k : rows.v) + (kvHead * rows.capacity + position - tokens) * width;
    return (part == Part::Keys ? cache.keys : cache.values).const_data_ptr<float>() + (kvHead * tokens + position) * width;
}

void CellLayer::gather(
    Part part, const BlockRows &rows, int64_t kvHead, const std::vector<int32_t> &positions, float *out) const
{
    const int64_t width = widthOf(part);
    for (int32_t position : positions) {
        std::memcpy(out, slotRow(part, rows, kvHead, position), static_cast<size_t>(width) * sizeof(float));
        out += width;
    }
}

float *CellLayer::scoreRow(AttentionScratch &scratch, int64_t head, int64_t row) const
{
    const Set &set = m_sets[static_cast<size_t>(head / m_setHeads)];
    return scratch.scores.data() + m_offset[static_cast<size_t>(head)] + row * static_cast<int64_t>(set.columns.size());
}

void CellLayer::multiplyKeys(const BlockRows &rows, AttentionScratch &scratch)
{
    const int64_t width = m_config.headDim;
    int64_t total = 0;
    for (int64_t h = 0; h < m_config.heads; ++h) {
        m_offset[static_cast<size_t>(h)] = total;
        total += rows.count * static_cast<int64_t>(m_sets[static_cast<size_t>(h / m_setHeads)].columns.size());
    }
    scratch.scores.resize(static_cast<size_t>(total));
    const int64_t unitHeads = std::min(m_setHeads, m_config.groups());
    for (int64_t h = 0; h < m_config.heads; h += unitHeads) {
        const std::vector<int32_t> &columns = m_sets[static_cast<size_t>(h / m_setHeads)].columns;
        scratch.rowsOfUnit.resize(columns.size() * static_cast<size_t>(width));
        gather(Part::Keys, rows, h / m_config.groups(), columns, scratch.rowsOfUnit.data());
        multiply(scratch.queries.data() + h * rows.count * width, scratch.rowsOfUnit.data(), Transposed::Yes,
            {unitHeads * rows.count, width, static_cast<int64_t>(columns.size())}, scoreRow(scratch, h, 0));
    }
    capScores(m_rule, scratch.scores.data(), total);
}

void CellLayer::multiplyValues(const BlockRows &rows, AttentionScratch &scratch) const
{
    const int64_t width = m_config.valueWidth();
    const int64_t unitHeads = std::min(m_setHeads, m_config.groups());
    scratch.outputs.resize(static_cast<size_t>(m_config.heads * rows.count * width));
    for (int64_t h = 0; h < m_config.heads; h += unitHeads) {
        const std::vector<int32_t> &columns = m_sets[static_cast<size_t>(h / m_setHeads)].columns;
        scratch.rowsOfUnit.resize(columns.size() * static_cast<size_t>(width));
        gather(Part::Values, rows, h / m_config.groups(), columns, scratch.rowsOfUnit.data());
        multiply(scoreRow(scratch, h, 0), scratch.rowsOfUnit.data(), Transposed::No,
            {unitHeads * rows.count, static_cast<int64_t>(columns.size()), width}, scratch.outputs.data() + h * rows.count * width);
    }
}

void CellLayer::attend(
    const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record)
{
    scaleQueries(m_config, rows, scratch);
    scratch.shiftedRow = -1;
    for (Set &set : m_sets)
        layColumns(rows, set);
    multiplyKeys(rows, scratch);
    const int64_t sets = static_cast<int64_t>(m_sets.size());
    if (m_policy || m_shift) {
        for (int64_t row = 0; row < rows.count; ++row) {
            for (int64_t set = 0; set < sets; ++set)
                decodeRow(rows, row, set, context, scratch, record);
        }
    } else {
        for (int64_t set = 0; set < sets; ++set)
            growRows(rows, set, context, scratch, record);
    }
    multiplyValues(rows, scratch);
    toRows(m_config, rows.count, scratch.outputs.data(), out);

    const int64_t outWidth = m_config.heads * m_config.valueWidth(), width = m_config.heads * m_config.headDim;
    double &error = record.layerError[static_cast<size_t>(m_layer)];
    for (int64_t row = 0; row < rows.count; ++row)
        error += relativeDistance(out + row * outWidth, context.full.output.data() + row * outWidth, static_cast<size_t>(outWidth));
    if (m_policy && m_policy->needsRows()) {
        for (int64_t row = 0; row < rows.count; ++row)
            m_pastQueries.insert(m_pastQueries.end(), rows.q + row * rows.rowStride, rows.q + row * rows.rowStride + width);
    }
}

void CellLayer::growRows(
    const BlockRows &rows, int64_t set, const LayerContext &context, AttentionScratch &scratch, CellRecord &record)
{
    Set &state = m_sets[static_cast<size_t>(set)];
    const int64_t columns = static_cast<int64_t>(state.columns.size());
    const size_t tokens = static_cast<size_t>(m_capture.tokens());
    scratch.missing.assign(tokens, 1.0F);
    for (int32_t position : state.held) {
        if (position < static_cast<int32_t>(tokens))
            scratch.missing[static_cast<size_t>(position)] = 0;
    }
    std::vector<int32_t> hidden; // mask mode: columns of prompt tokens that are not kept
    for (size_t v = 0; m_options.mode == ExecutionMode::Mask && v < tokens; ++v) {
        if (scratch.missing[v] > 0)
            hidden.push_back(static_cast<int32_t>(v));
    }
    for (int64_t row = 0; row < rows.count; ++row) {
        const int64_t visible = columns - rows.count + row + 1;
        const auto firstSeen = static_cast<int32_t>(m_rule.firstSeen(m_capture.tokens() + rows.first + row));
        const int64_t seen = std::lower_bound(state.columns.begin(), state.columns.begin() + visible - 1, firstSeen) - state.columns.begin();
        double lost = 0;
        for (int64_t head = set * m_setHeads; head < (set + 1) * m_setHeads; ++head) {
            float *scores = scoreRow(scratch, head, row);
            for (int32_t column : hidden)
                scores[column] = -INFINITY;
            std::fill(scores, scores + seen, 0.0F);
            noteRowSum(softmaxInPlace(scores + seen, static_cast<size_t>(visible - seen)), record.rowSumError);
            std::fill(scores + visible, scores + columns, 0.0F);
            const float *attention = context.full.weights.data() + (head * rows.count + row) * context.full.columns;
            lost += static_cast<double>(dotProduct(attention, scratch.missing.data(), tokens));
        }
        state.held.push_back(static_cast<int32_t>(m_capture.tokens() + rows.first + row));
        noteRow(rows.first, row, set, lost, context.full, record);
    }
}

void CellLayer::noteRow(int64_t first, int64_t row, int64_t set, double lost, const FullBlock &full, CellRecord &record) const
{
    const size_t t = static_cast<size_t>(first + row);
    record.lostMass[t] += lost / static_cast<double>(m_config.heads);
    const int64_t sets = static_cast<int64_t>(m_sets.size());
    if (full.saliency.positions > 0)
        record.jaccard[t] += full.saliency.jaccard(m_kind, row, set, sets, m_sets[static_cast<size_t>(set)].held)
            / static_cast<double>(sets);
}

} // namespace winnow
