#include "core/eval/prompt_scorer.h"

#include "core/eval/encoder_tagger.h"
#include "core/eval/metrics_vector.h"
#include "core/eval/start_token.h"
#include "core/model/layer_pass.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    constexpr int64_t kBlockRows = 128; // query rows between two states of the column sums
    constexpr int64_t kLogitsRows = 72; // three panels of the packed kernels
    constexpr size_t kRunning = 2; // a text alone, and behind a question
    constexpr int64_t kWorthReusing = 16; // tokens in common below which a running sequence is better left alone
    constexpr int64_t kSpareSlots = 64; // so that one token more is no new cache
    constexpr int64_t kKnownTokens = 400000; // of the table: 10 MB

    int64_t commonPrefix(std::span<const int32_t> a, std::span<const int32_t> b)
    {
        return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
    }

    bool sameHeads(const std::vector<HeadIndex> &own, const ScoreWish &wish)
    {
        return std::equal(own.begin(), own.end(), wish.heads.begin(), wish.heads.end());
    }

    std::vector<int64_t> headsOfLayer(const ModelConfig &config, const ScoreWish &wish, int64_t layer)
    {
        std::vector<int64_t> heads;
        for (int64_t h = 0; h < config.heads && wish.heads.empty(); ++h)
            heads.push_back(h);
        for (const HeadIndex &head : wish.heads) {
            if (head.layer == layer)
                heads.push_back(head.head);
        }
        return heads;
    }

    /// Rows [first, end) of a sequence on their way through the layers.
    struct Block {
        int64_t first = 0, end = 0;
        std::vector<int32_t> positions;
        RopeRows rope;
    };

    std::vector<Block> blocksOf(const Model &model, int64_t first, int64_t tokens, bool byBlocks)
    {
        std::vector<Block> blocks;
        while (first < tokens) {
            const int64_t end = byBlocks ? std::min(tokens, (first / kBlockRows + 1) * kBlockRows) : tokens;
            Block block{first, end, positionsFrom(first, end - first), {}};
            block.rope = model.rope().rows(block.positions, model.device(), tokens);
            blocks.push_back(std::move(block));
            first = end;
        }
        return blocks;
    }

    /// Adds the sums of the chosen heads' columns. colSum [H, S] of the rows of a layer so far.
    void addColumns(const at::Tensor &colSum, const std::vector<int64_t> &heads, int64_t columns, std::vector<double> &out)
    {
        const at::Tensor sums = colSum.cpu();
        for (const int64_t h : heads) {
            const float *row = sums.const_data_ptr<float>() + h * sums.stride(0);
            for (int64_t s = 0; s < columns; ++s)
                out[static_cast<size_t>(s)] += static_cast<double>(row[s]);
        }
    }

    std::vector<double> divided(std::vector<double> values, double divisor)
    {
        for (double &value : values)
            value /= divisor;
        return values;
    }

} // namespace

ModelScorer::ModelScorer(std::shared_ptr<const Model> model, ReusePrefix reuse, int64_t cacheBytes)
    : m_model(std::move(model))
    , m_reuse(reuse)
    , m_cacheBytes(cacheBytes)
    , m_start(startTokenOf(*m_model))
{
}

void ModelScorer::releaseCaches() { m_running.clear(); }

Result<std::vector<ScorerToken>> ModelScorer::tokens(std::string_view text) const
{
    if (!m_model->tokenizer())
        return fail(ErrorCode::Unsupported, "the scoring model has no tokenizer");
    auto encoded = m_model->tokenizer()->encode(text, SpecialTokens::None);
    if (!encoded)
        return fail(encoded.error());
    std::vector<ScorerToken> out;
    for (const Token &token : *encoded)
        out.push_back({token.id, token.begin, token.end});
    return out;
}

Result<std::shared_ptr<const TokenTagger>> ModelScorer::tagger(const std::string &folder, const RunContext &context)
{
    if (m_tagger && m_taggerFolder == folder)
        return m_tagger;
    auto opened = openEncoderTagger(folder, context);
    if (!opened)
        return fail(opened.error());
    m_tagger = *opened;
    m_taggerFolder = folder;
    return m_tagger;
}

Result<void> ModelScorer::checkHeads(const ScoreWish &wish) const
{
    const ModelConfig &config = m_model->config();
    for (const HeadIndex &head : wish.heads) {
        if (head.layer < 0 || head.layer >= config.layers || head.head < 0 || head.head >= config.heads)
            return fail(ErrorCode::BadInput, "head " + std::to_string(head.layer) + ":" + std::to_string(head.head) + ": " + config.name
                    + " has layers 0 to " + std::to_string(config.layers - 1) + " and heads 0 to " + std::to_string(config.heads - 1));
    }
    return {};
}

Result<SequenceScores> ModelScorer::score(std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (auto valid = checkIds(m_model->config(), ids); !valid)
        return fail(valid.error());
    if (auto fits = checkContext(m_model->config(), static_cast<int64_t>(ids.size())); !fits)
        return fail(fits.error());
    if (auto valid = checkHeads(wish); !valid)
        return fail(valid.error());
    m_costs.tokensAsked += static_cast<int64_t>(ids.size());
    if (const SequenceScores *found = known(ids, wish))
        return *found;
    const auto began = std::chrono::steady_clock::now();
    Running &sequence = resume(ids, wish);
    auto columns = run(sequence, ids, wish, context);
    const Result<void> done = columns ? addInformation(sequence, context) : Result<void>(fail(columns.error()));
    if (!done) {
        m_running.clear(); // layers that ran hold rows that the others lack
        return fail(done.error());
    }
    SequenceScores scores{sequence.information, std::move(*columns)};
    remember(ids, wish, scores);
    m_costs.ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    return scores;
}

Result<at::Tensor> ModelScorer::logits(std::span<const int32_t> ids, int64_t firstRow, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (auto valid = checkIds(m_model->config(), ids); !valid)
        return fail(valid.error());
    if (auto fits = checkContext(m_model->config(), static_cast<int64_t>(ids.size())); !fits)
        return fail(fits.error());
    m_costs.tokensAsked += static_cast<int64_t>(ids.size());
    Running &sequence = resume(ids, {});
    if (auto done = run(sequence, ids, {}, context); !done) {
        m_running.clear();
        return fail(done.error());
    }
    std::vector<at::Tensor> parts;
    const auto keep = [&](int64_t, const at::Tensor &part) { parts.push_back(part.cpu()); };
    const int64_t rows = static_cast<int64_t>(ids.size()) - firstRow;
    if (auto done = forLogits(*m_model, sequence.hidden.narrow(0, firstRow, rows), keep, context); !done)
        return fail(done.error());
    return at::cat(parts).contiguous();
}

const SequenceScores *ModelScorer::known(std::span<const int32_t> ids, const ScoreWish &wish)
{
    const auto fits = [&](const Known &entry) {
        return std::equal(ids.begin(), ids.end(), entry.ids.begin(), entry.ids.end())
            && (!wish.attention || (!entry.scores.attention.empty() && sameHeads(entry.heads, wish)));
    };
    const auto found = std::find_if(m_known.begin(), m_known.end(), fits);
    if (found == m_known.end())
        return nullptr;
    m_known.splice(m_known.begin(), m_known, found);
    return &found->scores;
}

void ModelScorer::remember(std::span<const int32_t> ids, const ScoreWish &wish, const SequenceScores &scores)
{
    m_known.push_front({{ids.begin(), ids.end()}, {wish.heads.begin(), wish.heads.end()}, scores});
    m_knownTokens += static_cast<int64_t>(ids.size());
    while (m_knownTokens > kKnownTokens && m_known.size() > 1) {
        m_knownTokens -= static_cast<int64_t>(m_known.back().ids.size());
        m_known.pop_back();
    }
}

std::pair<ModelScorer::Running *, int64_t> ModelScorer::place(std::span<const int32_t> ids)
{
    Running *best = nullptr;
    int64_t common = 0, bytes = 0;
    for (Running &running : m_running) {
        bytes += running.bytes();
        // Sequences of the two lengths are rotated with other frequencies (LongRope).
        const int64_t limit = m_model->rope().switchLength();
        const bool sameRope = (static_cast<int64_t>(running.ids.size()) > limit) == (static_cast<int64_t>(ids.size()) > limit);
        const int64_t prefix = sameRope && m_reuse == ReusePrefix::Yes ? commonPrefix(running.ids, ids) : 0;
        if (prefix >= kWorthReusing && prefix > common) {
            best = &running;
            common = prefix;
        }
    }
    if (best && (m_cacheBytes == 0 || 2 * common >= static_cast<int64_t>(best->ids.size())))
        return {best, common};
    const int64_t forecast = m_model->config().fullCacheBytes(static_cast<int64_t>(ids.size()));
    if (m_running.size() < kRunning || bytes + forecast <= m_cacheBytes)
        return {&m_running.emplace_back(), 0};
    if (best)
        return {best, common};
    best = &*std::min_element(m_running.begin(), m_running.end(), [](const Running &a, const Running &b) { return a.used < b.used; });
    *best = Running();
    return {best, 0};
}

ModelScorer::Running &ModelScorer::resume(std::span<const int32_t> ids, const ScoreWish &wish)
{
    const auto [best, common] = place(ids);
    best->used = ++m_clock;
    if (wish.attention) {
        if (!sameHeads(best->heads, wish))
            best->checkpoints.clear();
        best->heads.assign(wish.heads.begin(), wish.heads.end());
    }
    best->checkpoints.resize(std::min(best->checkpoints.size(), static_cast<size_t>(common / kBlockRows)));
    best->ids.resize(static_cast<size_t>(common));
    best->information.resize(std::min(best->information.size(), static_cast<size_t>(common)));
    // A row whose columns are not known yet runs again.
    const int64_t rows = wish.attention ? static_cast<int64_t>(best->checkpoints.size()) * kBlockRows : common;
    for (LayerCache &layer : best->layers)
        layer.forgetFrom(static_cast<int32_t>(rows));
    if (best->hidden.defined())
        best->hidden = best->hidden.narrow(0, 0, rows);
    return *best;
}

Result<std::vector<double>> ModelScorer::run(
    Running &sequence, std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context)
{
    const Model &model = *m_model;
    const ModelConfig &config = model.config();
    const auto tokens = static_cast<int64_t>(ids.size());
    const int64_t first = sequence.hidden.defined() ? sequence.hidden.size(0) : 0;
    if (sequence.layers.empty())
        sequence.layers.assign(static_cast<size_t>(config.layers), LayerCache(config, model.device()));
    sequence.ids.assign(ids.begin(), ids.end());
    const std::vector<Block> blocks = blocksOf(model, first, tokens, wish.attention);
    const std::vector<double> base = sequence.checkpoints.empty() || first == 0 ? std::vector<double>() : sequence.checkpoints.back();
    std::vector<std::vector<double>> sums(wish.attention ? blocks.size() : 0, std::vector<double>(ids.size(), 0.0)); // [blocks][n]
    const double heads = wish.heads.empty() ? static_cast<double>(config.layers * config.heads) : static_cast<double>(wish.heads.size());
    if (blocks.empty()) // all rows are there already
        return wish.attention ? divided(base, heads) : std::vector<double>();
    at::Tensor x = embedRows(model, ids.subspan(static_cast<size_t>(first)), positionsFrom(first, tokens - first));
    for (int64_t l = 0; l < config.layers; ++l) {
        LayerCache &layer = sequence.layers[static_cast<size_t>(l)];
        if (const HeadSlots &slots = layer.head(0); slots.count() + tokens - first > slots.capacity())
            layer.reserve(std::max(tokens - first, kSpareSlots));
        const std::vector<int64_t> chosen = wish.attention ? headsOfLayer(config, wish, l) : std::vector<int64_t>();
        AttentionStatistics statistics;
        if (!chosen.empty())
            statistics.colSum = at::zeros({config.heads, tokens}, at::TensorOptions(at::kFloat).device(model.device()));
        for (size_t b = 0; b < blocks.size(); ++b) {
            LayerPass pass{model, blocks[b].rope, blocks[b].positions, context};
            pass.statistics = chosen.empty() ? nullptr : &statistics;
            at::Tensor rows = x.narrow(0, blocks[b].first - first, blocks[b].end - blocks[b].first);
            if (auto done = runLayer(pass, l, layer, rows); !done)
                return fail(done.error());
            if (!chosen.empty())
                addColumns(statistics.colSum, chosen, blocks[b].end, sums[b]);
        }
        m_costs.attentionMs += statistics.columnMs;
        if (tokens - first > 1)
            context.progress("score", l + 1, config.layers, "layers");
    }
    sequence.hidden = sequence.hidden.defined() && first > 0 ? at::cat({sequence.hidden, x}) : x;
    m_costs.forwards += 1;
    m_costs.tokensProcessed += tokens - first;
    notePeak(tokens);
    for (size_t b = 0; b < sums.size(); ++b) {
        for (size_t s = 0; s < base.size(); ++s)
            sums[b][s] += base[s];
        if (blocks[b].end % kBlockRows == 0)
            sequence.checkpoints.push_back({sums[b].begin(), sums[b].begin() + blocks[b].end});
    }
    return sums.empty() ? std::vector<double>() : divided(std::move(sums.back()), heads);
}

Result<void> ModelScorer::addInformation(Running &sequence, const RunContext &context)
{
    const auto tokens = static_cast<int64_t>(sequence.ids.size());
    const auto known = static_cast<int64_t>(sequence.information.size());
    if (known == 0)
        sequence.information.push_back(std::numeric_limits<double>::quiet_NaN());
    const int64_t row = std::max<int64_t>(known, 1) - 1; // the first whose next token is not scored yet
    if (row + 1 >= tokens)
        return {};
    const auto use = [&](int64_t first, const at::Tensor &logits) {
        const at::Tensor rows = logits.cpu().contiguous();
        const auto vocab = static_cast<size_t>(rows.size(1));
        for (int64_t r = 0; r < rows.size(0); ++r) {
            const float *values = rows.const_data_ptr<float>() + r * rows.size(1);
            const float top = vectorMax(values, vocab);
            const double total = static_cast<double>(top) + std::log(sumExp(values, vocab, top));
            const int32_t next = sequence.ids[static_cast<size_t>(row + first + r + 1)];
            sequence.information.push_back(total - static_cast<double>(values[next]));
        }
    };
    return forLogits(*m_model, sequence.hidden.narrow(0, row, tokens - 1 - row), use, context, kLogitsRows);
}

int64_t ModelScorer::Running::bytes() const
{
    int64_t sum = hidden.defined() ? static_cast<int64_t>(hidden.nbytes()) : 0;
    for (const LayerCache &layer : layers)
        sum += layer.allocatedBytes();
    for (const std::vector<double> &columns : checkpoints)
        sum += static_cast<int64_t>(columns.size() * sizeof(double));
    return sum;
}

void ModelScorer::notePeak(int64_t tokens)
{
    const ModelConfig &config = m_model->config();
    int64_t bytes = 4 * 64 * (config.vocab + config.groups() * tokens); // a block of logits and of attention
    for (const Running &running : m_running)
        bytes += running.bytes();
    m_costs.peakBytes = std::max(m_costs.peakBytes, bytes);
}

Result<std::vector<int32_t>> ModelScorer::continuation(std::span<const int32_t> ids, int64_t count, const RunContext &context)
{
    std::vector<int32_t> sequence(ids.begin(), ids.end()), out;
    const std::vector<int32_t> ends = m_model->tokenizer() ? m_model->tokenizer()->endIds() : std::vector<int32_t>();
    while (static_cast<int64_t>(out.size()) < count) {
        auto row = logits(sequence, static_cast<int64_t>(sequence.size()) - 1, context);
        if (!row)
            return fail(row.error());
        const float *values = row->const_data_ptr<float>();
        const auto next = static_cast<int32_t>(std::max_element(values, values + row->numel()) - values);
        if (std::find(ends.begin(), ends.end(), next) != ends.end())
            break;
        out.push_back(next);
        sequence.push_back(next);
        context.progress("generate", static_cast<int64_t>(out.size()), count, "tokens");
    }
    return out;
}

} // namespace winnow
