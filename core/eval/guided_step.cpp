#include "core/eval/guided_step.h"

#include "core/eval/guided_notes.h"
#include "core/eval/metrics_vector.h"
#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace winnow {

GuidedStep::GuidedStep(const Capture &capture, const EvaluationCell &cell, int64_t layer)
    : m_capture(capture)
    , m_config(capture.config)
    , m_guided(*guidedPlanOf(cell.plan))
    , m_layer(layer)
    , m_setHeads(capture.config.heads / cell.plan.kept.heads)
    , m_rule(ScoreRule::of(capture.config, layer))
    , m_cache(capture.config, at::kCPU)
    , m_sets(makeGuidedSets(capture, cell, layer))
{
    const HostCopy copies = m_guided.ranksBySmall || m_guided.rescale == Rescale::Oracle ? HostCopy::Keep : HostCopy::None;
    for (int64_t g = 0; g < m_config.kvHeads; ++g)
        m_heads.push_back({ResidentRows(m_config.headDim, m_config.elementType, copies),
            ResidentRows(m_config.valueWidth(), m_config.elementType, copies)});
}

void GuidedStep::compress()
{
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        const HeadSlots &slots = m_cache.head(g);
        const ResidentTokens tokens = residentTokens(m_sets->sets(), m_config, g);
        Head &head = m_heads[static_cast<size_t>(g)];
        head.keys.start(slots.keys.const_data_ptr(), slots.count(), tokens.keys);
        head.values.start(slots.values.const_data_ptr(), slots.count(), tokens.values);
    }
    m_cache = LayerCache(m_config, at::kCPU);
}

void GuidedStep::reserveSteps(int64_t)
{
    // A held set takes the new token in before another one leaves; the others exchange one for one.
    for (Head &head : m_heads) {
        head.keys.reserve(m_guided.ranksBySmall ? 0 : 1);
        head.values.reserve(m_guided.ranksBySmall ? 0 : 1);
    }
}

int64_t GuidedStep::allocatedBytes() const
{
    int64_t bytes = m_cache.allocatedBytes();
    for (const Head &head : m_heads)
        bytes += head.keys.allocatedBytes() + head.values.allocatedBytes();
    return bytes;
}

void GuidedStep::moveRows(const Projections &parts)
{
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        const ResidentTokens tokens = residentTokens(m_sets->sets(), m_config, g);
        Head &head = m_heads[static_cast<size_t>(g)];
        const at::Tensor key = asElements(parts.k.select(1, g), m_config.elementType).contiguous(); // [1, D]
        const at::Tensor value = asElements(parts.v.select(1, g), m_config.elementType).contiguous();
        head.keys.update(tokens.keys, key.const_data_ptr());
        head.values.update(tokens.values, value.const_data_ptr());
    }
}

at::Tensor GuidedStep::attend(const StepRow &step, const at::Tensor &x)
{
    const Model &model = *m_capture.model;
    const Projections projected = projectQkv(model, m_layer, attentionInput(model, m_layer, x));
    model.rope().rotate(m_layer, projected.q, step.rope);
    model.rope().rotate(m_layer, projected.k, step.rope);
    const Projections parts = onCpu(projected);
    m_sets->advance(step.row, *step.small, 0);
    moveRows(parts);
    at::Tensor out = at::zeros({1, m_config.heads * m_config.valueWidth()}, at::kFloat);
    for (int64_t s = 0; s < static_cast<int64_t>(m_sets->sets().size()); ++s) {
        const GuidedSet &set = m_sets->sets()[static_cast<size_t>(s)];
        m_weights.resize(static_cast<size_t>(m_setHeads) * set.kept.size());
        float *weights = m_weights.data();
        for (int64_t head = s * m_setHeads; head < (s + 1) * m_setHeads; ++head, weights += set.kept.size()) {
            const int32_t serving = m_sets->servingHead(head);
            const float *small = serving >= 0 ? step.small->row(serving, 0) : nullptr;
            const RowMass mass = weighHead(head, set, parts.q.const_data_ptr<float>() + head * parts.q.stride(1), small, weights);
            addOutput(head / m_config.groups(), set, weights, rowFactors(m_guided.rescale, mass),
                out.mutable_data_ptr<float>() + head * m_config.valueWidth());
        }
        m_sets->attended(step.row, s, m_weights.data());
    }
    return out;
}

/// Softmax over the kept tokens into `weights`, stand-in weights into m_marginal.
RowMass GuidedStep::weighHead(int64_t head, const GuidedSet &set, const float *query, const float *small, float *weights)
{
    const int64_t width = m_config.headDim, position = set.kept.back();
    const ResidentRows &keys = m_heads[static_cast<size_t>(head / m_config.groups())].keys;
    m_query.assign(query, query + width);
    for (float &value : m_query)
        value *= static_cast<float>(m_rule.scale);
    m_scores.resize(static_cast<size_t>(keys.slots()));
    keys.multiply(m_query.data(), m_scores.data());
    const auto firstSeen = static_cast<int32_t>(m_rule.firstSeen(position));
    const auto seen = static_cast<size_t>(std::lower_bound(set.kept.begin(), set.kept.end(), firstSeen) - set.kept.begin());
    std::fill(weights, weights + seen, 0.0F);
    for (size_t i = seen; i < set.kept.size(); ++i)
        weights[i] = m_rule.capped(m_scores[keys.slotOf(set.kept[i])]);
    softmaxInPlace(weights + seen, set.kept.size() - seen);
    m_marginal.resize(set.marginal.size());
    if (m_guided.rescale == Rescale::Oracle)
        return ownMass(head / m_config.groups(), set, m_query.data());
    return standInWeights(small, set, firstSeen, m_marginal.data());
}

/// The large model's own full row, by all keys wherever they are: a simulation, as no method could do it.
RowMass GuidedStep::ownMass(int64_t kvHead, const GuidedSet &set, const float *query)
{
    const ResidentRows &keys = m_heads[static_cast<size_t>(kvHead)].keys;
    const int32_t position = set.kept.back(), firstSeen = static_cast<int32_t>(m_rule.firstSeen(position));
    std::vector<float> own(static_cast<size_t>(position) + 1, 0.0F);
    for (int32_t v = firstSeen; v <= position; ++v)
        own[static_cast<size_t>(v)] = m_rule.capped(dotProduct(query, keys.row(v, m_row), static_cast<size_t>(m_config.headDim)));
    softmaxInPlace(own.data() + firstSeen, own.size() - static_cast<size_t>(firstSeen));
    return ownWeights(own.data(), set, m_marginal.data());
}

void GuidedStep::addOutput(
    int64_t kvHead, const GuidedSet &set, const float *weights, const RowFactors &factors, float *out)
{
    const ResidentRows &values = m_heads[static_cast<size_t>(kvHead)].values;
    const int64_t width = m_config.valueWidth();
    const auto add = [&](const std::vector<int32_t> &positions, const float *of, double factor) {
        for (size_t i = 0; i < positions.size(); ++i) {
            const float weight = static_cast<float>(factor) * of[i];
            const float *row = values.row(positions[i], m_row);
            for (int64_t d = 0; d < width; ++d)
                out[d] += weight * row[d];
        }
    };
    add(set.kept, weights, factors.kept);
    add(set.marginal, m_marginal.data(), factors.marginal);
}

} // namespace winnow
