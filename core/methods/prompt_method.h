#pragma once

#include "core/base/error.h"
#include "core/base/report.h"
#include "core/base/run_context.h"
#include "core/methods/parameters.h"
#include "core/methods/prompt_scorer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

/// Bytes of the text, [begin, end).
using ByteSpan = std::pair<int64_t, int64_t>;
/// Tokens, [first, end).
struct TokenRange {
    int32_t first = 0, end = 0;

    int32_t count() const { return end - first; }
};

/// What is compressed: contexts joined by a blank line, as tokens of the scorer without special ones. Instruction and question
/// stay as they are.
struct PromptInput {
    std::string instruction, question;
    std::vector<std::string> contexts;
    std::vector<std::string> answers; // accepted ones, for methods and metrics that know them
    std::string text;
    std::vector<int32_t> ids; // [n]
    std::vector<ByteSpan> spans; // [n] bytes of `text`
    std::vector<TokenRange> contextTokens; // [contexts]; tokens of the blank lines between them belong to none
    int64_t instructionTokens = 0, questionTokens = 0;

    int64_t tokens() const { return static_cast<int64_t>(ids.size()); }
    /// Source bytes of one token.
    std::string_view bytes(int64_t token) const;
    /// Context i with the blank line behind it.
    TokenRange wholeContext(size_t context) const;
};

/// The size asked for: a kept share r, and a number of tokens where that was typed.
struct PromptBudget {
    double rate = 0.5;
    int64_t tokens = -1; // -1 = rate counts

    /// B = floor(r n + 1e-9), or the typed number; 0 .. n.
    int64_t target(int64_t n) const;
    /// r, or what the typed number is of n.
    double share(int64_t n) const;
};

/// What a method leaves of a prompt, and how it came to it.
struct PromptPlan {
    std::vector<int32_t> kept; // ascending indices into PromptInput::ids
    std::string text; // the rendering; empty = made of `kept` by PromptMethod::compress
    bool ownText = false; // the method has rendered `text` itself
    int64_t droppedBytes = 0; // of characters cut apart
    std::vector<int32_t> stageOf; // [n] 0 = stays, k = removed in stage k; empty = one stage
    std::vector<int32_t> protectedTokens;
    std::vector<TokenScores> scores; // ids stage.0 .. stage.N
    std::vector<TableArtifact> tables; // stages, trace.*
    std::vector<std::pair<std::string, double>> metrics; // of the method itself (AUC, VR, ...)
    std::vector<std::string> notices;
};

/// Deletes tokens of a prompt; none is rewritten. Methods are const, know no other method, and see the model only as a scorer.
class PromptMethod {
public:
    virtual ~PromptMethod() = default;

    /// Whether `run` calls the scorer; controls do not.
    virtual bool scores(const Parameters &) const { return true; }
    /// What the method cannot do without beside contexts: a question, an answer. Empty = nothing.
    virtual std::string lacks(const PromptInput &, const Parameters &) const { return {}; }
    /// False for methods that keep all or nothing, whatever is asked.
    virtual bool takesBudget() const { return true; }
    /// Whether the kept tokens meet the budget by count (they rank), so that a sweep needs no search for it.
    virtual bool meetsBudget(const Parameters &) const { return true; }

    /// Compresses. A budget of all tokens gives the input back without a look at the model, in every method.
    /// @error BadInput for an empty input, or what `lacks` names; whatever the scorer reports; Cancelled.
    Result<PromptPlan> compress(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget,
        const Parameters &parameters, const RunContext &context) const;

protected:
    /// Budgets below all tokens, at least one token.
    virtual Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget,
        const Parameters &parameters, const RunContext &context) const = 0;
    /// What goes between two kept tokens that were no neighbours.
    virtual std::string joiner(const Parameters &parameters) const;
};

} // namespace winnow
