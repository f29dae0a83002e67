#pragma once

#include "core/methods/method.h"

#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace winnow {

/// Reduced scores of every head set and the order they are kept in.
struct ScoreTable {
    int64_t window = 0; // the window they were made with, 0 = none
    int64_t sinks = 0; // first positions that are protected whatever the budget (and are not scored)
    int64_t layers = 0, sets = 0, tokens = 0;
    std::vector<float> score; // [L, sets, N]
    std::vector<int32_t> order; // [L, sets, N] positions, best first

    size_t at(int64_t layer, int64_t set) const { return static_cast<size_t>((layer * sets + set) * tokens); }
    std::span<const float> scoreRow(int64_t layer, int64_t set) const
    {
        return {score.data() + at(layer, set), static_cast<size_t>(tokens)};
    }
    std::span<const int32_t> orderRow(int64_t layer, int64_t set) const
    {
        return {order.data() + at(layer, set), static_cast<size_t>(tokens)};
    }
};

/// Writes the scores of a plan, [L, sets, N]: protected positions get the largest other score of their layer + 1.
/// @param kept Classes must be filled in. @cost one pass.
void exportScores(const ScoreTable &table, KeptTokens &kept);

using ScoreTablePtr = std::shared_ptr<const ScoreTable>;

/// The ranking of a scoring method: one table, and the last few that shrunk windows asked for (R5).
class ScoreRanking : public Ranking {
public:
    static constexpr size_t kShrunkTables = 8;

    explicit ScoreRanking(ScoreTablePtr table);

    const ScoreTable &base() const { return *m_base; }
    /// The table for a window, or null when it was not made yet. Thread-safe.
    ScoreTablePtr find(int64_t window) const;
    /// Remembers a table for a shrunk window; the oldest of more than kShrunkTables is forgotten.
    void remember(ScoreTablePtr table) const;

private:
    ScoreTablePtr m_base;
    mutable std::mutex m_mutex;
    mutable std::vector<ScoreTablePtr> m_shrunk; // oldest first
};

} // namespace winnow
