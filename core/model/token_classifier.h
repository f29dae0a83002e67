#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/tokenizer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Sizes and switches of an encoder of the BERT kind.
struct EncoderConfig {
    std::string name, modelType; // "bert", "roberta", "xlm-roberta"
    int64_t layers = 0, heads = 0, hidden = 0, ffn = 0, vocab = 0;
    int64_t positions = 0; // rows of the position table
    int64_t positionOffset = 0; // row of the first token: 0, or pad + 1 for RoBERTa
    double normEps = 1e-12;
    int64_t classes = 0;
};

/// A linear map with its bias.
struct EncoderMap {
    at::Tensor weight, bias; // [out, in], [out]
};
struct EncoderNorm {
    at::Tensor weight, bias; // [E]
};
struct EncoderLayer {
    EncoderMap query, key, value, output, up, down;
    EncoderNorm attentionNorm, ffnNorm;
};

/// A bidirectional encoder with a head over every token: BertForTokenClassification, RobertaForTokenClassification and
/// XLMRobertaForTokenClassification folders. f32 on the CPU.
class TokenClassifier {
public:
    /// @error NotFound without config.json, weights or tokenizer.json; Unsupported for another architecture or activation; BadModelFile
    ///        naming every tensor that is missing or has another shape.
    static Result<std::shared_ptr<const TokenClassifier>> open(const std::filesystem::path &folder, const RunContext &context);

    const EncoderConfig &config() const { return m_config; }
    const Tokenizer &tokenizer() const { return *m_tokenizer; }
    /// Tokens of the longest sequence, special ones included.
    int64_t window() const { return m_config.positions - m_config.positionOffset; }

    /// Class probabilities of every token of a sequence that has its special tokens. @return [n, classes]
    /// @error BadInput (longer than the window, id outside the vocabulary); Cancelled between layers.
    /// @source arXiv:1810.04805, section 3; post-norm layers.
    Result<at::Tensor> probabilities(std::span<const int32_t> ids, const RunContext &context) const;

private:
    EncoderConfig m_config;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    at::Tensor m_words, m_positions, m_types; // [V, E], [P, E], [types, E]
    EncoderNorm m_embeddingNorm;
    std::vector<EncoderLayer> m_layers;
    EncoderMap m_head;
};

} // namespace winnow
