#pragma once

#include "core/methods/group_rule.h"
#include "core/methods/method.h"
#include "core/methods/selection.h"

#include <span>

namespace winnow {

/// Scores the slots of one head set on the cache of the moment, for decodeRule interval. Belongs to one layer.
class SlotScorer {
public:
    virtual ~SlotScorer() = default;
    virtual int64_t queryRows() const { return 0; } // of the last query rows
    /// @param x [rows, n] receives one row per query head or per KV head of the set. @return rows
    virtual int64_t score(const DecodeRow &row, std::vector<float> &x) const = 0;
};

/// A method that scores every key and keeps the best: subclasses supply score(); the rest (GQA modes, protected slots,
/// counts, order, classes, intervals) is here.
class ScoringMethod : public Method {
public:
    Result<std::unique_ptr<const Ranking>> rank(
        const Capture &capture, const Parameters &parameters, const RunContext &context) const override;
    Result<KvPlan> select(const Capture &capture, const Ranking &ranking, const Parameters &parameters,
        int64_t count) const override;
    std::unique_ptr<DecodePolicy> decodePolicy(const Capture &capture, const Ranking &ranking, const KvPlan &plan,
        const Parameters &parameters, int64_t layer) const override;

    CaptureNeeds needs(const Parameters &parameters) const override = 0;

    /// Reduces, per set, what score() returned; then refine(). Used for prompts and, slot by slot, for intervals.
    /// @param window Rows the score is made from where the method looks at a window (R5), else 0.
    /// @return [H, N] or [Hkv, N] f32 contiguous, higher = keep; columns of protected slots are not read.
    virtual Result<at::Tensor> score(
        const Capture &capture, const Parameters &parameters, int64_t layer, int64_t window) const = 0;

    /// Changes a reduced row in place (pooling). Only the first n entries are scores.
    virtual void refine(const Parameters &parameters, float *row, int64_t n) const;

    virtual GroupRule rule(const Parameters &parameters) const { return groupRuleOf(parameters); }

    /// Protected slots for a budget of `count`.
    virtual ProtectedSlots protectedSlots(const Parameters &parameters, int64_t count) const;

    /// Whether the scores themselves depend on the window (and are recomputed when R5 shrinks it).
    virtual bool scoresWindow() const { return false; }

    /// Last step of select, before the sets are filled: schedules, notices, what is stored beside the cache.
    virtual void finishPlan(const Capture &capture, const Parameters &parameters, KvPlan &plan) const;

    /// What recomputes the scores for decodeRule interval; null when the method has no such rule.
    virtual std::unique_ptr<SlotScorer> slotScorer(
        const Capture &capture, const Parameters &parameters, const KvPlan &plan, int64_t layer) const;
};

} // namespace winnow
