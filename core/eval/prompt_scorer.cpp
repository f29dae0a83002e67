#include "core/eval/prompt_scorer.h"

#include "core/eval/column_blocks.h"
#include "core/eval/encoder_tagger.h"
#include "core/eval/start_token.h"
#include "core/eval/token_information.h"
#include "core/model/layer_pass.h"
#include "core/model/memory_forecast.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    constexpr int64_t kLogitsRows = 72; // three panels of the packed kernels
    constexpr int64_t kDeviceLogitsBytes = int64_t{64} << 20; // of logits on a GPU
    constexpr size_t kRunning = 2; // a text alone, and behind a question
    constexpr int64_t kWorthReusing = 16; // tokens in common below which a running sequence is better left alone
    constexpr int64_t kSpareSlots = 64; // so that one token more is no new cache
    constexpr int64_t kKnownTokens = 400000; // of the table: 10 MB

    double since(Clock::time_point began) { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }

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

    /// Attention of the chosen heads goes into the blocks as it is made.
    std::vector<HookScope> addColumnHooks(Hooks &hooks, ColumnBlocks &blocks, const ModelConfig &config, const ScoreWish &wish)
    {
        std::vector<HookScope> scopes;
        for (int64_t l = 0; l < config.layers; ++l) {
            std::vector<int64_t> heads = headsOfLayer(config, wish, l);
            if (heads.empty())
                continue;
            scopes.push_back(hooks.add(HookPoint::Probabilities, l, [&blocks, heads = std::move(heads)](const at::Tensor &weights, const HookSite &site) {
                blocks.add(weights, heads, site);
                return std::optional<at::Tensor>();
            }));
        }
        return scopes;
    }

    /// columns [blocks, n]. @return [n] their sums over the number of heads.
    std::vector<double> meanColumns(const at::Tensor &columns, const ModelConfig &config, const ScoreWish &wish)
    {
        const auto heads = wish.heads.empty() ? config.layers * config.heads : static_cast<int64_t>(wish.heads.size());
        const at::Tensor sums = columns.sum(0).cpu();
        std::vector<double> out(sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel());
        for (double &value : out)
            value /= static_cast<double>(heads);
        return out;
    }

    /// Rows of logits that are made together.
    int64_t logitsRows(const Model &model)
    {
        return model.device().is_cpu() ? kLogitsRows : std::max<int64_t>(kLogitsRows, kDeviceLogitsBytes / (4 * model.config().vocab));
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
    const auto began = Clock::now();
    const double unasked = m_unaskedMs;
    RunningSequence &sequence = resume(ids, wish);
    const bool watches = !wish.attention && isWatched(ids) && sequence.rows() == 0;
    if (watches)
        sequence.watchColumns(static_cast<int64_t>(ids.size()));
    auto columns = run(sequence, ids, watches ? ScoreWish{.attention = true} : wish, context);
    const Result<void> done = columns ? addInformation(sequence, context) : Result<void>(fail(columns.error()));
    if (!done) {
        m_running.clear(); // layers that ran hold rows that the others lack
        return fail(done.error());
    }
    if (watches)
        sequence.dropColumns();
    SequenceScores scores{sequence.information, std::move(*columns)};
    remember(ids, watches ? ScoreWish{} : wish, scores);
    m_costs.ms += since(began) - (m_unaskedMs - unasked);
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
    RunningSequence &sequence = resume(ids, {});
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

int64_t ModelScorer::sharedRows(const RunningSequence &running, std::span<const int32_t> ids) const
{
    // Sequences of the two lengths are rotated with other frequencies (LongRope).
    const int64_t limit = m_model->rope().switchLength();
    if (m_reuse == ReusePrefix::No || (static_cast<int64_t>(running.ids.size()) > limit) != (static_cast<int64_t>(ids.size()) > limit))
        return 0;
    const int64_t prefix = commonPrefix(running.ids, ids);
    return prefix >= kWorthReusing ? prefix : 0;
}

int64_t ModelScorer::missingRows(std::span<const int32_t> ids) const
{
    const auto holds = [&](const Known &entry) { return std::equal(ids.begin(), ids.end(), entry.ids.begin(), entry.ids.end()); };
    if (std::any_of(m_known.begin(), m_known.end(), holds))
        return 0;
    int64_t shared = 0;
    for (const RunningSequence &running : m_running)
        shared = std::max(shared, sharedRows(running, ids));
    return static_cast<int64_t>(ids.size()) - shared;
}

std::pair<RunningSequence *, int64_t> ModelScorer::place(std::span<const int32_t> ids)
{
    RunningSequence *best = nullptr;
    int64_t common = 0, bytes = 0;
    for (RunningSequence &running : m_running) {
        bytes += running.bytes();
        const int64_t prefix = sharedRows(running, ids);
        if (prefix > common) {
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
    best = &*std::min_element(m_running.begin(), m_running.end(), [](const RunningSequence &a, const RunningSequence &b) { return a.used < b.used; });
    *best = RunningSequence();
    return {best, 0};
}

RunningSequence &ModelScorer::resume(std::span<const int32_t> ids, const ScoreWish &wish)
{
    const auto [best, common] = place(ids);
    best->used = ++m_clock;
    if (wish.attention)
        best->wantColumns(wish.heads, static_cast<int64_t>(ids.size()));
    const int64_t summed = best->cutColumns(common);
    best->cutTo(common, wish.attention ? summed : common); // a row whose columns are not known yet runs again
    return *best;
}

Result<std::vector<double>> ModelScorer::run(
    RunningSequence &sequence, std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context)
{
    const Model &model = *m_model;
    const auto tokens = static_cast<int64_t>(ids.size());
    const int64_t first = sequence.rows();
    if (sequence.layers.empty())
        sequence.layers.assign(static_cast<size_t>(model.config().layers), LayerCache(model.config(), model.device()));
    sequence.ids.assign(ids.begin(), ids.end());
    if (wish.attention)
        sequence.growColumns(tokens, model.device());
    if (first < tokens) {
        at::Tensor x = embedRows(model, ids.subspan(static_cast<size_t>(first)), positionsFrom(first, tokens - first));
        if (auto done = runLayers(sequence, wish, context, x); !done)
            return fail(done.error());
        sequence.hidden = first > 0 ? at::cat({sequence.hidden, x}) : x;
        m_costs.forwards += 1;
        m_costs.tokensProcessed += tokens - first;
        notePeak(first, tokens);
    }
    if (!wish.attention)
        return std::vector<double>();
    sequence.summed = tokens;
    return meanColumns(sequence.columns, model.config(), wish);
}

Result<void> ModelScorer::runLayers(RunningSequence &sequence, const ScoreWish &wish, const RunContext &context, at::Tensor &x)
{
    const ModelConfig &config = m_model->config();
    const int64_t first = sequence.rows(), count = x.size(0);
    const std::vector<int32_t> positions = positionsFrom(first, count);
    LayerPass pass{*m_model, m_model->rope().rows(positions, m_model->device(), first + count), positions, context};
    ColumnBlocks blocks{sequence.columns, sequence.columnRows, first, 0};
    Hooks hooks;
    std::vector<HookScope> scopes;
    if (wish.attention) {
        pass.hooks = &hooks;
        scopes = addColumnHooks(hooks, blocks, config, wish);
    }
    for (int64_t l = 0; l < config.layers; ++l) {
        LayerCache &layer = sequence.layers[static_cast<size_t>(l)];
        if (const HeadSlots &slots = layer.head(0); slots.count() + count > slots.capacity())
            layer.reserve(std::max(count, kSpareSlots));
        if (auto done = runLayer(pass, l, layer, x); !done)
            return fail(done.error());
        if (count > 1)
            context.progress("score", l + 1, config.layers, "layers");
    }
    if (sequence.isWatched)
        m_unaskedMs += blocks.ms;
    else if (m_model->device().is_cpu())
        m_costs.attentionMs += blocks.ms;
    return {};
}

Result<void> ModelScorer::addInformation(RunningSequence &sequence, const RunContext &context)
{
    const auto tokens = static_cast<int64_t>(sequence.ids.size());
    const auto known = static_cast<int64_t>(sequence.information.size());
    if (known == 0)
        sequence.information.push_back(std::numeric_limits<double>::quiet_NaN());
    const int64_t row = std::max<int64_t>(known, 1) - 1; // the first whose next token is not scored yet
    if (row + 1 >= tokens)
        return {};
    std::vector<at::Tensor> parts; // they are read when all are made: on a GPU each would be waited for
    const auto use = [&](int64_t first, const at::Tensor &logits) {
        const auto next = std::span(sequence.ids).subspan(static_cast<size_t>(row + first + 1), static_cast<size_t>(logits.size(0)));
        parts.push_back(tokenInformation(logits, next));
    };
    if (auto done = forLogits(*m_model, sequence.hidden.narrow(0, row, tokens - 1 - row), use, context, logitsRows(*m_model)); !done)
        return done;
    const at::Tensor made = at::cat(parts).cpu();
    sequence.information.insert(sequence.information.end(), made.const_data_ptr<double>(), made.const_data_ptr<double>() + made.numel());
    return {};
}

bool ModelScorer::isWatched(std::span<const int32_t> ids) const
{
    // On a GPU the time of adding cannot be told from the rest.
    return m_model->device().is_cpu() && std::equal(ids.begin(), ids.end(), m_watched.begin(), m_watched.end());
}

void ModelScorer::notePeak(int64_t first, int64_t tokens)
{
    const ModelConfig &config = m_model->config();
    const at::Device device = m_model->device();
    const int64_t heads = device.is_cpu() ? config.groups() : config.heads;
    const int64_t pass = forecastPassBytes(config, tokens - first, device)
        + 4 * heads * std::min(tokens - first, attentionBlockRows(device, config.heads, tokens)) * first;
    int64_t bytes = std::max(pass, 4 * std::min(tokens, logitsRows(*m_model)) * config.vocab);
    for (const RunningSequence &running : m_running)
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
