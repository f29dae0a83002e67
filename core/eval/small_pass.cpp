#include "core/eval/small_pass.h"

#include "core/eval/capture.h"
#include "core/model/layer_pass.h"

#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

namespace winnow {
namespace {

    int64_t layersNeeded(const ModelConfig &config, const std::vector<int32_t> &heads, bool earlyExit)
    {
        if (!earlyExit)
            return config.layers;
        const auto last = std::max_element(heads.begin(), heads.end());
        return last == heads.end() ? 0 : *last / config.heads + 1;
    }

} // namespace

SmallPass::SmallPass(std::shared_ptr<const Model> model, std::vector<int32_t> heads, bool earlyExit)
    : m_model(std::move(model))
    , m_heads(std::move(heads))
    , m_place(static_cast<size_t>(m_model->config().layers * m_model->config().heads), -1)
    , m_layers(layersNeeded(m_model->config(), m_heads, earlyExit))
    , m_cache(m_model->config(), m_model->device())
{
    for (size_t u = 0; u < m_heads.size(); ++u)
        m_place[static_cast<size_t>(m_heads[u])] = static_cast<int64_t>(u);
}

void SmallPass::startFrom(const Capture &capture)
{
    const c10::InferenceMode inference;
    for (int64_t l = 0; l < m_layers; ++l) {
        const LayerCapture &layer = capture.layers[static_cast<size_t>(l)];
        const auto copied = [&](const at::Tensor &rows) { return rows.to(m_model->device(), m_cache.layer(l).scalarType(), false, true); };
        m_cache.layer(l).adopt(copied(layer.keys), copied(layer.values));
    }
    m_tokens = capture.tokens();
}

/// Copies the rows of wanted heads out of a block of weights [G, rows, n].
void SmallPass::keepRows(const at::Tensor &weights, const HookSite &site, at::Tensor &rows) const
{
    for (int64_t g = 0; g < weights.size(0); ++g) {
        const int64_t place = m_place[static_cast<size_t>(site.layer * m_model->config().heads + site.firstHead + g)];
        if (place >= 0)
            rows.select(0, place).narrow(0, site.firstRow, weights.size(1)).narrow(1, 0, weights.size(2)).copy_(weights.select(0, g));
    }
}

Result<at::Tensor> SmallPass::feed(std::span<const int32_t> ids, const RunContext &context)
{
    const c10::InferenceMode inference;
    const Model &model = *m_model;
    if (auto valid = checkIds(model.config(), ids); !valid)
        return fail(valid.error());
    const auto count = static_cast<int64_t>(ids.size());
    if (auto fits = checkContext(model.config(), m_tokens + count); !fits)
        return fail(fits.error());
    if (auto fits = checkRopeSwitch(model, m_tokens, m_tokens + count); m_tokens > 0 && !fits)
        return fail(fits.error());
    at::Tensor rows = at::zeros({static_cast<int64_t>(m_heads.size()), count, m_tokens + count}, at::kFloat);
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer,
        [&](const at::Tensor &weights, const HookSite &site) -> std::optional<at::Tensor> {
            keepRows(weights, site, rows);
            return {};
        });
    const std::vector<int32_t> positions = positionsFrom(m_tokens, count);
    LayerPass pass{model, model.rope().rows(positions, model.device(), m_tokens + count), positions, context};
    pass.hooks = &hooks;
    at::Tensor x = embedRows(model, ids, positions);
    for (int64_t l = 0; l < m_layers; ++l) {
        if (auto done = runLayer(pass, l, m_cache.layer(l), x); !done) {
            for (int64_t back = 0; back <= l; ++back)
                m_cache.layer(back).forgetFrom(positions.front());
            return fail(done.error());
        }
    }
    m_tokens += count;
    return rows;
}

int64_t SmallPass::weightBytes() const
{
    Weights used = m_model->weights(); // copies of handles, not of weights
    used.layers.resize(static_cast<size_t>(m_layers));
    used.head = used.embedding; // no logits are wanted
    return used.bytes();
}

SmallRows::SmallRows(const std::vector<int32_t> &heads, at::Tensor rows)
    : m_rows(std::move(rows))
{
    for (size_t u = 0; u < heads.size(); ++u) {
        const auto head = static_cast<size_t>(heads[u]);
        if (m_place.size() <= head)
            m_place.resize(head + 1, -1);
        m_place[head] = static_cast<int64_t>(u);
    }
}

const float *SmallRows::row(int32_t head, int64_t t) const
{
    const int64_t place = m_place[static_cast<size_t>(head)];
    return m_rows.const_data_ptr<float>() + (place * m_rows.size(1) + t) * m_rows.size(2);
}

std::vector<int32_t> servingHeads(std::span<const std::vector<int32_t>> serving)
{
    std::vector<int32_t> heads;
    for (const std::vector<int32_t> &map : serving)
        std::copy_if(map.begin(), map.end(), std::back_inserter(heads), [](int32_t head) { return head >= 0; });
    std::sort(heads.begin(), heads.end());
    heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
    return heads;
}

Result<std::shared_ptr<const SmallRows>> smallRows(
    const Capture &small, const std::vector<int32_t> &heads, std::span<const int32_t> ids, const RunContext &context)
{
    // Rows of the same heads do not depend on the layers behind them.
    SmallPass pass(small.model, heads, true);
    pass.startFrom(small);
    auto rows = pass.feed(ids, context);
    if (!rows)
        return fail(rows.error());
    return std::make_shared<const SmallRows>(heads, *rows);
}

} // namespace winnow
