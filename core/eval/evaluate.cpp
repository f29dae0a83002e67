#include "core/eval/evaluate.h"

#include "core/base/budget.h"
#include "core/eval/checks.h"
#include "core/eval/evaluate_pass.h"
#include "core/eval/evaluate_series.h"
#include "core/eval/layer_execution.h"
#include "core/eval/mapped_context.h"
#include "core/eval/metrics_rows.h"
#include "core/model/forward.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

namespace winnow {
namespace {

/// MemAvailable of the machine in bytes, 0 when it cannot be read.
int64_t availableMemory()
{
    std::ifstream file("/proc/meminfo");
    std::string word;
    while (file >> word) {
        int64_t kibibytes = 0;
        if (word == "MemAvailable:" && file >> kibibytes)
            return kibibytes * 1024;
    }
    return 0;
}

Result<void> checkCell(const Capture &capture, const EvaluationCell &cell, const EvaluationOptions &options, size_t index)
{
    const KeptTokens &kept = cell.plan.kept;
    const ModelConfig &config = capture.config;
    const std::string name = "cell " + std::to_string(index);
    if (kept.layers != config.layers || kept.tokens != capture.tokens()
        || (kept.heads != 1 && kept.heads != config.kvHeads && kept.heads != config.heads))
        return fail(ErrorCode::BadInput,
            name + ": the plan is for " + std::to_string(kept.layers) + " layers, " + std::to_string(kept.heads) + " head sets, "
                + std::to_string(kept.tokens) + " tokens; the capture has " + std::to_string(config.layers) + ", "
                + std::to_string(config.kvHeads) + " or " + std::to_string(config.heads) + " or 1, "
                + std::to_string(capture.tokens()),
            "select the plan from this capture");
    if (options.mode == ExecutionMode::Mask && cell.plan.positions == PositionMode::Shift)
        return fail(ErrorCode::BadInput, name + ": shifted positions have no masked form", "use mode drop or posMode original");
    if (cell.plan.decodeRule != DecodeRule::Grow && !cell.plan.inactive && (!cell.method || !cell.ranking))
        return fail(ErrorCode::Internal, name + ": a plan that drops while decoding needs its method and ranking");
    if (needsContext(capture, cell))
        return fail(ErrorCode::Internal, name + ": the plan reads the context in its own way, which has not been done");
    return {};
}

Result<void> checkEvaluation(const Capture &capture, const std::vector<int32_t> &continuation,
    const std::vector<EvaluationCell> &cells, const EvaluationOptions &options)
{
    if (!capture.model)
        return fail(ErrorCode::BadInput, "the capture has no model to evaluate with");
    if (capture.tokens() < 1)
        return fail(ErrorCode::BadInput, "the capture is empty: at least one context token is needed");
    if (continuation.size() < 2)
        return fail(ErrorCode::BadInput,
            "the continuation has " + std::to_string(continuation.size()) + " tokens, at least 2 are needed",
            "the first token is fed, each later one is a scored prediction");
    if (Result<void> ok = checkIds(capture.config, continuation); !ok)
        return ok;
    const int64_t total = capture.tokens() + static_cast<int64_t>(continuation.size()) - 1;
    if (Result<void> ok = checkContext(capture.model->config(), total); !ok)
        return ok;
    if (Result<void> ok = checkRopeSwitch(*capture.model, capture.tokens(), total); !ok)
        return ok;
    if (options.blockRows < 1)
        return fail(ErrorCode::BadInput, "blockRows is " + std::to_string(options.blockRows) + ", expected at least 1");
    for (size_t i = 0; i < cells.size(); ++i) {
        if (Result<void> ok = checkCell(capture, cells[i], options, i); !ok)
            return ok;
    }
    return {};
}

/// How the cells are run under the memory limit.
struct BatchPlan {
    size_t size = 1;
    bool keepFull = false;
};

Result<BatchPlan> batchPlan(const Capture &capture, int64_t rows, size_t cells, const EvaluationOptions &options)
{
    const int64_t limit = options.memoryLimitBytes > 0 ? options.memoryLimitBytes : availableMemory() / 2;
    const LayerMajorPass::Memory memory = LayerMajorPass::memory(capture.config, capture.tokens(), rows, options.blockRows);
    const int64_t needed = memory.shared + 2 * memory.perCell; // the full cache and one cell
    if (limit > 0 && needed > limit)
        return fail(ErrorCode::OutOfMemory,
            "one cell needs " + byteText(static_cast<double>(needed)) + ", allowed are " + byteText(static_cast<double>(limit)),
            "raise the memory limit, or use a shorter context or continuation");
    size_t size = std::max<size_t>(1, options.maxBatch > 0 ? std::min(cells, static_cast<size_t>(options.maxBatch)) : cells);
    if (limit > 0)
        size = std::clamp<size_t>(static_cast<size_t>((limit - memory.shared) / memory.perCell - 1), 1, size);
    const int64_t used = memory.shared + static_cast<int64_t>(size + 1) * memory.perCell;
    return BatchPlan{size, size < cells && (limit <= 0 || used + memory.keptFull <= limit)};
}

/// One batch from the layers to the metrics.
class BatchRun {
public:
    BatchRun(const Capture &capture, const std::vector<int32_t> &continuation, const std::vector<EvaluationCell> &cells,
        const EvaluationOptions &options, const RunContext &context, bool keepFull)
        : m_capture(capture)
        , m_continuation(continuation)
        , m_cells(cells)
        , m_options(options)
        , m_context(context)
    {
        m_full.keep = keepFull;
        for (const EvaluationCell &cell : cells)
            m_full.saliencyKinds[static_cast<size_t>(headSetsOf(cell.plan.kept, capture.config))] = true;
    }

    /// Cells first..first+count-1; the results go to their places, the full cache's to the last one.
    Result<void> run(size_t first, size_t count, std::vector<CellResult> &results, const CellDone &done, int64_t progressBase,
        int64_t progressTotal);

    /// The small model over the continuation, once for all batches.
    Result<void> feedSmallModel();

private:
    Result<void> scoreBlock(const RowBlock &block, int64_t firstCell, size_t first, std::vector<CellResult> &results);
    ReferenceRows &referenceOf(const RowBlock &block);
    void finish(LayerMajorPass &pass, size_t first, size_t count, std::vector<CellResult> &results, const CellDone &done);

    const Capture &m_capture;
    const std::vector<int32_t> &m_continuation;
    const std::vector<EvaluationCell> &m_cells;
    const EvaluationOptions &m_options;
    const RunContext &m_context;
    FullRun m_full;
    std::shared_ptr<const SmallRows> m_small;
    std::map<int64_t, ReferenceRows> m_references; // by first row: all of them when the full run is kept, else the last
    double m_referenceError = 0;
};

Result<void> BatchRun::run(size_t first, size_t count, std::vector<CellResult> &results, const CellDone &done,
    int64_t progressBase, int64_t progressTotal)
{
    LayerMajorPass pass(m_capture, m_continuation, std::span(m_cells).subspan(first, count), m_options, m_full, m_small.get());
    const auto layerDone = [&](int64_t layer) { m_context.progress("evaluate", progressBase + layer + 1, progressTotal, "layers"); };
    if (Result<void> ran = pass.run(m_context, layerDone); !ran)
        return ran;
    for (size_t i = first; i < first + count; ++i)
        results[i].series = sizedSeries(pass.rows(), m_options.saliency);
    if (pass.firstCell() == 0)
        results.back().series = sizedSeries(pass.rows(), false);
    for (const RowBlock &block : pass.blocks()) {
        if (Result<void> scored = scoreBlock(block, pass.firstCell(), first, results); !scored)
            return scored;
    }
    finish(pass, first, count, results, done);
    return {};
}

Result<void> BatchRun::feedSmallModel()
{
    auto rows = smallRowsOf(m_capture, m_cells, std::span(m_continuation).first(m_continuation.size() - 1), m_context);
    if (!rows)
        return fail(rows.error());
    m_small = std::move(*rows);
    return {};
}

ReferenceRows &BatchRun::referenceOf(const RowBlock &block)
{
    if (!m_full.keep)
        m_references.clear();
    return m_references.try_emplace(block.first, block.count, m_capture.config.vocab).first->second;
}

Result<void> BatchRun::scoreBlock(
    const RowBlock &block, int64_t firstCell, size_t first, std::vector<CellResult> &results)
{
    const int64_t vocab = m_capture.config.vocab;
    ReferenceRows &reference = referenceOf(block);
    const auto use = [&](int64_t firstRow, const at::Tensor &made) {
        const at::Tensor logits = made.cpu();
        const float *data = logits.const_data_ptr<float>();
        for (int64_t r = 0; r < logits.size(0); ++r) {
            const int64_t cell = firstCell + (firstRow + r) / block.count, row = (firstRow + r) % block.count;
            const std::span<const float> values(data + r * vocab, static_cast<size_t>(vocab));
            if (cell == 0)
                reference.set(row, values);
            const int32_t target = m_continuation[static_cast<size_t>(block.first + row + 1)];
            CellResult &result = cell == 0 ? results.back() : results[first + static_cast<size_t>(cell) - 1];
            putRow(result.series, block.first + row, scoreRow(values, reference, row, target));
        }
    };
    if (Result<void> done = forLogits(*m_capture.model, block.x, use, m_context, LayerMajorPass::kLogitRows); !done)
        return done;
    if (firstCell == 0)
        m_referenceError = std::max(m_referenceError, reference.maxSumError());
    return {};
}

void BatchRun::finish(
    LayerMajorPass &pass, size_t first, size_t count, std::vector<CellResult> &results, const CellDone &done)
{
    const int64_t layers = m_capture.config.layers;
    if (pass.firstCell() == 0) {
        CellResult &full = results.back();
        takeRecord(m_full.record, layers, pass.rows(), full);
        full.metrics = seriesMetrics(full.series, full.layerError);
        full.checks = fullChecks(full, m_referenceError);
    }
    for (size_t i = 0; i < count; ++i) {
        CellResult &result = results[first + i];
        takeRecord(pass.record(i + 1), layers, pass.rows(), result);
        result.metrics = seriesMetrics(result.series, result.layerError);
        result.checks = cellChecks(m_cells[first + i], result, pass.rows());
        if (done)
            done(first + i, result);
    }
}

} // namespace

Result<std::vector<CellResult>> evaluate(const Capture &capture, const std::vector<int32_t> &continuation,
    const std::vector<EvaluationCell> &cells, const EvaluationOptions &options, const CellDone &done,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    if (Result<void> ok = checkEvaluation(capture, continuation, cells, options); !ok)
        return fail(ok.error());
    const Result<BatchPlan> batch = batchPlan(capture, static_cast<int64_t>(continuation.size()) - 1, cells.size(), options);
    if (!batch)
        return fail(batch.error());
    std::vector<CellResult> results(cells.size() + 1);
    const int64_t batches = std::max<int64_t>(1, static_cast<int64_t>((cells.size() + batch->size - 1) / batch->size));
    const int64_t layers = capture.config.layers;
    BatchRun run(capture, continuation, cells, options, context, batch->keepFull);
    if (Result<void> fed = run.feedSmallModel(); !fed)
        return fail(fed.error());
    for (int64_t b = 0; b < batches; ++b) {
        const size_t first = static_cast<size_t>(b) * batch->size, count = std::min(batch->size, cells.size() - first);
        if (Result<void> ran = run.run(first, count, results, done, b * layers, batches * layers); !ran)
            return fail(ran.error());
    }
    return results;
}

} // namespace winnow
