#include "core/eval/mapped_layer.h"

#include "core/eval/metrics_vector.h"
#include "core/model/project_values.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace winnow {
namespace {

    at::Tensor matrix(float *data, int64_t rows, int64_t columns) { return at::from_blob(data, {rows, columns}, at::kFloat); }

} // namespace

MappedSets::MappedSets(const Capture &capture, const EvaluationCell &cell, int64_t layer)
    : m_config(capture.config)
    , m_mapped(*mappedPlanOf(cell.plan))
    , m_layer(layer)
    , m_held(static_cast<size_t>(cell.plan.kept.heads))
{
    if (cell.method && cell.ranking)
        m_policy = cell.method->decodePolicy(capture, *cell.ranking, cell.plan, cell.parameters, layer);
    for (int64_t s = 0; s < sets(); ++s) {
        for (int64_t v = 0; v < capture.tokens(); ++v) {
            if (cell.plan.kept.kept(layer, s, v))
                m_held[static_cast<size_t>(s)].push_back(static_cast<int32_t>(v));
        }
    }
}

void MappedSets::weigh(int64_t set, int64_t position, int64_t index, const SmallRows &small)
{
    std::vector<int32_t> &held = m_held[static_cast<size_t>(set)];
    held.push_back(static_cast<int32_t>(position));
    const size_t slots = held.size();
    m_raw.resize(static_cast<size_t>(heads()) * slots);
    m_weights.resize(m_raw.size());
    m_rowSumError = 0;
    for (int64_t h = 0; h < heads(); ++h) {
        const int32_t serving = m_mapped.serving[static_cast<size_t>(m_layer * m_config.heads + set * heads() + h)];
        const float *row = small.row(serving, index);
        float *raw = m_raw.data() + static_cast<size_t>(h) * slots, *weights = m_weights.data() + static_cast<size_t>(h) * slots;
        double sum = 0;
        for (size_t i = 0; i < slots; ++i) {
            raw[i] = row[held[i]];
            sum += static_cast<double>(raw[i]);
        }
        // Nothing is rescaled while every token is in sight; a restricted row is divided by what is left of it.
        const float scale = m_mapped.evicts && sum > 0 ? static_cast<float>(1 / sum) : 1.0F;
        for (size_t i = 0; i < slots; ++i)
            weights[i] = raw[i] * scale;
        noteRowSum(static_cast<float>(sum * static_cast<double>(scale)), m_rowSumError);
    }
}

const std::vector<int32_t> &MappedSets::drop(int64_t set, int64_t row)
{
    m_dropped.clear();
    if (!m_policy)
        return m_dropped;
    std::vector<int32_t> &held = m_held[static_cast<size_t>(set)];
    DecodeRow view;
    view.row = row;
    view.set = set;
    view.layer = m_layer;
    view.weights = m_raw.data();
    view.heads = heads();
    view.positions = held.data();
    view.slots = static_cast<int64_t>(held.size());
    m_policy->after(view, m_dropped);
    for (size_t i = m_dropped.size(); i-- > 0;)
        held.erase(held.begin() + m_dropped[i]);
    return m_dropped;
}

MappedLayer::MappedLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options)
    : m_capture(capture)
    , m_options(options)
    , m_layer(layer)
    , m_kind(headSetsOf(cell.plan.kept, capture.config))
    , m_sets(capture, cell, layer)
{
}

int64_t MappedLayer::slots() const
{
    int64_t count = 0;
    for (int64_t s = 0; s < m_sets.sets(); ++s)
        count += static_cast<int64_t>(m_sets.held(s).size());
    return count;
}

/// weights [heads of the set, count, columns], zeroed: the row's part is filled.
void MappedLayer::weighRow(
    const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, float *weights, CellRecord &record)
{
    const FullBlock &full = context.full;
    const int64_t t = rows.first + row, tokens = m_capture.tokens(), heads = m_sets.heads();
    m_sets.weigh(set, tokens + t, t, *context.small);
    record.rowSumError = std::max(record.rowSumError, m_sets.rowSumError());
    const std::vector<int32_t> &held = m_sets.held(set);
    double kept = 0;
    for (int64_t h = 0; h < heads; ++h) {
        float *to = weights + (h * rows.count + row) * full.columns;
        const float *from = m_sets.weights() + static_cast<size_t>(h) * held.size();
        for (size_t i = 0; i < held.size(); ++i)
            to[held[i]] = from[i];
        kept += gatheredSum(full.weights.data() + ((set * heads + h) * rows.count + row) * full.columns, held.data(), held.size());
    }
    const size_t at = static_cast<size_t>(t);
    record.lostMass[at] += std::max(0.0, static_cast<double>(heads) - kept) / static_cast<double>(m_capture.config.heads);
    if (full.saliency.positions > 0)
        record.jaccard[at] += full.saliency.jaccard(m_kind, row, set, m_sets.sets(), held) / static_cast<double>(m_sets.sets());
    const std::vector<int32_t> before = m_options.recordEvictions && m_sets.policy() ? held : std::vector<int32_t>();
    const std::vector<int32_t> &dropped = m_sets.drop(set, t);
    for (size_t i = 0; !before.empty() && i < dropped.size(); ++i)
        record.evictions.push_back({static_cast<int32_t>(t), static_cast<int32_t>(m_layer), static_cast<int32_t>(set),
            before[static_cast<size_t>(dropped[i])], m_sets.dropScore(i)});
}

/// Values of one KV head: the context's, then the new rows'. [columns, Dv]
void MappedLayer::gatherValues(const BlockRows &rows, int64_t kvHead, std::vector<float> &values) const
{
    const int64_t width = m_capture.config.valueWidth(), tokens = m_capture.tokens(), fresh = rows.first + rows.count;
    values.resize(static_cast<size_t>((tokens + fresh) * width));
    const float *context = m_capture.layers[static_cast<size_t>(m_layer)].values.const_data_ptr<float>() + kvHead * tokens * width;
    std::memcpy(values.data(), context, static_cast<size_t>(tokens * width) * sizeof(float));
    std::memcpy(values.data() + tokens * width, rows.v + kvHead * rows.capacity * width, static_cast<size_t>(fresh * width) * sizeof(float));
}

void MappedLayer::attend(
    const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record)
{
    const ModelConfig &config = m_capture.config;
    const int64_t columns = context.full.columns, width = config.valueWidth(), unitRows = config.groups() * rows.count;
    scratch.outputs.resize(static_cast<size_t>(unitRows * width));
    scratch.scores.assign(static_cast<size_t>(config.heads * rows.count * columns), 0.0F); // [H, count, columns]
    for (int64_t row = 0; row < rows.count; ++row) {
        for (int64_t set = 0; set < m_sets.sets(); ++set)
            weighRow(rows, row, set, context, scratch.scores.data() + set * m_sets.heads() * rows.count * columns, record);
    }
    for (int64_t g = 0; g < config.kvHeads; ++g) {
        gatherValues(rows, g, scratch.rowsOfUnit);
        at::Tensor result = matrix(scratch.outputs.data(), unitRows, width);
        at::mm_out(result, matrix(scratch.scores.data() + g * unitRows * columns, unitRows, columns),
            matrix(scratch.rowsOfUnit.data(), columns, width));
        for (int64_t h = 0; h < config.groups(); ++h) {
            for (int64_t row = 0; row < rows.count; ++row)
                std::memcpy(out + (row * config.heads + g * config.groups() + h) * width,
                    scratch.outputs.data() + (h * rows.count + row) * width, static_cast<size_t>(width) * sizeof(float));
        }
    }
    const int64_t outWidth = config.heads * width;
    for (int64_t row = 0; row < rows.count; ++row)
        record.layerError[static_cast<size_t>(m_layer)]
            += relativeDistance(out + row * outWidth, context.full.output.data() + row * outWidth, static_cast<size_t>(outWidth));
}

void dropKeys(LayerCache &cache)
{
    const at::Tensor values = cache.values();
    cache.adopt(at::empty({values.size(0), values.size(1), 0}, values.options()), values);
}

MappedStep::MappedStep(const Capture &capture, const EvaluationCell &cell, int64_t layer)
    : m_capture(capture)
    , m_plan(cell.plan)
    , m_layer(layer)
    , m_cache(capture.config, capture.model->device())
    , m_sets(capture, cell, layer)
{
}

void MappedStep::compress()
{
    dropKeys(m_cache);
    std::vector<std::vector<int32_t>> slots;
    for (int64_t g = 0; g < m_capture.config.kvHeads; ++g)
        slots.push_back(m_sets.held(g / m_sets.kvHeads())); // the prompt's slot i is position i
    const auto whole = [this](const std::vector<int32_t> &held) { return static_cast<int64_t>(held.size()) == m_cache.maxCount(); };
    if (!std::all_of(slots.begin(), slots.end(), whole))
        m_cache.keepEach(slots);
}

void MappedStep::reserveSteps(int64_t steps)
{
    int64_t beyond = steps;
    if (m_sets.policy())
        beyond = m_plan.decodeRule == DecodeRule::Hold ? 1 : std::min(steps, m_plan.interval);
    m_cache.reserve(beyond);
}

at::Tensor MappedStep::attend(const StepRow &step, const at::Tensor &x)
{
    const Model &model = *m_capture.model;
    const ModelConfig &config = m_capture.config;
    const auto position = static_cast<int32_t>(m_capture.tokens() + step.row);
    const at::Tensor values = projectValues(model, m_layer, attentionInput(model, m_layer, x)); // [1, Hkv, Dv]
    m_cache.append(at::empty({1, config.kvHeads, 0}, values.options()), values, std::span(&position, 1));
    at::Tensor out = at::empty({config.heads, config.valueWidth()}, values.options());
    for (int64_t set = 0; set < m_sets.sets(); ++set) {
        m_sets.weigh(set, position, 0, *step.small);
        const int64_t groups = config.groups();
        for (int64_t g = 0; g < m_sets.kvHeads(); ++g) {
            const HeadSlots &slots = m_cache.head(set * m_sets.kvHeads() + g);
            const at::Tensor weights
                = matrix(const_cast<float *>(m_sets.weights()) + g * groups * slots.count(), groups, slots.count()).to(values.device()); // only read
            at::Tensor rows = out.narrow(0, set * m_sets.heads() + g * groups, groups);
            at::mm_out(rows, weights, slots.values.narrow(0, 0, slots.count()).to(at::kFloat));
        }
        const std::vector<int32_t> &dropped = m_sets.drop(set, step.row);
        for (int64_t g = 0; g < m_sets.kvHeads(); ++g)
            m_cache.drop(set * m_sets.kvHeads() + g, dropped);
    }
    return out.view({1, -1});
}

} // namespace winnow
