#pragma once

#include "tests/support/method_fixture.h"

namespace winnow::test {

/// Feeds one layer's policy with made-up attention rows, the way a continuation pass does, and keeps the slots.
class DecodeLoop {
public:
    DecodeLoop(const Ranked &ranked, const KvPlan &plan, int64_t layer)
        : m_config(ranked.capture->config)
        , m_rule(plan.groupRule)
        , m_tokens(plan.kept.tokens)
        , m_layer(layer)
        , m_policy(ranked.policy(plan, layer))
    {
        for (int64_t s = 0; s < plan.kept.heads; ++s)
            m_slots.push_back(keptPositions(plan.kept, layer, s));
    }

    bool grows() const { return m_policy == nullptr; }
    const std::vector<Positions> &slots() const { return m_slots; }
    size_t largestAttended() const { return m_largestAttended; }
    const std::vector<std::string> &faults() const { return m_faults; }

    void step()
    {
        for (size_t s = 0; s < m_slots.size(); ++s) {
            m_slots[s].push_back(static_cast<int32_t>(m_tokens + m_row));
            if (!m_policy)
                continue;
            DecodeRow row = rowOf(s);
            std::vector<int32_t> drop;
            m_policy->before(row, drop);
            remove(s, drop);
            m_largestAttended = std::max(m_largestAttended, m_slots[s].size());
            row = rowOf(s);
            drop.clear();
            m_policy->after(row, drop);
            for (size_t i = 0; i < drop.size(); ++i)
                m_policy->dropScore(i);
            remove(s, drop);
        }
        ++m_row;
    }

private:
    DecodeRow rowOf(size_t set)
    {
        const auto n = static_cast<int64_t>(m_slots[set].size());
        const HeadRange heads = queryHeadsOf(m_rule, m_config, int64_t(set));
        const HeadRange kvHeads = kvHeadsOf(m_rule, m_config, int64_t(set));
        const int64_t d = m_config.headDim;
        DecodeRow row;
        row.row = m_row;
        row.set = int64_t(set);
        row.layer = m_layer;
        row.heads = heads.count;
        row.positions = m_slots[set].data();
        row.slots = n;
        row.headDim = row.valueDim = d;
        row.rule.scale = 1 / std::sqrt(double(d));
        m_weights.clear();
        for (int64_t h = 0; h < heads.count; ++h)
            appendWeights(heads.first + h, m_slots[set]);
        row.weights = m_weights.data();
        if (m_policy->needsRows()) {
            m_keys.clear();
            for (int64_t j = 0; j < kvHeads.count; ++j)
                for (const int32_t position : m_slots[set])
                    appendRow(m_keys, kvHeads.first + j, position, d);
            row.keys = m_keys.data();
            row.values = m_keys.data();
            row.kvHeads = kvHeads.count;
            row.kvStride = row.valueStride = n * d;
            row.queryRows = std::min(m_row + 1, m_policy->queryRows());
            m_queries.clear();
            for (int64_t r = 0; r < row.queryRows; ++r)
                for (int64_t h = 0; h < heads.count; ++h)
                    appendRow(m_queries, 100 + heads.first + h, m_row - row.queryRows + 1 + r, d);
            row.queries = m_queries.data();
        }
        return row;
    }

    void appendWeights(int64_t head, const Positions &slots)
    {
        float total = 0;
        const size_t begin = m_weights.size();
        for (const int32_t position : slots) {
            const NoiseSite site{uint64_t(m_layer), uint64_t(head), uint64_t(m_row), uint64_t(position)};
            m_weights.push_back(static_cast<float>(noiseUniform(77, site)));
            total += m_weights.back();
        }
        for (size_t i = begin; i < m_weights.size(); ++i)
            m_weights[i] /= total;
    }

    void appendRow(std::vector<float> &out, int64_t head, int64_t position, int64_t d) const
    {
        for (int64_t c = 0; c < d; ++c) {
            const NoiseSite site{uint64_t(m_layer), uint64_t(head), uint64_t(position), uint64_t(c)};
            out.push_back(static_cast<float>(2 * noiseUniform(5, site) - 1));
        }
    }

    void remove(size_t set, const std::vector<int32_t> &drop)
    {
        Positions left;
        size_t next = 0;
        for (size_t i = 0; i < m_slots[set].size(); ++i) {
            if (next < drop.size() && drop[next] == int32_t(i))
                ++next;
            else
                left.push_back(m_slots[set][i]);
        }
        if (next != drop.size())
            m_faults.push_back("row " + std::to_string(m_row) + ": drop list is not ascending or out of range");
        m_slots[set] = left;
    }

    ModelConfig m_config;
    GroupRule m_rule;
    int64_t m_tokens;
    int64_t m_layer;
    int64_t m_row = 0;
    std::unique_ptr<DecodePolicy> m_policy;
    std::vector<Positions> m_slots;
    size_t m_largestAttended = 0;
    std::vector<std::string> m_faults;
    std::vector<float> m_weights, m_keys, m_queries;
};

} // namespace winnow::test
