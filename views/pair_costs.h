#pragma once

#include "views/pair_data.h"
#include "views/run_view.h"

#include <optional>

namespace winnow {

/// What a large model takes with a small one beside it: bytes at one context, growth with it, and work of a token.
struct PairCosts {
    bool computed = false; // from the sizes of the models, not from a run
    QString title; // "SmallKV, 20 %", "11 of 28 layers replaced"
    QString largeName, smallName; // may be empty
    double tokens = 0; // cached ones, all numbers below are of this context
    double full = 0; // the large model's whole cache
    double stored = 0; // what stays of it, with its metadata
    double keys = -1, values = -1; // of what stays; negative = the report does not part them
    double smallCache = 0, smallWeights = 0;
    double host = 0; // copies of what left, held for their return
    double skippedFlop = 0, addedFlop = 0; // of one token; both 0 = no layer is replaced
    double ms = -1, fullMs = -1; // of one token, measured; negative = not measured

    bool hasFlop() const { return skippedFlop > 0 || addedFlop > 0; }
    double netFlop() const { return skippedFlop - addedFlop; } // > 0: saved
    /// Cache and weights at another context and the same share of kept bytes.
    double bytesAt(double context) const { return (stored + smallCache) / tokens * context + smallWeights; }
    double fullAt(double context) const { return full / tokens * context; }
    /// The context from which bytes are saved with the small model's weights counted; infinite = none.
    /// @source smallkv.md 5.
    double breakEven() const;
    /// The small model's cache alone takes more than is saved, or a token costs more work than before.
    bool isNetLoss() const { return stored + smallCache >= full || (hasFlop() && netFlop() < 0); }
};

/// Of a run or preview; nothing when its report has no small model.
std::optional<PairCosts> pairCosts(const RunEntry &entry);
/// Of the layers that the plan of a comparison replaces; nothing when the sizes of the models are not known.
std::optional<PairCosts> pairCosts(const PairData &pair);

} // namespace winnow
