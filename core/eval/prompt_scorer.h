#pragma once

#include "core/methods/prompt_scorer.h"
#include "core/model/kv_cache.h"
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
/// gives its rows (dac.md 3.9), so that only what is behind the common part is run. Column sums are kept by blocks of query rows for that;
/// they equal those of a full pass to 1e-4. Logits are made block by block and dropped; no attention map is held.
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
    void startCounting() { m_costs = {}; }
    /// Gives the caches of running sequences back; the table of scores stays.
    void releaseCaches();

private:
    /// A sequence whose rows are in a cache.
    struct Running {
        std::vector<int32_t> ids;
        std::vector<LayerCache> layers;
        at::Tensor hidden; // [n, E] leaving the last layer
        std::vector<double> information; // [n]
        std::vector<HeadIndex> heads;
        /// Column sums over the chosen heads of all rows before row (i + 1) * kBlockRows.
        std::vector<std::vector<double>> checkpoints;
        uint64_t used = 0;

        int64_t bytes() const;
    };
    struct Known {
        std::vector<int32_t> ids;
        std::vector<HeadIndex> heads;
        SequenceScores scores;
    };

    const SequenceScores *known(std::span<const int32_t> ids, const ScoreWish &wish);
    void remember(std::span<const int32_t> ids, const ScoreWish &wish, const SequenceScores &scores);
    /// The running sequence that shares most with `ids`, or a new one, and how many tokens they share.
    std::pair<Running *, int64_t> place(std::span<const int32_t> ids);
    /// The running sequence to go on from, cut to the rows that hold.
    Running &resume(std::span<const int32_t> ids, const ScoreWish &wish);
    Result<std::vector<double>> run(Running &sequence, std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context);
    Result<void> addInformation(Running &sequence, const RunContext &context);
    Result<void> checkHeads(const ScoreWish &wish) const;
    void notePeak(int64_t tokens);

    std::shared_ptr<const Model> m_model;
    ReusePrefix m_reuse;
    int64_t m_cacheBytes = 0;
    std::optional<int32_t> m_start;
    std::list<Running> m_running;
    std::list<Known> m_known; // most recently used first
    int64_t m_knownTokens = 0;
    uint64_t m_clock = 0;
    std::string m_taggerFolder;
    std::shared_ptr<const TokenTagger> m_tagger;
    ScorerCosts m_costs;
};

} // namespace winnow
