#include "core/serve/prompt_reading.h"

#include "core/methods/prompt/recovery.h"

#include <ATen/core/Tensor.h>

#include <chrono>

namespace winnow {
namespace {

    using Clock = std::chrono::steady_clock;

    /// A prompt as the reader sees it.
    struct ReadPrompt {
        std::string text;
        std::vector<int32_t> ids;
    };

    Result<ReadPrompt> readPromptOf(const PromptSetup &setup, const std::string &contexts, const ModelScorer &reader)
    {
        auto ids = readerPrompt(setup, contexts);
        if (!ids)
            return fail(ids.error());
        if (ids->empty() && reader.startToken())
            ids->push_back(*reader.startToken());
        return ReadPrompt{composedPrompt(setup.input, contexts), std::move(*ids)};
    }

    /// Milliseconds from nothing to the logits behind the last token.
    Result<double> prefillMs(ModelScorer &reader, const std::vector<int32_t> &ids, const RunContext &context)
    {
        reader.releaseCaches();
        const auto began = Clock::now();
        auto logits = reader.logits(ids, static_cast<int64_t>(ids.size()) - 1, context);
        if (!logits)
            return fail(logits.error());
        return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    }

    Result<TextArtifact> continued(ModelScorer &reader, const ReadPrompt &prompt, const char *role, int64_t count, const RunContext &context)
    {
        auto ids = reader.continuation(prompt.ids, count, context);
        if (!ids)
            return fail(ids.error());
        auto text = reader.model().tokenizer()->decode(*ids, true);
        if (!text)
            return fail(text.error());
        return TextArtifact{role, role, std::move(*text), std::move(*ids)};
    }

    /// What compression takes and saves, and for how large a reader it pays: prefill grows with the parameters.
    void addGain(double parameters, double fullMs, double cutMs, PromptOutcome &outcome)
    {
        outcome.savings.prefillMs = cutMs;
        outcome.metrics["prefillMs"] = cutMs;
        outcome.metrics["fullPrefillMs"] = fullMs;
        outcome.metrics["endToEndGainMs"] = fullMs - (outcome.compressMs + cutMs);
        if (fullMs > cutMs)
            outcome.metrics["breakEvenParameters"] = parameters * outcome.compressMs / (fullMs - cutMs);
    }

    /// The first answer as the reader takes it behind the full prompt; empty where there is none.
    Result<std::vector<int32_t>> answerOf(const PromptSetup &setup, const ReadPrompt &full)
    {
        if (setup.input.answers.empty())
            return std::vector<int32_t>();
        return answerTokens(*setup.readerTokenizer, full.text, setup.input.answers.front());
    }

    Result<void> addAnswer(const PromptReaders &readers, const ReadPrompt &full, const ReadPrompt &cut, const std::vector<int32_t> &answer,
        PromptOutcome &outcome, const RunContext &context)
    {
        auto measure = measureAnswer(*readers.full, *readers.cut, full.ids, cut.ids, answer, context);
        if (!measure)
            return fail(measure.error());
        outcome.metrics["answerTokens"] = static_cast<double>(measure->tokens);
        outcome.metrics["answerNll"] = measure->nll;
        outcome.metrics["fullAnswerNll"] = measure->fullNll;
        outcome.metrics["deltaNll"] = measure->nll - measure->fullNll;
        outcome.metrics["kl"] = measure->kl;
        return {};
    }

    Result<void> addTexts(const PromptSetup &setup, const MethodRequest &method, const PromptReaders &readers, const ReadPrompt &full,
        const ReadPrompt &cut, PromptOutcome &outcome, const RunContext &context)
    {
        auto whole = continued(*readers.full, full, "full", setup.generate, context);
        auto modified = whole ? continued(*readers.cut, cut, "modified", setup.generate, context) : whole;
        if (!modified)
            return fail(modified.error());
        outcome.texts = {std::move(*whole), std::move(*modified)};
        if (method.spec->id == "longllmlingua") {
            const std::string &reply = outcome.texts.back().text;
            outcome.texts.push_back({"recovered", "recovered", recoveredReply(setup.input.text, outcome.plan.text, reply), {}});
        }
        return {};
    }

} // namespace

Result<void> readPrompts(const PromptSetup &setup, const MethodRequest &method, const PromptReaders &readers, ReadTiming timing,
    PromptOutcome &outcome, const RunContext &context)
{
    const ModelConfig &config = readers.full->model().config();
    auto full = readPromptOf(setup, setup.input.text, *readers.full);
    auto cut = full ? readPromptOf(setup, outcome.plan.text, *readers.full) : full;
    if (!cut)
        return fail(cut.error());
    const auto bytes = [&](const ReadPrompt &prompt) { return static_cast<double>(config.ownCacheBytes(static_cast<int64_t>(prompt.ids.size()))); };
    outcome.savings.fullBytes = bytes(*full);
    outcome.savings.nominalBytes = bytes(*cut);
    outcome.savings.nativeBytes = bytes(*cut);
    outcome.metrics["promptTokensIn"] = static_cast<double>(full->ids.size());
    outcome.metrics["promptTokensOut"] = static_cast<double>(cut->ids.size());
    auto answer = answerOf(setup, *full);
    if (!answer)
        return fail(answer.error());
    const int64_t behind = std::max(setup.generate, std::ssize(*answer));
    const int64_t longest = static_cast<int64_t>(std::max(full->ids.size(), cut->ids.size())) + behind;
    if (longest > config.contextLength) {
        outcome.notices.push_back(std::string("the full prompt ") + (behind > 0 ? "and what follows it need " : "needs ") + std::to_string(longest) + " positions, the context of " + config.name + " holds "
            + std::to_string(config.contextLength) + ": the reader was not run");
        return {};
    }
    if (cut->ids.empty())
        return fail(ErrorCode::BadInput, "nothing is left of the prompt, and the reader has no start token");
    if (timing == ReadTiming::Measure) {
        auto fullMs = prefillMs(*readers.full, full->ids, context);
        auto cutMs = fullMs ? prefillMs(*readers.cut, cut->ids, context) : fullMs;
        if (!cutMs)
            return fail(cutMs.error());
        addGain(static_cast<double>(config.activeParameters()), *fullMs, *cutMs, outcome);
    }
    if (!setup.input.answers.empty()) {
        if (auto added = addAnswer(readers, *full, *cut, *answer, outcome, context); !added)
            return added;
    }
    return setup.generate > 0 ? addTexts(setup, method, readers, *full, *cut, outcome, context) : Result<void>();
}

} // namespace winnow
