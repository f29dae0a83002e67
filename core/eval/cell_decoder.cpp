#include "core/eval/cell_decoder.h"

#include "core/eval/mapped_context.h"
#include "core/eval/pair.h"
#include "core/model/device.h"
#include "core/model/layer_pass.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace winnow {

using Clock = std::chrono::steady_clock;

namespace {

    /// A copy of a captured layer in the cache of a step layer, wherever that is.
    void adoptCopy(const LayerCapture &layer, LayerCache &cache)
    {
        const at::Device device = cache.keys().device();
        const at::ScalarType type = cache.scalarType(); // what the capture holds are numbers of that type
        const auto copied = [&](const at::Tensor &rows) { return rows.to(device, type, false, true); };
        cache.adopt(copied(layer.keys), copied(layer.values));
    }

    /// Compresses a layer and adds the time that takes.
    void compressTimed(StepLayer &layer, const at::Device &device, MeasuredRun &run)
    {
        waitFor(device);
        const auto started = Clock::now();
        layer.compress();
        waitFor(device);
        run.compressMs += std::chrono::duration<double, std::milli>(Clock::now() - started).count();
    }

} // namespace

CellDecoder::CellDecoder(const Capture &capture, const EvaluationCell &cell)
    : m_shared(capture)
    , m_capture(cell.context ? *cell.context : capture)
    , m_cell(cell)
    , m_model(*capture.model)
{
    for (int64_t l = 0; l < capture.config.layers; ++l)
        m_layers.push_back(makeStepLayer(m_capture, cell, l));
}

Result<void> CellDecoder::startSmall()
{
    if (!m_cell.plan.standIn)
        return {};
    m_smallHeads = servingHeads({&m_cell.plan.standIn->serving, 1});
    if (m_smallHeads.empty())
        return {};
    if (!m_shared.pair || !m_shared.pair->small)
        return fail(ErrorCode::BadInput, "the plan uses attention of a small model and the capture was made without one",
            "capture the input with a small model");
    m_small.emplace(m_shared.pair->small->model, m_smallHeads, m_cell.plan.standIn->earlyExit);
    m_small->startFrom(*m_shared.pair->small);
    return {};
}

Result<void> CellDecoder::adoptContext()
{
    for (size_t l = 0; l < m_layers.size(); ++l) {
        adoptCopy(m_capture.layers[l], m_layers[l]->cache());
        m_layers[l]->compress();
    }
    return startSmall();
}

Result<void> CellDecoder::takeOwnContext(MeasuredRun &run)
{
    for (size_t l = 0; l < m_layers.size(); ++l)
        adoptCopy(m_capture.layers[l], m_layers[l]->cache());
    run.prefillMs = m_capture.prefillMs;
    if (const MappedTimes *times = m_cell.contextTimes.get()) {
        run.peakBytes = times->peakCacheBytes;
        run.spanMs = times->spanMs;
        run.chunksMs = times->chunksMs;
        run.smallPrefillMs = times->smallMs;
    }
    for (const auto &layer : m_layers) { // the prompt went through all layers piece by piece: all are there when the first is cut
        const double before = liveBytes();
        const auto full = static_cast<double>(layer->allocatedBytes());
        compressTimed(*layer, m_model.device(), run);
        const auto kept = static_cast<double>(layer->allocatedBytes());
        run.peakBytes = std::max(run.peakBytes, before + (kept < full ? kept : 0.0));
    }
    run.allocatedBytes = liveBytes();
    return startSmall();
}

Result<void> CellDecoder::readContext(MeasuredRun &run, const RunContext &context)
{
    if (m_cell.context)
        return takeOwnContext(run);
    const std::vector<int32_t> positions = positionsFrom(0, m_capture.tokens());
    LayerPass pass{m_model, m_model.rope().rows(positions, m_model.device()), positions, context};
    at::Tensor x = embedRows(m_model, m_capture.ids, positions);
    for (size_t l = 0; l < m_layers.size(); ++l) {
        LayerCache &cache = m_layers[l]->cache();
        cache.reserve(m_capture.tokens());
        if (auto done = runLayer(pass, static_cast<int64_t>(l), cache, x); !done)
            return done;
        const double before = liveBytes();
        const auto full = static_cast<double>(m_layers[l]->allocatedBytes());
        compressTimed(*m_layers[l], m_model.device(), run);
        // While a layer is cut, what it keeps stands beside what it was.
        const auto kept = static_cast<double>(m_layers[l]->allocatedBytes());
        run.peakBytes = std::max(run.peakBytes, before + (kept < full ? kept : 0.0));
        context.progress("measure", static_cast<int64_t>(l) + 1, static_cast<int64_t>(m_layers.size()), "layers");
    }
    run.allocatedBytes = liveBytes();
    return startSmall();
}

void CellDecoder::reserveSteps(int64_t steps)
{
    for (const auto &layer : m_layers)
        layer->reserveSteps(steps);
}

double CellDecoder::liveBytes() const
{
    return std::accumulate(m_layers.begin(), m_layers.end(), 0.0,
        [](double sum, const auto &layer) { return sum + static_cast<double>(layer->allocatedBytes()); });
}

Result<at::Tensor> CellDecoder::step(int64_t row, int32_t id, const RunContext &context)
{
    const auto position = static_cast<int32_t>(m_capture.tokens() + row);
    StepRow step{row, m_model.rope().rows(std::span(&position, 1), m_model.device()), nullptr};
    std::optional<SmallRows> rows;
    if (m_small) {
        const auto started = Clock::now();
        auto fed = m_small->feed(std::span(&id, 1), context);
        m_smallMs += std::chrono::duration<double, std::milli>(Clock::now() - started).count();
        if (!fed)
            return fail(fed.error());
        rows.emplace(m_smallHeads, *fed);
        step.small = &*rows;
    }
    at::Tensor x = embedRows(m_model, std::span(&id, 1), std::span(&position, 1)); // [1, E]
    for (size_t l = 0; l < m_layers.size(); ++l) {
        const at::Tensor attended = m_layers[l]->attend(step, x).to(x.device());
        if (auto done = finishLayer(m_model, static_cast<int64_t>(l), attended, x, context); !done)
            return fail(done.error());
    }
    return headLogits(m_model, finalNorm(m_model, x));
}

} // namespace winnow
