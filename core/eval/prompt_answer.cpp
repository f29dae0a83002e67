#include "core/eval/prompt_answer.h"

#include "core/eval/metrics_rows.h"

#include <ATen/core/Tensor.h>

namespace winnow {
namespace {

    constexpr size_t kLongestAnswer = 512; // rows of logits held at once

    std::span<const float> rowOf(const at::Tensor &logits, int64_t row)
    {
        return {logits.const_data_ptr<float>() + row * logits.size(1), static_cast<size_t>(logits.size(1))};
    }

} // namespace

Result<std::vector<int32_t>> answerTokens(const Tokenizer &tokenizer, const std::string &prompt, const std::string &answer)
{
    const auto isSpace = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
    const bool joined = answer.empty() || isSpace(answer.front()) || prompt.empty() || isSpace(prompt.back());
    auto tokens = tokenizer.encode(joined ? answer : ' ' + answer, SpecialTokens::None);
    if (!tokens)
        return fail(tokens.error());
    std::vector<int32_t> ids;
    for (const Token &token : *tokens)
        ids.push_back(token.id);
    return ids;
}

Result<at::Tensor> answerLogits(
    ModelScorer &reader, std::span<const int32_t> prompt, std::span<const int32_t> answer, const RunContext &context)
{
    if (answer.empty() || answer.size() > kLongestAnswer)
        return fail(ErrorCode::BadInput, "the answer has " + std::to_string(answer.size()) + " tokens, expected 1 to " + std::to_string(kLongestAnswer));
    std::vector<int32_t> ids(prompt.begin(), prompt.end());
    if (ids.empty()) {
        const auto start = reader.startToken();
        if (!start)
            return fail(ErrorCode::BadInput, "nothing is left of the prompt, and the reader has no start token to answer from");
        ids.push_back(*start);
    }
    const auto first = static_cast<int64_t>(ids.size()) - 1;
    ids.insert(ids.end(), answer.begin(), answer.end() - 1);
    return reader.logits(ids, first, context);
}

AnswerMeasure compareAnswer(const at::Tensor &reference, const at::Tensor &logits, std::span<const int32_t> answer)
{
    AnswerMeasure measure;
    measure.tokens = static_cast<int64_t>(answer.size());
    ReferenceRows row(1, reference.size(1));
    const auto count = static_cast<double>(answer.size());
    for (int64_t t = 0; t < measure.tokens; ++t) {
        row.set(0, rowOf(reference, t));
        const RowScore score = scoreRow(rowOf(logits, t), row, 0, answer[static_cast<size_t>(t)]);
        measure.nll += score.nll / count;
        measure.fullNll += (score.nll - score.deltaNll) / count;
        measure.kl += score.kl / count;
    }
    return measure;
}

Result<AnswerMeasure> measureAnswer(ModelScorer &fullReader, ModelScorer &reader, std::span<const int32_t> full,
    std::span<const int32_t> compressed, std::span<const int32_t> answer, const RunContext &context)
{
    auto reference = answerLogits(fullReader, full, answer, context);
    if (!reference)
        return fail(reference.error());
    auto logits = answerLogits(reader, compressed, answer, context);
    if (!logits)
        return fail(logits.error());
    return compareAnswer(*reference, *logits, answer);
}

} // namespace winnow
