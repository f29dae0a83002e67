#include "core/eval/metrics_rows.h"

#include "core/eval/metrics_vector.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace winnow {
namespace {

/// Keeps the kTopIds largest (value, id) pairs of an ascending scan; equal values leave the lower id in front.
struct TopList {
    std::array<float, kTopIds> values;
    std::array<int32_t, kTopIds> ids;
    TopList()
    {
        values.fill(-INFINITY);
        ids.fill(-1);
    }
    void offer(float value, int32_t id)
    {
        // An empty place takes anything, so that a row with fewer than kTopIds entries lists them all.
        if (!(value > values.back()) && ids.back() >= 0)
            return;
        int place = kTopIds - 1;
        while (place > 0 && (ids[static_cast<size_t>(place - 1)] < 0 || value > values[static_cast<size_t>(place - 1)])) {
            values[static_cast<size_t>(place)] = values[static_cast<size_t>(place - 1)];
            ids[static_cast<size_t>(place)] = ids[static_cast<size_t>(place - 1)];
            --place;
        }
        values[static_cast<size_t>(place)] = value;
        ids[static_cast<size_t>(place)] = id;
    }
};

TopList topOf(std::span<const float> logits)
{
    // Blocks whose largest value does not beat the list are skipped whole: nearly all of them.
    constexpr size_t kBlock = 256;
    TopList list;
    for (size_t begin = 0; begin < logits.size(); begin += kBlock) {
        const size_t n = std::min(kBlock, logits.size() - begin);
        if (list.ids.back() >= 0 && !(vectorMax(logits.data() + begin, n) > list.values.back()))
            continue;
        for (size_t i = 0; i < n; ++i)
            list.offer(logits[begin + i], static_cast<int32_t>(begin + i));
    }
    return list;
}

} // namespace

RowSummary summariseRow(std::span<const float> logits)
{
    const TopList list = topOf(logits);
    RowSummary summary;
    summary.top = list.ids;
    summary.logSumExp = static_cast<double>(list.values[0]) + std::log(sumExp(logits.data(), logits.size(), list.values[0]));
    return summary;
}

ReferenceRows::ReferenceRows(int64_t rows, int64_t vocab)
    : m_vocab(vocab)
    , m_logits(static_cast<size_t>(rows * vocab))
    , m_probabilities(static_cast<size_t>(rows * vocab))
    , m_summary(static_cast<size_t>(rows))
{
}

void ReferenceRows::set(int64_t row, std::span<const float> logits)
{
    assert(static_cast<int64_t>(logits.size()) == m_vocab);
    const size_t first = static_cast<size_t>(row * m_vocab);
    std::memcpy(m_logits.data() + first, logits.data(), logits.size_bytes());
    RowSummary &summary = m_summary[static_cast<size_t>(row)];
    summary = summariseRow(logits);
    expShifted(logits.data(), logits.size(), summary.logSumExp, m_probabilities.data() + first);
}

std::span<const float> ReferenceRows::logits(int64_t row) const
{
    return {m_logits.data() + row * m_vocab, static_cast<size_t>(m_vocab)};
}

std::span<const float> ReferenceRows::probabilities(int64_t row) const
{
    return {m_probabilities.data() + row * m_vocab, static_cast<size_t>(m_vocab)};
}

double ReferenceRows::logProbability(int64_t row, int32_t id) const
{
    return static_cast<double>(logits(row)[static_cast<size_t>(id)]) - summary(row).logSumExp;
}

double ReferenceRows::maxSumError() const
{
    double worst = 0;
    for (int64_t row = 0; row < rows(); ++row)
        worst = std::max(worst, std::abs(vectorSum(probabilities(row).data(), static_cast<size_t>(m_vocab)) - 1));
    return worst;
}

RowScore scoreRow(std::span<const float> logits, const ReferenceRows &reference, int64_t row, int32_t target)
{
    assert(static_cast<int64_t>(logits.size()) == reference.vocab());
    const RowSummary summary = summariseRow(logits);
    const RowSummary &full = reference.summary(row);
    const float value = logits[static_cast<size_t>(target)];
    const double logQ = static_cast<double>(value) - summary.logSumExp;
    const double logP = reference.logProbability(row, target);
    const double weighted = weightedDifference(
        reference.probabilities(row).data(), reference.logits(row).data(), logits.data(), logits.size());
    RowScore score;
    score.nll = -logQ;
    score.deltaNll = logP - logQ;
    score.kl = weighted - (full.logSumExp - summary.logSumExp);
    score.deltaP = std::exp(logQ) - std::exp(logP);
    score.rank = static_cast<int32_t>(countAbove(logits.data(), static_cast<size_t>(target), value, CountEqual::Yes)
        + countAbove(logits.data() + target, logits.size() - static_cast<size_t>(target), value, CountEqual::No));
    score.agree = summary.top[0] == full.top[0];
    for (int32_t id : summary.top)
        score.overlap += id >= 0 && std::find(full.top.begin(), full.top.end(), id) != full.top.end();
    return score;
}

} // namespace winnow
