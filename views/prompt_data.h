#pragma once

#include "core/base/report.h"
#include "views/token_text.h"

#include <QString>
#include <QVector>

#include <memory>
#include <vector>

namespace winnow {

/// One stage of a staged prompt method, as its report tells; NaN = not told.
struct PromptStage {
    int tokens = 0, kept = 0; // before and after the stage
    double threshold = 0, meanInformation = 0, sumInformation = 0; // nats
    double d = 0; // share the stage removes
    double r = 0; // of information and attention
    double rFirst = 0, maxDelta = 0; // information against the first stage, over the survivors
    double ms = 0; // NaN where the scores were at hand and nothing was computed
};

/// What a stage selects on: one value a token, NaN where the token is gone or has none. Empty = not in the report.
struct PromptScores {
    std::vector<float> information, attention, fused;
};

/// A piece that a method judges as a whole: a unit of Selective-Context, a word of a tagger.
struct PromptUnit {
    int first = 0, end = 0; // code points of the text
    QString text;
    double value = 0, threshold = 0; // NaN = none
    bool kept = false, forced = false;
};

/// A context as LLMLingua ranks it.
struct PromptContext {
    int index = 0, rank = -1, tokens = 0;
    double nll = 0, delta = 0;
    bool kept = false;
};

/// One segment of LLMLingua's token pass.
struct PromptSegment {
    int first = 0, end = 0, kept = 0, pool = 0; // tokens
    double tau = 0, threshold = 0;
};

/// What a method of the family `prompt` did to a text, read from its report once and shared by every view of the page.
struct PromptData {
    std::shared_ptr<const TokenText> text;
    std::vector<int32_t> ids;
    QString method, rendered;
    double askedRate = 1, achievedRate = 1; // kept shares
    bool unmatched = false; // a cell of a sweep: no rate of the method gave the asked length
    std::vector<int> stageOf; // [n] stage that removed the token, from 1; 0 = stays
    std::vector<int> wordOf; // [n] white-space word of the token
    std::vector<bool> isProtected; // [n]
    int stageCount = 0;
    std::vector<PromptScores> scores; // of stage 0, 1, ..; the last may be the final score
    std::vector<PromptStage> stages;
    QVector<PromptUnit> units;
    QVector<PromptContext> contexts;
    QVector<PromptSegment> segments;
    QString unitName; // "unit" or "word"
    QString fullAnswer, answer, gold; // generated, and the one that was asked for
    bool answered = false; // the reader was asked; its answer may be empty
    QString question;

    int tokens() const { return static_cast<int>(stageOf.size()); }
    /// Stage that views show for Selection::step: -1 = after the last one.
    int shownStage(int step) const;
    bool cutBy(int token, int stage) const;
    /// Tokens that are left after a stage.
    int leftAfter(int stage) const;
    int keptTokens() const { return leftAfter(stageCount); }
    /// The scores a stage (from 1) selected on; null when the report has none.
    const PromptScores *scoresOf(int stage) const;
    /// Rank of a token among those with a value, 1 = highest; 0 = it has none.
    static int rankOf(const std::vector<float> &values, int token);
};
using PromptDataPtr = std::shared_ptr<const PromptData>;

/// Null when the report is none of a prompt method.
/// @cost  One pass over the report; a millisecond for some thousand tokens.
PromptDataPtr readPromptData(const Report &report);

/// Pearson correlation over the entries where both have a value; NaN below three of them or without variance.
double correlation(const std::vector<float> &a, const std::vector<float> &b);

/// Jaccard index of two kept sets over the same tokens; NaN when the tokens differ.
double promptJaccard(const PromptData &a, const PromptData &b);

/// Fused scores as shares of their sum, without what protection adds (dac.md 3.2: 1e5).
std::vector<float> fusedShares(const std::vector<float> &fused);

} // namespace winnow
