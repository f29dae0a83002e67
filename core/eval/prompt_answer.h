#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/eval/prompt_scorer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// A gold answer under the full and the compressed prompt, per answer token, nats (prompt-compression-baselines.md 6).
struct AnswerMeasure {
    int64_t tokens = 0;
    double nll = 0, fullNll = 0; // mean -ln p(token | prompt, answer so far)
    double kl = 0; // mean KL(p_full || p_compressed) of the next token
};

/// Tokens of an answer behind a prompt: a space in front where neither side has white space.
Result<std::vector<int32_t>> answerTokens(const Tokenizer &tokenizer, const std::string &prompt, const std::string &answer);

/// Logits of the rows that predict the answer's tokens, [answer, V] f32.
/// @error BadInput for an answer that is empty or too long, an empty prompt for a model without start token; as ModelScorer::logits.
Result<at::Tensor> answerLogits(
    ModelScorer &reader, std::span<const int32_t> prompt, std::span<const int32_t> answer, const RunContext &context);

/// The answer under two prompts by what answerLogits gave for each. @param reference of the full prompt.
AnswerMeasure compareAnswer(const at::Tensor &reference, const at::Tensor &logits, std::span<const int32_t> answer);

/// @param fullReader, reader the same model; two, so that the full prompt stays in its cache.
/// @param full, compressed tokens of the prompts; an empty one begins with the reader's start token.
/// @error BadInput (an empty answer, an empty prompt for a model without start token, longer than the context), Cancelled.
/// @cost  What of the two prompts is not in the reader's caches, and the answer twice.
Result<AnswerMeasure> measureAnswer(ModelScorer &fullReader, ModelScorer &reader, std::span<const int32_t> full,
    std::span<const int32_t> compressed, std::span<const int32_t> answer, const RunContext &context);

} // namespace winnow
