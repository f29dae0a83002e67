#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

class TokenTagger; // core/methods/prompt/token_tagger.h

/// One attention head.
struct HeadIndex {
    int32_t layer = 0, head = 0;

    auto operator<=>(const HeadIndex &) const = default;
};

/// What is asked about a sequence beside the information of its tokens.
struct ScoreWish {
    bool attention = false;
    std::span<const HeadIndex> heads{}; // empty = all
};

/// What a causal model says about a sequence of n tokens (dac.md 3.1).
struct SequenceScores {
    std::vector<double> information; // [n] -ln p(x_t | x_0..x_(t-1)), nats; NaN for token 0
    std::vector<double> attention; // [n] column sums of attention, own row included, mean over heads; they sum to n. Empty unless asked
};

/// What scoring took.
struct ScorerCosts {
    int64_t forwards = 0; // passes that ran
    int64_t tokensAsked = 0; // tokens of all sequences that were asked
    int64_t tokensProcessed = 0; // rows that went through the layers; the others were known already
    double ms = 0;
    double attentionMs = 0; // of these, in adding up columns of attention; 0 on a GPU, which is not waited for
    int64_t peakBytes = 0; // of cache, states and scratch of the scorer at most
};

/// A token of a text with its bytes.
struct ScorerToken {
    int32_t id = 0;
    int64_t begin = 0, end = 0;
};

/// The model as a prompt method sees it: it scores sequences, alone and from position 0. Sequences that begin like the last one
/// cost only what is new.
class PromptScorer {
public:
    virtual ~PromptScorer() = default;

    /// Tokens of the longest sequence.
    virtual int64_t window() const = 0;
    /// @error BadInput (longer than the window, id outside the vocabulary, head outside the model), Cancelled.
    virtual Result<SequenceScores> score(std::span<const int32_t> ids, const ScoreWish &wish, const RunContext &context) = 0;
    /// Tokens of another text, none special.
    virtual Result<std::vector<ScorerToken>> tokens(std::string_view text) const = 0;
    /// What a text by itself begins with for this model: its start token, else its end token, else nothing.
    virtual std::optional<int32_t> startToken() const = 0;
    virtual const ScorerCosts &costs() const = 0;
    /// A trained token classifier from a folder of the user.
    /// @error NotFound, Unsupported, BadModelFile as its loader; Unsupported where there is no loader.
    virtual Result<std::shared_ptr<const TokenTagger>> tagger(const std::string &folder, const RunContext &context);
};

} // namespace winnow
