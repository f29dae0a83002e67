#include "core/eval/evaluate_pass.h"

#include "core/eval/layer_execution.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

namespace winnow {

LayerMajorPass::LayerMajorPass(const Capture &capture, const std::vector<int32_t> &continuation,
    std::span<const EvaluationCell> cells, const EvaluationOptions &options, FullRun &full,
    const SmallRows *small)
    : m_capture(capture)
    , m_model(*capture.model)
    , m_cells(cells)
    , m_options(options)
    , m_full(full)
    , m_small(small)
    , m_rows(static_cast<int64_t>(continuation.size()) - 1)
    , m_firstCell(full.done && full.keep ? 1 : 0)
    , m_records(cells.size() + 1)
    , m_layers(cells.size() + 1)
{
    const ModelConfig &config = capture.config;
    for (CellRecord &record : m_records) {
        record.lostMass.resize(static_cast<size_t>(m_rows));
        record.jaccard.resize(static_cast<size_t>(m_rows));
        record.layerError.resize(static_cast<size_t>(config.layers));
    }
    const int64_t count = static_cast<int64_t>(m_records.size());
    m_keys.resize(static_cast<size_t>(count * config.kvHeads * m_rows * config.headDim));
    m_values.resize(static_cast<size_t>(count * config.kvHeads * m_rows * config.valueWidth()));
    if (options.saliency && m_firstCell == 0)
        m_saliency = std::make_unique<SaliencyRanks>(config, m_full.saliencyKinds, capture.tokens() + m_rows);
    for (int64_t first = 0; first < m_rows; first += options.blockRows) {
        RowBlock block;
        block.first = first;
        block.count = std::min(options.blockRows, m_rows - first);
        const at::Tensor one = embedRows(m_model, std::span(continuation).subspan(static_cast<size_t>(first), static_cast<size_t>(block.count)),
            positionsFrom(capture.tokens() + first, block.count));
        block.x = one.repeat({count - m_firstCell, 1});
        m_blocks.push_back(std::move(block));
    }
    if (m_firstCell == 0) {
        m_full.blocks.resize(m_full.keep ? static_cast<size_t>(config.layers) * m_blocks.size() : 1);
        m_full.record = m_records[0];
    }
}

Result<void> LayerMajorPass::run(const RunContext &context, const std::function<void(int64_t layer)> &layerDone)
{
    for (int64_t layer = 0; layer < m_capture.config.layers; ++layer) {
        if (Result<void> done = runLayer(layer, context); !done)
            return done;
        layerDone(layer);
    }
    m_full.done = true;
    return {};
}

FullBlock &LayerMajorPass::fullBlock(int64_t layer, size_t block)
{
    return m_full.keep ? m_full.blocks[static_cast<size_t>(layer) * m_blocks.size() + block] : m_full.blocks.front();
}

Result<void> LayerMajorPass::runLayer(int64_t layer, const RunContext &context)
{
    for (size_t c = 1; c < m_layers.size(); ++c)
        m_layers[c] = makeLayerExecution(m_capture, m_cells[c - 1], layer, m_options);
    if (m_saliency)
        m_saliency->startLayer();
    const int64_t cells = static_cast<int64_t>(m_layers.size());
    for (size_t block = 0; block < m_blocks.size(); ++block) {
        const int64_t step = std::max<int64_t>(1, kChunkRows / m_blocks[block].count);
        for (int64_t first = m_firstCell; first < cells; first += step) {
            if (Result<void> done = runChunk(layer, block, {first, std::min(first + step, cells)}, context); !done)
                return done;
        }
    }
    for (size_t c = 1; c < m_layers.size(); ++c)
        m_records[c].slotsAtEnd += m_layers[c]->slots();
    return {};
}

Result<void> LayerMajorPass::runChunk(
    int64_t layer, size_t blockIndex, std::pair<int64_t, int64_t> cells, const RunContext &context)
{
    RowBlock &block = m_blocks[blockIndex];
    const ModelConfig &config = m_capture.config;
    const int64_t rows = (cells.second - cells.first) * block.count;
    const int64_t width = config.heads * config.headDim, outWidth = config.heads * config.valueWidth();
    at::Tensor x = block.x.narrow(0, (cells.first - m_firstCell) * block.count, rows);
    const Projections p = onCpu(projectQkv(m_model, layer, attentionInput(m_model, layer, x))); // where the context's keys are

    if (!m_attended.defined() || m_attended.size(0) < rows)
        m_attended = at::empty({rows, outWidth}, at::kFloat);
    const RopeRows rope = m_model.rope().rows(
        positionsFrom(m_capture.tokens() + block.first, block.count), m_attended.device(), m_capture.tokens() + m_rows);
    for (int64_t cell = cells.first; cell < cells.second; ++cell) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "evaluation cancelled");
        const int64_t row = (cell - cells.first) * block.count;
        const at::Tensor q = p.q.narrow(0, row, block.count), k = p.k.narrow(0, row, block.count);
        if (shifts(cell)) {
            m_before.resize(static_cast<size_t>(block.count * width));
            for (int64_t t = 0; t < block.count; ++t)
                std::memcpy(m_before.data() + t * width, q.const_data_ptr<float>() + t * q.stride(0), static_cast<size_t>(width) * sizeof(float));
        }
        m_model.rope().rotate(layer, q, rope);
        m_model.rope().rotate(layer, k, rope);
        attendCell(layer, blockIndex, cell, {q, k, p.v.narrow(0, row, block.count)}, m_attended.mutable_data_ptr<float>() + row * outWidth);
    }
    return finishLayer(m_model, layer, m_attended.narrow(0, 0, rows).to(m_model.device()), x, context);
}

void LayerMajorPass::attendCell(int64_t layer, size_t blockIndex, int64_t cell, const Projections &fresh, float *out)
{
    const RowBlock &block = m_blocks[blockIndex];
    const ModelConfig &config = m_capture.config;
    // Rows of every KV head, [count, Hkv, width] -> [Hkv, T, width] of this cell.
    const auto keep = [&](const at::Tensor &fresh, std::vector<float> &kept) {
        const int64_t width = fresh.size(2);
        float *plane = kept.data() + cell * config.kvHeads * m_rows * width;
        for (int64_t g = 0; g < config.kvHeads; ++g) {
            for (int64_t t = 0; t < block.count; ++t)
                std::memcpy(plane + (g * m_rows + block.first + t) * width,
                    fresh.const_data_ptr<float>() + t * fresh.stride(0) + g * fresh.stride(1), static_cast<size_t>(width) * sizeof(float));
        }
        return plane;
    };
    BlockRows rows;
    rows.first = block.first;
    rows.count = block.count;
    rows.q = fresh.q.const_data_ptr<float>();
    rows.rowStride = fresh.q.stride(0);
    rows.qBefore = shifts(cell) ? m_before.data() : nullptr;
    rows.k = keep(fresh.k, m_keys);
    rows.v = keep(fresh.v, m_values);
    rows.capacity = m_rows;
    const size_t index = static_cast<size_t>(cell);
    if (cell == 0)
        runFull(layer, blockIndex, rows, out);
    else
        m_layers[index]->attend(rows, {fullBlock(layer, blockIndex), m_model.rope(), m_capture.tokens() + m_rows, m_small}, m_scratch, out, m_records[index]);
}

void LayerMajorPass::runFull(int64_t layer, size_t block, const BlockRows &rows, float *out)
{
    FullBlock &full = fullBlock(layer, block);
    attendFull(m_capture, layer, rows, m_scratch, full);
    std::copy(full.output.begin(), full.output.end(), out);
    m_full.record.rowSumError = std::max(m_full.record.rowSumError, full.rowSumError);
    if (rows.first + rows.count == m_rows)
        m_full.record.slotsAtEnd += m_capture.config.kvHeads * full.columns;
    if (m_saliency)
        m_saliency->rankBlock(full.weights.data(), rows.count, full.columns, full.saliency);
}

bool LayerMajorPass::shifts(int64_t cell) const
{
    return cell > 0 && m_cells[static_cast<size_t>(cell - 1)].plan.positions == PositionMode::Shift;
}

LayerMajorPass::Memory LayerMajorPass::memory(const ModelConfig &config, int64_t tokens, int64_t rows, int64_t blockRows)
{
    const int64_t f = static_cast<int64_t>(sizeof(float));
    const int64_t block = std::min(rows, blockRows), slots = tokens + rows;
    Memory memory;
    // The full cell's attention of a block and one cell's scores beside it; one unit's keys or values; saliency ranks.
    const int64_t slotWidth = config.headDim + config.valueWidth();
    memory.shared = f * (2 * config.heads * block * slots + slots * config.headDim + 2 * config.heads * (block + 1) * slots);
    // One chunk through the matrices; logits of a chunk; the reference's logits and probabilities of a block.
    const int64_t chunk = std::max(kChunkRows, block);
    const int64_t inner = std::max(config.ffn, config.moe.active * config.moe.expertFfn + config.moe.sharedFfn);
    memory.shared += f * (chunk * (3 * config.hidden + 2 * (config.heads * config.headDim + config.kvHeads * slotWidth))
        + 512 * 3 * inner + (2 * block + kLogitRows) * config.vocab);
    memory.perCell = f * rows * (config.hidden + config.kvHeads * slotWidth + 12);
    // Attention, outputs and one kind of ranks of every layer; logits and probabilities of all rows.
    memory.keptFull = f * rows * (config.layers * ((config.heads + config.kvHeads) * slots + config.heads * config.valueWidth()) + 2 * config.vocab);
    return memory;
}

} // namespace winnow
