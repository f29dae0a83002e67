#pragma once

#include "core/eval/running_sequence.h"
#include "core/methods/prompt_scorer.h"
#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

enum class ReusePrefix { Yes, No };

/// A causal model as the scorer of prompt methods.
///
/// Scores that were asked before are answered from a table. The caches of the last sequences stay: one that begins like the next one
/// gives its rows (dac.md 3.9), so that only what is behind the common part is run. Column sums are kept by blocks of query rows for that,
/// where the attention is; they equal those of a full pass to 1e-4. Logits are made block by block and dropped; no attention map is held.
class ModelScorer final : public PromptScorer {
public:
    /// @param cacheBytes caches of more than two sequences stay while they take no more than this, and a sequence is not cut to less than
    ///                   half for another one: for many prompts that are read again and again.
    explicit ModelScorer(std::shared_ptr<const Model> model, ReusePrefix reuse = ReusePrefix::Yes, int64_t cacheBytes = 0);

    int64_t window() const override { return m_model->config().contextLength; }
    Result<SequenceScores> score(std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context) override;
    Result<std::vector<ScorerToken>> tokens(std::string_view text) const override;
    std::optional<int32_t> startToken() const override { return m_start; }
    const ScorerCosts &costs() const override { return m_costs; }
    /// The encoder that was opened last stays.
    Result<std::shared_ptr<const TokenTagger>> tagger(const std::string &folder, const RunContext &context) override;

    /// Logits of the rows of a sequence from `firstRow` on, [n - firstRow, V] f32. Other rows need none.
    Result<at::Tensor> logits(std::span<const int32_t> ids, int64_t firstRow, const RunContext &context);

    /// The most likely tokens behind a sequence, one by one, until one that ends a text (it is not among them) or `count`.
    Result<std::vector<int32_t>> continuation(std::span<const int32_t> ids, int64_t count, const RunContext &context);

    const Model &model() const { return *m_model; }
    std::shared_ptr<const Model> modelPointer() const { return m_model; }
    /// Costs from now on; what is known stays known.
    void startCounting()
    {
        m_costs = {};
        m_unaskedMs = 0;
    }
    /// Rows that `score` without attention would run.
    int64_t missingRows(std::span<const int32_t> ids) const;
    /// The attention of these tokens will be asked for, too: a pass over all of them gathers it, whoever wants it. On the CPU, where
    /// the time of that is told apart.
    void watch(std::vector<int32_t> ids) { m_watched = std::move(ids); }
    /// Milliseconds that gathering took since startCounting; `ms` of the costs leaves them out.
    double unaskedMs() const { return m_unaskedMs; }
    /// Gives the caches of running sequences back; the table of scores stays.
    void releaseCaches();

private:
    struct Known {
        std::vector<int32_t> ids;
        std::vector<HeadIndex> heads;
        SequenceScores scores;
    };

    const SequenceScores *known(std::span<const int32_t> ids, const ScoreWish &wish);
    void remember(std::span<const int32_t> ids, const ScoreWish &wish, const SequenceScores &scores);
    /// Tokens at the beginning whose rows can be taken from a running sequence.
    int64_t sharedRows(const RunningSequence &running, std::span<const int32_t> ids) const;
    /// The running sequence that shares most with `ids`, or a new one, and how many tokens they share.
    std::pair<RunningSequence *, int64_t> place(std::span<const int32_t> ids);
    /// The running sequence to go on from, cut to the rows that hold.
    RunningSequence &resume(std::span<const int32_t> ids, const ScoreWish &wish);
    Result<std::vector<double>> run(RunningSequence &sequence, std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context);
    /// Rows x [T, E] behind those of the sequence, in place.
    Result<void> runLayers(RunningSequence &sequence, const ScoreWish &wish, const RunContext &context, at::Tensor &x);
    Result<void> addInformation(RunningSequence &sequence, const RunContext &context);
    Result<void> checkHeads(const ScoreWish &wish) const;
    bool isWatched(std::span<const int32_t> ids) const;
    void notePeak(int64_t first, int64_t tokens);

    std::shared_ptr<const Model> m_model;
    ReusePrefix m_reuse;
    int64_t m_cacheBytes = 0;
    std::optional<int32_t> m_start;
    std::list<RunningSequence> m_running;
    std::list<Known> m_known; // most recently used first
    int64_t m_knownTokens = 0;
    std::vector<int32_t> m_watched;
    double m_unaskedMs = 0;
    uint64_t m_clock = 0;
    std::string m_taggerFolder;
    std::shared_ptr<const TokenTagger> m_tagger;
    ScorerCosts m_costs;
};

} // namespace winnow
