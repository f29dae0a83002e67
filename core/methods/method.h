#pragma once

#include "core/base/error.h"
#include "core/base/method_spec.h"
#include "core/base/run_context.h"
#include "core/eval/capture.h"
#include "core/methods/parameters.h"
#include "core/methods/plan.h"
#include "core/model/attention.h"

#include <memory>
#include <vector>

namespace winnow {

/// What a method computes once per (capture, parameters): scores, sort orders. Budgets only read it.
class Ranking {
public:
    virtual ~Ranking() = default;
};

/// One row of decoding as a policy sees it, in one layer. Set s is a KV head, a query head or the layer (GroupRule);
/// it holds n_s slots including the new token's own, in ascending position order (the last one is new). Slots before the
/// window of a layer stay in the set with weight 0 until a policy drops them.
struct DecodeRow {
    int64_t row = 0; // t, 0-based
    int64_t set = 0; // s
    int64_t layer = 0;
    const float *weights = nullptr; // [G_s, n] attention of the set's query heads over its slots
    int64_t heads = 0; // G_s
    const int32_t *positions = nullptr; // [n] original positions
    // Rows of the set's KV heads (one, or all Hkv for a set of the whole layer): KV head j starts at keys + j * kvStride.
    // All three are null unless the policy's needsRows() is true.
    const float *keys = nullptr; // [kvHeads, n, D] after RoPE
    const float *values = nullptr; // [kvHeads, n, Dv]
    const float *queries = nullptr; // [queryRows, G_s, D] after RoPE, oldest first, the last one is this row's
    int64_t kvHeads = 1;
    int64_t kvStride = 0; // floats from one KV head's keys to the next
    int64_t valueStride = 0; // the same of values
    int64_t queryRows = 0; // min(row + 1, policy.queryRows())
    int64_t slots = 0; // n
    int64_t headDim = 0; // D
    int64_t valueDim = 0; // Dv
    ScoreRule rule{}; // how the layer scores: scale, cap, window
};

/// The state of one layer of one cell while decoding: decides after each row which slots leave. Sets of one layer are
/// fed in order 0..heads-1 for each row. Not thread-safe; cheap to construct.
class DecodePolicy {
public:
    virtual ~DecodePolicy() = default;
    /// Whether DecodeRow must carry keys, values and queries.
    virtual bool needsRows() const { return false; }
    /// How many of the last query rows `after` reads, when needsRows(); 0 = none.
    virtual int64_t queryRows() const { return 0; }
    /// Whether `after` wants row t (interval rules look at every c-th only); the caller may skip the others.
    virtual bool wants(int64_t row) const { return row >= 0; }
    /// Slots to drop *before* row attends (streaming_llm). Indices into the slots, ascending. `slots` includes the new token.
    virtual void before(const DecodeRow &row, std::vector<int32_t> &drop) { (void)row, (void)drop; }
    /// Slots to drop after the row attended (h2o, tova, interval). Indices ascending; score[i] optional for the record.
    virtual void after(const DecodeRow &row, std::vector<int32_t> &drop) { (void)row, (void)drop; }
    /// Score of a slot at the moment it was dropped by the last call, for the record of evictions.
    virtual float dropScore(size_t i) const { (void)i; return 0; }
};

/// One algorithm of the literature: capture -> ranking -> plan. Never runs the model, never knows another method; const.
class Method {
public:
    virtual ~Method() = default;

    virtual CaptureNeeds needs(const Parameters &parameters) const = 0;

    /// The part that does not depend on the budget. Interactive: no model call.
    /// @error BadInput (N too small, R3 NaN scores naming layer, head, position), Cancelled.
    virtual Result<std::unique_ptr<const Ranking>> rank(
        const Capture &capture, const Parameters &parameters, const RunContext &context) const = 0;

    /// Kept sets for C slots per layer and head set, with classes and scores: those of protected positions (sinks, window)
    /// are the largest other score of the layer + 1; methods that score nothing (full, streaming_llm) leave them empty.
    /// @param count C >= 1. C = N is the identity, also while decoding; C > N keeps the prompt whole and lets hold and
    ///              interval act once a set holds more than C (R6).
    /// @error BadInput (count < 1, a ranking of another method or capture).
    /// @cost One pass over L * heads * N.
    virtual Result<KvPlan> select(const Capture &capture, const Ranking &ranking, const Parameters &parameters,
        int64_t count) const = 0;

    /// State machine for one layer, or null when nothing leaves while decoding. The method must outlive it.
    virtual std::unique_ptr<DecodePolicy> decodePolicy(const Capture &capture, const Ranking &ranking, const KvPlan &plan,
        const Parameters &parameters, int64_t layer) const;
};

} // namespace winnow
