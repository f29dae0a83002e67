#include "core/serve/dataset_reading.h"

#include "core/base/json_fields.h"
#include "core/eval/task_metrics.h"

#include <ATen/ops/argmax.h>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int64_t kReferenceBytes = int64_t{512} << 20;

    TextUnits unitsOf(const PromptItem &item)
    {
        return textUnitsOf(stringField(item.meta, "language", "auto"), item.answers.empty() ? item.question : item.answers.front());
    }

    /// What of a reply counts.
    std::string_view countedReply(const PromptItem &item, std::string_view reply) { return flagField(item.meta, "firstLine") ? firstReplyLine(reply) : reply; }

    /// Whether more text cannot change the score.
    bool isComplete(const PromptItem &item, std::string_view reply)
    {
        const size_t text = reply.find_first_not_of(" \n");
        if (text == std::string_view::npos)
            return false;
        if (flagField(item.meta, "firstLine"))
            return reply.find('\n', text) != std::string_view::npos;
        const TaskMetric metric = taskMetricFromName(stringField(item.meta, "metric"));
        const size_t mark = reply.find("answer is");
        return (metric == TaskMetric::Gsm8k || metric == TaskMetric::Bbh) && mark != std::string_view::npos && reply.find('\n', mark) != std::string_view::npos;
    }

} // namespace

double replyScore(const PromptItem &item, std::string_view reply)
{
    return taskScore(taskMetricFromName(stringField(item.meta, "metric")), countedReply(item, reply), item.answers, item.classes, unitsOf(item));
}

Result<TextArtifact> greedyReply(ModelScorer &reader, const std::vector<int32_t> &prompt, int64_t count, const PromptItem &item, const char *role,
    const RunContext &context)
{
    const Model &model = reader.model();
    const std::vector<int32_t> ends = model.tokenizer()->endIds();
    std::vector<int32_t> ids = prompt, reply;
    std::string text;
    while (std::ssize(reply) < count) {
        auto logits = reader.logits(ids, std::ssize(ids) - 1, context);
        if (!logits)
            return fail(logits.error());
        const auto next = static_cast<int32_t>(at::argmax(logits->reshape({-1})).item<int64_t>());
        if (std::find(ends.begin(), ends.end(), next) != ends.end())
            break;
        ids.push_back(next);
        reply.push_back(next);
        auto decoded = model.tokenizer()->decode(reply, true);
        if (!decoded)
            return fail(decoded.error());
        text = std::move(*decoded);
        if (isComplete(item, text))
            break;
    }
    return TextArtifact{role, role, std::move(text), std::move(reply)};
}

void ItemReader::forgetItems()
{
    m_reference.clear();
    m_referenceBytes = 0;
    m_texts.clear();
}

void ItemReader::releaseCaches()
{
    m_full->releaseCaches();
    m_cut->releaseCaches();
}

Result<void> ItemReader::read(int64_t number, const PromptItem &item, const PromptSetup &setup, PromptOutcome &outcome, const RunContext &context)
{
    Prompts prompts;
    prompts.text = composedPrompt(setup.input, setup.input.text);
    using Prompt = std::pair<const std::string *, std::vector<int32_t> *>;
    for (const auto &[contexts, ids] : {Prompt(&setup.input.text, &prompts.full), Prompt(&outcome.plan.text, &prompts.cut)}) {
        auto encoded = readerPrompt(setup, *contexts);
        if (!encoded)
            return fail(encoded.error());
        *ids = std::move(*encoded);
        if (ids->empty() && m_full->startToken())
            ids->push_back(*m_full->startToken());
        if (ids->empty())
            return fail(ErrorCode::BadInput, "nothing is left of the prompt, and the reader has no start token");
    }
    const ModelConfig &config = m_full->model().config();
    const auto bytes = [&](const std::vector<int32_t> &ids) { return static_cast<double>(config.ownCacheBytes(std::ssize(ids))); };
    outcome.savings.fullBytes = bytes(prompts.full);
    outcome.savings.nominalBytes = outcome.savings.nativeBytes = bytes(prompts.cut);
    outcome.metrics["promptTokensIn"] = static_cast<double>(prompts.full.size());
    outcome.metrics["promptTokensOut"] = static_cast<double>(prompts.cut.size());
    if (!setup.input.answers.empty()) {
        auto answer = answerTokens(*setup.readerTokenizer, prompts.text, setup.input.answers.front());
        if (!answer)
            return fail(answer.error());
        prompts.answer = std::move(*answer);
    }
    const int64_t longest = static_cast<int64_t>(std::max(prompts.full.size(), prompts.cut.size())) + std::max(setup.generate, std::ssize(prompts.answer));
    if (longest > config.contextLength) {
        outcome.notices.push_back("the full prompt and its answer may need " + std::to_string(longest) + " positions, the context of " + config.name
            + " holds " + std::to_string(config.contextLength) + ": the reader was not run");
        return {};
    }
    if (!setup.input.answers.empty()) {
        if (auto done = readAnswer(number, prompts, outcome, context); !done)
            return done;
    }
    return setup.generate > 0 ? readTexts(number, item, prompts, setup, outcome, context) : Result<void>();
}

Result<void> ItemReader::readAnswer(int64_t number, const Prompts &prompts, PromptOutcome &outcome, const RunContext &context)
{
    const std::vector<int32_t> &answer = prompts.answer;
    at::Tensor reference = m_reference.contains(number) ? m_reference.at(number) : at::Tensor();
    if (!reference.defined()) {
        auto logits = answerLogits(*m_full, prompts.full, answer, context);
        if (!logits)
            return fail(logits.error());
        reference = *logits;
        const auto size = static_cast<int64_t>(reference.nbytes());
        if (m_referenceBytes + size <= kReferenceBytes) {
            m_reference[number] = reference;
            m_referenceBytes += size;
        }
    }
    auto logits = answerLogits(*m_cut, prompts.cut, answer, context);
    if (!logits)
        return fail(logits.error());
    const AnswerMeasure measure = compareAnswer(reference, *logits, answer);
    outcome.metrics["answerTokens"] = static_cast<double>(measure.tokens);
    outcome.metrics["answerNll"] = measure.nll;
    outcome.metrics["fullAnswerNll"] = measure.fullNll;
    outcome.metrics["deltaNll"] = measure.nll - measure.fullNll;
    outcome.metrics["kl"] = measure.kl;
    return {};
}

Result<void> ItemReader::readTexts(int64_t number, const PromptItem &item, const Prompts &prompts, const PromptSetup &setup, PromptOutcome &outcome,
    const RunContext &context)
{
    if (!m_texts.contains(number)) {
        auto full = greedyReply(*m_full, prompts.full, setup.generate, item, "full", context);
        if (!full)
            return fail(full.error());
        m_texts[number] = std::move(*full);
    }
    outcome.texts.push_back(m_texts.at(number));
    auto modified = greedyReply(*m_cut, prompts.cut, setup.generate, item, "modified", context);
    if (!modified)
        return fail(modified.error());
    outcome.texts.push_back(std::move(*modified));
    if (item.answers.empty() || stringField(item.meta, "metric", "none") == "none")
        return {};
    for (const auto &[prefix, text] : {std::pair("", &outcome.texts.back()), std::pair("full", &outcome.texts.front())}) {
        const std::string score = *prefix ? "fullTaskScore" : "taskScore", exact = *prefix ? "fullExactMatch" : "exactMatch";
        outcome.metrics[score] = replyScore(item, text->text);
        if (stringField(item.meta, "metric") != "qaF1")
            continue;
        double best = 0;
        for (const std::string &answer : item.answers)
            best = std::max(best, winnow::exactMatch(countedReply(item, text->text), answer, unitsOf(item)));
        outcome.metrics[exact] = best;
    }
    return {};
}

} // namespace winnow
