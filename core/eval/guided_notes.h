#pragma once

#include "core/eval/evaluate_layer.h"
#include "core/eval/guided_row.h"
#include "core/eval/guided_sets.h"
#include "core/eval/host_account.h"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace winnow {

/// What is written down about the sets of one layer of a guided cell while its rows go by.
class GuidedNotes {
public:
    GuidedNotes(const Capture &capture, const KvPlan &plan, int64_t layer, bool recordChanges);

    /// Sizes a record at its first use. @param rows T.
    static void startRecord(const ModelConfig &config, int64_t rows, GuidedRecord &record);

    /// What the prompt left: the cut itself. @param sets before the first row.
    void noteCut(const std::vector<GuidedSet> &sets, GuidedRecord &record);
    /// Classes that changed, revivals, and what moved between device and host.
    void noteSets(int64_t row, const std::vector<GuidedSet> &sets, GuidedRecord &record);

    /// Masses of one head's row. @param weights [kept] before rescaling. @param lost of the full run, on tokens of no class.
    struct HeadRow {
        int64_t row = 0, head = 0;
        const float *weights = nullptr;
        double marginal = 0, lost = 0;
        RowFactors factors;
    };
    void noteHead(const HeadRow &head, const GuidedSet &set, GuidedRecord &record) const;

private:
    void noteChanges(int64_t row, size_t set, const GuidedSet &now, GuidedRecord &record);
    void noteRevivals(int64_t row, const std::vector<GuidedSet> &sets, GuidedRecord &record);
    std::array<int64_t, 3> moveEntries(const std::vector<GuidedSet> &sets);

    const ModelConfig &m_config;
    int64_t m_layer;
    int64_t m_setHeads; // query heads of a set
    bool m_recordsChanges;
    bool m_readsBack; // dropped tokens may come back: a host copy is needed
    std::vector<std::vector<uint8_t>> m_classes; // [sets][slots] as of the last row
    std::vector<uint8_t> m_newClasses;
    std::deque<std::vector<std::vector<int32_t>>> m_critical; // last kRevivalRows rows, [sets]
    std::vector<HostAccount> m_keys, m_values; // [Hkv]
};

/// Sorted union.
std::vector<int32_t> unionOf(const std::vector<int32_t> &a, const std::vector<int32_t> &b);

/// Tokens of a KV head whose keys, or values, any of its query heads uses.
struct ResidentTokens {
    std::vector<int32_t> keys, values; // ascending
};
ResidentTokens residentTokens(const std::vector<GuidedSet> &sets, const ModelConfig &config, int64_t kvHead);

} // namespace winnow
