#pragma once

#include "core/eval/data/items.h"
#include "core/serve/prompt_run.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

namespace winnow {

/// What a reader answers to items, under the full and under shortened prompts. Prompts that begin like the one before cost what is new
/// (ModelScorer), so items with the same contexts should come one after the other. What the full prompts gave is kept for the
/// items of one group.
class ItemReader {
public:
    ItemReader(std::shared_ptr<ModelScorer> full, std::shared_ptr<ModelScorer> cut)
        : m_full(std::move(full))
        , m_cut(std::move(cut))
    {
    }

    /// Adds answerNll, fullAnswerNll, deltaNll, kl, answerTokens; where the request generates, the texts `full` and `modified` with
    /// taskScore, fullTaskScore and, for answers to questions, exactMatch, fullExactMatch.
    /// @error as ModelScorer::logits; Cancelled. A prompt that does not fit the reader's context gives a notice.
    Result<void> read(int64_t number, const PromptItem &item, const PromptSetup &setup, PromptOutcome &outcome, const RunContext &context);
    /// A group ends: what is known of its full prompts goes.
    void forgetItems();
    void releaseCaches();

private:
    struct Prompts {
        std::string text;
        std::vector<int32_t> full, cut, answer;
    };
    Result<void> readAnswer(int64_t number, const Prompts &prompts, PromptOutcome &outcome, const RunContext &context);
    Result<void> readTexts(int64_t number, const PromptItem &item, const Prompts &prompts, const PromptSetup &setup, PromptOutcome &outcome, const RunContext &context);

    std::shared_ptr<ModelScorer> m_full, m_cut;
    std::map<int64_t, at::Tensor> m_reference; // by item: logits of the answer's rows, [answer, V]
    int64_t m_referenceBytes = 0;
    std::map<int64_t, TextArtifact> m_texts; // by item: continuation of the full prompt
};

/// Greedy tokens behind a prompt, from the caches of the reader; ends with an end token, `count`, or when the reply is complete
/// for its metric.
Result<TextArtifact> greedyReply(ModelScorer &reader, const std::vector<int32_t> &prompt, int64_t count, const PromptItem &item, const char *role,
    const RunContext &context);

/// Score of a reply to an item by the metric of its set.
double replyScore(const PromptItem &item, std::string_view reply);

} // namespace winnow
