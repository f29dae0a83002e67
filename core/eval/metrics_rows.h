#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

inline constexpr int kTopIds = 5;

/// What one row of logits says about itself.
struct RowSummary {
    double logSumExp = 0; // ln sum exp(logit); f64, terms from f32
    std::array<int32_t, kTopIds> top{}; // ids of the largest logits, best first, ties: lowest id; -1 beyond the vocabulary
};

/// Largest ids and log-sum-exp of a row in two passes.
/// @param logits [V] f32, V >= 1, finite.
RowSummary summariseRow(std::span<const float> logits);

/// The full run's rows of the current segment (refLogp of kv-evaluation.md 2), kept so that every cell is measured
/// against the same numbers. Holds logits and probabilities: 8 bytes per row and vocabulary entry.
class ReferenceRows {
public:
    ReferenceRows(int64_t rows, int64_t vocab);

    /// Stores row `row`. logits [V].
    void set(int64_t row, std::span<const float> logits);

    int64_t rows() const { return static_cast<int64_t>(m_summary.size()); }
    int64_t vocab() const { return m_vocab; }
    std::span<const float> logits(int64_t row) const;
    std::span<const float> probabilities(int64_t row) const;
    const RowSummary &summary(int64_t row) const { return m_summary[static_cast<size_t>(row)]; }
    double logProbability(int64_t row, int32_t id) const;
    /// Largest |sum of probabilities - 1| over the rows (a did-it-act check).
    double maxSumError() const;

private:
    int64_t m_vocab = 0;
    std::vector<float> m_logits, m_probabilities; // [rows, V]
    std::vector<RowSummary> m_summary;
};

/// One scored row of a cell against the full run, in nats (kv-evaluation.md 6).
struct RowScore {
    double nll = 0; // -ln q(y)
    double deltaNll = 0; // ln p(y) - ln q(y)
    double kl = 0; // sum_v p_v (ln p_v - ln q_v)
    double deltaP = 0; // q(y) - p(y)
    int32_t rank = 0; // how many ids the cell prefers to y (ties: lower id first)
    int32_t overlap = 0; // common ids of both top-5 lists
    bool agree = false; // same argmax
};

/// Measures one row. The divergence is summed in f64 as sum p (z_p - z_q) - (lse_p - lse_q), which is exactly 0 for equal
/// logits and loses nothing to the rounding of a log-softmax stored in f32.
/// @param logits [V] f32 of the cell.
/// @param target y, 0 <= target < V.
/// @cost  Two passes over V.
RowScore scoreRow(std::span<const float> logits, const ReferenceRows &reference, int64_t row, int32_t target);

} // namespace winnow
