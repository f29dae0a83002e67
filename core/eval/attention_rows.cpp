#include "core/eval/attention_rows.h"

#include "core/model/cpu_kernels.h"
#include "core/model/layer_pass.h"
#include "core/model/model.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstring>

namespace winnow {
namespace {

    constexpr int64_t kBlockBytes = int64_t(32) << 20;

    /// Keeps what a layer's attention reads.
    class SourceHooks {
    public:
        SourceHooks(AttentionSource &source, Hooks &hooks)
            : m_query(hooks.add(HookPoint::QueryRope, kEveryLayer,
                  [&source](const at::Tensor &value, const HookSite &site) {
                      source.layers[size_t(site.layer)].queries = value.cpu();
                      return std::optional<at::Tensor>();
                  }))
            , m_key(hooks.add(HookPoint::KeyRope, kEveryLayer, [&source](const at::Tensor &value, const HookSite &site) {
                source.layers[size_t(site.layer)].keys = value.cpu();
                return std::optional<at::Tensor>();
            }))
        {
        }

    private:
        HookScope m_query, m_key;
    };

    /// Queries and keys of the last layer; nothing behind them is needed.
    void projectLast(const LayerPass &pass, int64_t layer, const at::Tensor &x, AttentionSource::Layer &out)
    {
        const Projections parts = projectQkv(pass.model, layer, attentionInput(pass.model, layer, x));
        pass.model.rope().rotate(layer, parts.q, pass.rope);
        pass.model.rope().rotate(layer, parts.k, pass.rope);
        out.queries = parts.q.transpose(0, 1).contiguous().cpu();
        out.keys = parts.k.transpose(0, 1).contiguous().cpu();
    }

    Result<void> runSource(const Model &model, std::span<const int32_t> ids, AttentionSource &source, const char *stage,
        const RunContext &context)
    {
        const std::vector<int32_t> positions = positionsFrom(0, source.tokens);
        LayerPass pass{model, model.rope().rows(positions, model.device()), positions, context};
        Hooks hooks;
        const SourceHooks keep(source, hooks);
        pass.hooks = &hooks;
        at::Tensor x = embedRows(model, ids, positions);
        for (int64_t l = 0; l < source.shape.layers; ++l) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled in layer " + std::to_string(l));
            AttentionSource::Layer &layer = source.layers[size_t(l)];
            layer.rule = ScoreRule::of(model.config(), l);
            if (l + 1 == source.shape.layers) {
                projectLast(pass, l, x, layer);
            } else {
                LayerCache cache(model.config(), model.device());
                cache.reserve(source.tokens);
                if (auto done = runLayer(pass, l, cache, x); !done)
                    return done;
            }
            context.progress(stage, l + 1, source.shape.layers, "layers");
        }
        return {};
    }

    /// Softmax rows [begin, end) of the query heads of one KV head over all columns. @return [G, rows, end]
    at::Tensor groupRows(const AttentionSource::Layer &layer, int64_t kvHead, int64_t groups, int64_t begin, int64_t end)
    {
        const int64_t rows = end - begin;
        const at::Tensor queries
            = layer.queries.narrow(0, kvHead * groups, groups).narrow(1, begin, rows).mul(layer.rule.scale);
        at::Tensor scores
            = at::mm(queries.reshape({groups * rows, queries.size(2)}), layer.keys[kvHead].narrow(0, 0, end).t());
        if (layer.rule.cap > 0)
            scores.div_(layer.rule.cap).tanh_().mul_(layer.rule.cap);
        float *row = scores.data_ptr<float>();
        for (int64_t g = 0; g < groups; ++g) {
            for (int64_t u = begin; u < end; ++u, row += end) {
                const int64_t from = layer.rule.firstSeen(u);
                std::fill(row, row + from, 0.0F);
                cpu::softmaxRow(row + from, u + 1 - from, end - from, nullptr, false);
            }
        }
        return scores.view({groups, rows, end});
    }

} // namespace

int64_t AttentionSource::bytes() const
{
    int64_t sum = 0;
    for (const Layer &layer : layers)
        sum += int64_t(layer.queries.nbytes()) + int64_t(layer.keys.nbytes());
    return sum;
}

Result<AttentionSourcePtr> attentionSource(const Model &model, std::span<const int32_t> ids, int64_t layers, const char *stage,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    const ModelConfig &config = model.config();
    if (auto valid = checkIds(config, ids); !valid)
        return fail(valid.error());
    if (auto fits = checkContext(config, int64_t(ids.size())); !fits)
        return fail(fits.error());
    if (layers < 0 || layers > config.layers)
        return fail(ErrorCode::BadInput, "layers of " + config.name + ": expected 1 to " + std::to_string(config.layers) + ", found "
                + std::to_string(layers));
    auto source = std::make_shared<AttentionSource>();
    source->shape = {layers > 0 ? layers : config.layers, config.heads};
    source->kvHeads = config.kvHeads;
    source->tokens = int64_t(ids.size());
    source->layers.resize(size_t(source->shape.layers));
    const auto started = std::chrono::steady_clock::now();
    if (auto done = runSource(model, ids, *source, stage, context); !done)
        return fail(done.error());
    source->forwardMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    return AttentionSourcePtr(std::move(source));
}

int64_t MapRange::entries(int64_t begin, int64_t end, int64_t skip) const
{
    int64_t sum = 0;
    for (int64_t row = begin; row < end; ++row)
        sum += width(row, skip);
    return sum;
}

AttentionRows::AttentionRows(AttentionSourcePtr source, MapRange range, int64_t keepBytes)
    : m_source(std::move(source))
    , m_range(range)
{
    m_keeps = 4 * m_source->shape.count() * m_range.entries(m_range.firstRow, m_range.end(), 0) <= keepBytes;
}

int64_t AttentionRows::bytes() const { return int64_t(4 * (m_rows.capacity() + m_columnSums.capacity())); }

int64_t AttentionRows::blockRows() const
{
    return std::clamp<int64_t>(kBlockBytes / (4 * m_source->shape.count() * std::max<int64_t>(1, m_range.columns())), 8, 64);
}

/// out [heads, stride] gets the packed rows.
void AttentionRows::compute(int64_t begin, int64_t end, float *out, int64_t stride) const
{
    const int64_t kvHeads = m_source->kvHeads;
    const int64_t groups = m_source->shape.heads / kvHeads;
    at::parallel_for(0, m_source->shape.layers * kvHeads, 1, [&](int64_t first, int64_t last) {
        const c10::InferenceMode inference;
        for (int64_t item = first; item < last; ++item) {
            const at::Tensor rows = groupRows(m_source->layers[size_t(item / kvHeads)], item % kvHeads, groups, begin, end);
            const float *from = rows.const_data_ptr<float>();
            for (int64_t g = 0; g < groups; ++g) {
                float *to = out + (item * groups + g) * stride;
                for (int64_t u = begin; u < end; ++u, from += end) {
                    const int64_t width = m_range.width(u, 0);
                    std::memcpy(to, from + m_range.firstColumn, size_t(width) * sizeof(float));
                    to += width;
                }
            }
        }
    });
}

RowBlock AttentionRows::rows(int64_t begin, int64_t end)
{
    const int64_t heads = m_source->shape.count();
    if (!m_keeps) {
        const int64_t stride = m_range.entries(begin, end, 0);
        m_rows.resize(size_t(heads * stride));
        compute(begin, end, m_rows.data(), stride);
        return {m_rows.data(), stride, begin, end};
    }
    const int64_t stride = m_range.entries(m_range.firstRow, m_range.end(), 0);
    if (!m_filled) {
        m_rows.resize(size_t(heads * stride));
        compute(m_range.firstRow, m_range.end(), m_rows.data(), stride);
        m_filled = true;
    }
    return {m_rows.data() + m_range.entries(m_range.firstRow, begin, 0), stride, begin, end};
}

Result<const std::vector<float> *> AttentionRows::columnSums(const RunContext &context)
{
    if (!m_columnSums.empty())
        return &m_columnSums;
    const int64_t heads = m_source->shape.count(), columns = m_range.columns();
    std::vector<float> sums(static_cast<size_t>(heads * columns));
    for (int64_t begin = m_range.firstRow; begin < m_range.end(); begin += blockRows()) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while adding up attention");
        const RowBlock block = rows(begin, std::min(begin + blockRows(), m_range.end()));
        at::parallel_for(0, heads, 8, [&](int64_t first, int64_t last) {
            for (int64_t head = first; head < last; ++head) {
                const float *row = block.data + head * block.stride;
                float *sum = sums.data() + head * columns;
                for (int64_t u = block.begin; u < block.end; ++u) {
                    const int64_t width = m_range.width(u, 0);
                    for (int64_t c = 0; c < width; ++c)
                        sum[c] += row[c];
                    row += width;
                }
            }
        });
    }
    m_columnSums = std::move(sums);
    return &m_columnSums;
}

Result<std::vector<float>> attentionTile(
    const AttentionSource &source, int64_t layer, int64_t head, int64_t begin, int64_t end)
{
    const c10::InferenceMode inference;
    if (layer < 0 || layer >= source.shape.layers || head < 0 || head >= source.shape.heads)
        return fail(ErrorCode::BadInput, "attention tile of layer " + std::to_string(layer) + ", head " + std::to_string(head)
                + ": there are layers 0 to " + std::to_string(source.shape.layers - 1) + " and heads 0 to "
                + std::to_string(source.shape.heads - 1));
    if (begin < 0 || begin >= end || end > source.tokens)
        return fail(ErrorCode::BadInput, "attention tile of rows " + std::to_string(begin) + " to " + std::to_string(end)
                + ": there are " + std::to_string(source.tokens) + " rows");
    const int64_t groups = source.shape.heads / source.kvHeads;
    const at::Tensor rows
        = groupRows(source.layers[size_t(layer)], head / groups, groups, begin, end)[head % groups].contiguous();
    return std::vector<float>(rows.const_data_ptr<float>(), rows.const_data_ptr<float>() + rows.numel());
}

} // namespace winnow
