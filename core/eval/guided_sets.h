#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/small_pass.h"
#include "core/methods/guided_plan.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace winnow {

/// Tokens of one head set as one row sees them.
struct GuidedSet {
    std::vector<int32_t> kept; // keys and values; ascending, the row's own token last
    int64_t critical = 0; // the first so many of `kept`; the others are recent
    std::vector<int32_t> marginal; // values only, ascending
};

/// One layer of a guided plan. Borrowed: plan and configuration must outlive the sets.
struct GuidedSetting {
    const ModelConfig &config; // of the large model
    const KvPlan &plan;
    int64_t layer = 0;
};

/// The classes of the tokens of one layer, row after row (smallkv.md 3, step 3).
class GuidedSets {
public:
    virtual ~GuidedSets() = default;

    /// Sets for row t, whose token stands at N + t. Rows come in order, each once.
    /// @param small rows of the small model; row `smallRow` of them is that of this token.
    virtual void advance(int64_t row, const SmallRows &small, int64_t smallRow) = 0;

    /// What the row's heads gave to the kept tokens, for sets that go by it; every set of a row once, in order.
    /// @param weights [heads of the set, kept]
    virtual void attended(int64_t row, int64_t set, const float *weights) { (void)row, (void)set, (void)weights; }

    /// The flat small head that serves a head of the layer; -1 while none does (every token is then kept).
    virtual int32_t servingHead(int64_t head) const { return m_serving[static_cast<size_t>(head)]; }

    /// As of the last advance; before the first one what the prompt leaves.
    const std::vector<GuidedSet> &sets() const { return m_sets; }

protected:
    explicit GuidedSets(const GuidedSetting &setting);
    std::vector<GuidedSet> m_sets;

private:
    std::span<const int32_t> m_serving; // [H] of the layer
};

/// @param cell its plan has a GuidedPlan.
std::unique_ptr<GuidedSets> makeGuidedSets(const Capture &capture, const EvaluationCell &cell, int64_t layer);

/// What the rows of the small model have said before the first row, by flat head.
struct GuidedStart {
    std::function<std::vector<float>(int32_t head)> sums; // the ranking statistic over all slots so far
    std::function<std::deque<std::vector<float>>(int32_t head)> past; // the last rows, oldest first, GuidePolicy::Window
};

/// Sets that rows of the small model choose anew at every row. @param serving [H] flat small heads of the layer.
std::unique_ptr<GuidedSets> rankedSets(const GuidedSetting &setting, std::span<const int32_t> serving, const GuidedStart &start);

} // namespace winnow
