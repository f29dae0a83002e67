#include "core/eval/guided_notes.h"

#include <algorithm>
#include <iterator>

namespace winnow {

std::vector<int32_t> unionOf(const std::vector<int32_t> &a, const std::vector<int32_t> &b)
{
    std::vector<int32_t> joined;
    joined.reserve(a.size() + b.size());
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(joined));
    return joined;
}

ResidentTokens residentTokens(const std::vector<GuidedSet> &sets, const ModelConfig &config, int64_t kvHead)
{
    const int64_t setHeads = config.heads / static_cast<int64_t>(sets.size()), group = config.groups();
    ResidentTokens tokens;
    for (int64_t head = kvHead * group; head < (kvHead + 1) * group; head += std::min(setHeads, group)) {
        const GuidedSet &set = sets[static_cast<size_t>(head / setHeads)];
        tokens.keys = tokens.keys.empty() ? set.kept : unionOf(tokens.keys, set.kept);
        tokens.values = unionOf(tokens.values, set.marginal);
    }
    tokens.values = unionOf(tokens.values, tokens.keys);
    return tokens;
}

GuidedNotes::GuidedNotes(const Capture &capture, const KvPlan &plan, int64_t layer, bool recordChanges)
    : m_config(capture.config)
    , m_layer(layer)
    , m_setHeads(capture.config.heads / plan.kept.heads)
    , m_recordsChanges(recordChanges)
    , m_readsBack(guidedPlanOf(plan)->ranksBySmall)
    , m_keys(static_cast<size_t>(capture.config.kvHeads), HostAccount(capture.tokens()))
    , m_values(m_keys)
{
    for (int64_t s = 0; s < plan.kept.heads; ++s) {
        std::vector<uint8_t> &classes = m_classes.emplace_back(static_cast<size_t>(plan.kept.tokens));
        for (int64_t v = 0; v < plan.kept.tokens; ++v)
            classes[static_cast<size_t>(v)] = static_cast<uint8_t>(plan.kept.tokenClass(layer, s, v));
    }
}

void GuidedNotes::startRecord(const ModelConfig &config, int64_t rows, GuidedRecord &record)
{
    if (record.used())
        return;
    for (std::vector<double> *series : {&record.surplus, &record.marginal, &record.revived})
        series->resize(static_cast<size_t>(rows));
    record.masses.resize(static_cast<size_t>(config.layers * config.heads * kGuidedMasses));
}

std::array<int64_t, 3> GuidedNotes::moveEntries(const std::vector<GuidedSet> &sets)
{
    std::array<int64_t, 3> floats{}; // newly held, out, in, over all KV heads
    for (int64_t g = 0; g < m_config.kvHeads; ++g) {
        const ResidentTokens tokens = residentTokens(sets, m_config, g);
        const auto move = [&](HostAccount &account, const std::vector<int32_t> &resident, int64_t width) {
            const int64_t before = account.held();
            const HostAccount::Moved moved = account.update(resident);
            floats[0] += (account.held() - before) * width;
            floats[1] += moved.out * width;
            floats[2] += moved.in * width;
        };
        move(m_keys[static_cast<size_t>(g)], tokens.keys, m_config.headDim);
        move(m_values[static_cast<size_t>(g)], tokens.values, m_config.valueWidth());
    }
    return floats;
}

void GuidedNotes::noteCut(const std::vector<GuidedSet> &sets, GuidedRecord &record)
{
    if (m_readsBack)
        record.hostFloats += moveEntries(sets)[0];
}

void GuidedNotes::noteSets(int64_t row, const std::vector<GuidedSet> &sets, GuidedRecord &record)
{
    if (m_readsBack) {
        const auto floats = moveEntries(sets);
        record.hostFloats += floats[0];
        record.toHostFloats += floats[1];
        record.fromHostFloats += floats[2];
    }
    for (size_t s = 0; m_recordsChanges && s < sets.size(); ++s)
        noteChanges(row, s, sets[s], record);
    noteRevivals(row, sets, record);
}

void GuidedNotes::noteChanges(int64_t row, size_t set, const GuidedSet &now, GuidedRecord &record)
{
    std::vector<uint8_t> &before = m_classes[set];
    const auto slots = static_cast<size_t>(now.kept.back()) + 1;
    m_newClasses.assign(slots, static_cast<uint8_t>(TokenClass::Evicted));
    for (const int32_t position : now.marginal)
        m_newClasses[static_cast<size_t>(position)] = static_cast<uint8_t>(TokenClass::Marginal);
    for (size_t i = 0; i < now.kept.size(); ++i)
        m_newClasses[static_cast<size_t>(now.kept[i])]
            = static_cast<uint8_t>(static_cast<int64_t>(i) < now.critical ? TokenClass::Kept : TokenClass::Window);
    before.resize(slots, static_cast<uint8_t>(TokenClass::Evicted));
    for (size_t v = 0; v < slots; ++v) {
        if (before[v] != m_newClasses[v])
            record.changes.push_back({static_cast<int32_t>(row), static_cast<int32_t>(m_layer), static_cast<int32_t>(set),
                static_cast<int32_t>(v), static_cast<TokenClass>(m_newClasses[v])});
    }
    before.swap(m_newClasses);
}

void GuidedNotes::noteRevivals(int64_t row, const std::vector<GuidedSet> &sets, GuidedRecord &record)
{
    std::vector<std::vector<int32_t>> &now = m_critical.emplace_back();
    for (const GuidedSet &set : sets)
        now.emplace_back(set.kept.begin(), set.kept.begin() + set.critical);
    if (static_cast<int64_t>(m_critical.size()) <= kRevivalRows)
        return;
    double share = 0;
    for (size_t s = 0; s < sets.size(); ++s) {
        const std::vector<int32_t> &then = m_critical.front()[s];
        int64_t fresh = 0;
        for (const int32_t position : now[s])
            fresh += !std::binary_search(then.begin(), then.end(), position);
        share += now[s].empty() ? 0 : static_cast<double>(fresh) / static_cast<double>(now[s].size());
    }
    record.revived[static_cast<size_t>(row)] += share / static_cast<double>(sets.size());
    m_critical.pop_front();
}

void GuidedNotes::noteHead(const HeadRow &head, const GuidedSet &set, GuidedRecord &record) const
{
    double critical = 0, all = 0;
    for (size_t i = 0; i < set.kept.size(); ++i) {
        all += static_cast<double>(head.weights[i]);
        if (static_cast<int64_t>(i) + 1 == set.critical)
            critical = all;
    }
    double *masses = record.masses.data() + (m_layer * m_config.heads + head.head) * kGuidedMasses;
    const double values[kGuidedMasses]{critical, all - critical, head.marginal, head.lost, head.factors.kept * all,
        head.factors.marginal * head.marginal};
    for (int64_t i = 0; i < kGuidedMasses; ++i)
        masses[i] += values[i];
    const auto t = static_cast<size_t>(head.row);
    const auto heads = static_cast<double>(m_config.heads);
    record.marginal[t] += head.marginal / heads;
    record.surplus[t] += (head.factors.kept * all + head.factors.marginal * head.marginal - 1) / heads;
}

} // namespace winnow
