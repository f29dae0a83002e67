#include "core/words/byte_pairs.h"

#include "core/base/json_fields.h"
#include "core/words/characters.h"

#include <algorithm>
#include <queue>
#include <set>
#include <utility>

namespace winnow {
namespace {

    constexpr uint64_t kLeastCount = 2; // a pair that does not repeat is not merged

    uint64_t pairOf(uint32_t left, uint32_t right) { return uint64_t(left) << 32 | right; }

    /// Chunks as symbols, and where each pair of neighbours stands.
    class MergeLearner {
    public:
        explicit MergeLearner(const ChunkCounts &chunks)
            : m_counts(chunks.counts)
        {
            std::unordered_map<char32_t, uint32_t> known;
            for (const std::u32string &chunk : chunks.chunks) {
                std::vector<uint32_t> symbols;
                for (const char32_t character : chunk) {
                    const auto [at, isNew] = known.try_emplace(character, static_cast<uint32_t>(m_texts.size()));
                    if (isNew)
                        m_texts.emplace_back(1, character);
                    symbols.push_back(at->second);
                }
                m_chunks.push_back(std::move(symbols));
            }
            for (uint32_t chunk = 0; chunk < m_chunks.size(); ++chunk) {
                for (size_t i = 1; i < m_chunks[chunk].size(); ++i)
                    add(pairOf(m_chunks[chunk][i - 1], m_chunks[chunk][i]), chunk);
            }
            for (const auto &[pair, entry] : m_pairs) {
                if (entry.count >= kLeastCount)
                    m_queue.push({entry.count, pair});
            }
        }
        MergeLearner(const MergeLearner &) = delete; // the queue looks at the texts of its own learner
        MergeLearner &operator=(const MergeLearner &) = delete;

        /// Merges the most frequent pair; false when none repeats.
        bool merge(SymbolMerge &done)
        {
            for (; !m_queue.empty(); m_queue.pop()) {
                const Candidate best = m_queue.top();
                if (m_pairs[best.pair].count != best.count)
                    continue; // an older count of a pair that is in the queue again
                m_queue.pop();
                done = {m_texts[best.pair >> 32], m_texts[best.pair & ~0U], best.count};
                apply(best.pair);
                return true;
            }
            return false;
        }

    private:
        struct Candidate {
            uint64_t count = 0, pair = 0;
        };
        /// Less frequent, or later by the code points of left and right symbol.
        struct Worse {
            const std::vector<std::u32string> *texts;
            bool operator()(const Candidate &a, const Candidate &b) const
            {
                if (a.count != b.count)
                    return a.count < b.count;
                const std::u32string &left = (*texts)[a.pair >> 32], &other = (*texts)[b.pair >> 32];
                return left != other ? left > other : (*texts)[a.pair & ~0U] > (*texts)[b.pair & ~0U];
            }
        };
        struct Entry {
            uint64_t count = 0;
            std::set<uint32_t> chunks; // that have had it; ascending: the order of work does not depend on the table
        };

        void add(uint64_t pair, uint32_t chunk)
        {
            Entry &entry = m_pairs[pair];
            entry.count += m_counts[chunk];
            entry.chunks.insert(chunk);
            m_changed.insert(pair);
        }

        void remove(uint64_t pair, uint32_t chunk)
        {
            m_pairs[pair].count -= m_counts[chunk];
            m_changed.insert(pair);
        }

        /// Merges the pair in one chunk, from the left and without overlap. Only pairs that touch a merge are counted anew.
        void mergeIn(uint32_t chunk, uint32_t left, uint32_t right, uint32_t made)
        {
            std::vector<uint32_t> &symbols = m_chunks[chunk];
            const std::vector<uint32_t> before = symbols;
            symbols.clear();
            bool touched = false; // the symbol before came out of a merge
            for (size_t i = 0; i < before.size();) {
                const bool here = i + 1 < before.size() && before[i] == left && before[i + 1] == right;
                const uint32_t symbol = here ? made : before[i];
                if (i > 0 && (here || touched)) {
                    remove(pairOf(before[i - 1], before[i]), chunk);
                    add(pairOf(symbols.back(), symbol), chunk);
                }
                if (here)
                    remove(pairOf(left, right), chunk);
                symbols.push_back(symbol);
                touched = here;
                i += here ? 2 : 1;
            }
        }

        void apply(uint64_t pair)
        {
            const auto left = static_cast<uint32_t>(pair >> 32), right = static_cast<uint32_t>(pair);
            const std::u32string text = m_texts[left] + m_texts[right];
            // Two merges may spell the same symbol; it stays one.
            const auto [known, isNew] = m_made.try_emplace(text, static_cast<uint32_t>(m_texts.size()));
            if (isNew)
                m_texts.push_back(text);
            m_changed.clear();
            const std::set<uint32_t> chunks = std::exchange(m_pairs[pair].chunks, {});
            for (const uint32_t chunk : chunks)
                mergeIn(chunk, left, right, known->second);
            for (const uint64_t changed : m_changed) {
                if (m_pairs[changed].count >= kLeastCount)
                    m_queue.push({m_pairs[changed].count, changed});
            }
        }

        std::vector<uint32_t> m_counts;
        std::vector<std::vector<uint32_t>> m_chunks;
        std::vector<std::u32string> m_texts; // of symbols
        std::unordered_map<std::u32string, uint32_t> m_made;
        std::unordered_map<uint64_t, Entry> m_pairs;
        std::set<uint64_t> m_changed;
        std::priority_queue<Candidate, std::vector<Candidate>, Worse> m_queue{Worse{&m_texts}};
    };

} // namespace

Result<SymbolMerges> SymbolMerges::learn(const ChunkCounts &chunks, int64_t merges, const RunContext &context)
{
    constexpr int64_t kPollMerges = 16;
    MergeLearner learner(chunks);
    std::vector<SymbolMerge> learned;
    for (int64_t i = 0; i < merges; ++i) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled");
        if (i % kPollMerges == 0)
            context.progress("merges", i, merges, "merges");
        SymbolMerge merge;
        if (!learner.merge(merge))
            break;
        learned.push_back(std::move(merge));
    }
    return SymbolMerges(std::move(learned));
}

SymbolMerges::SymbolMerges(std::vector<SymbolMerge> merges)
    : m_merges(std::move(merges))
{
    const auto symbol = [this](const std::u32string &text) {
        return m_symbols.try_emplace(text, static_cast<uint32_t>(m_symbols.size())).first->second;
    };
    for (uint32_t rank = 0; rank < m_merges.size(); ++rank) {
        const uint32_t left = symbol(m_merges[rank].left), right = symbol(m_merges[rank].right);
        m_rules.try_emplace(pairOf(left, right), Rule{rank, symbol(m_merges[rank].left + m_merges[rank].right)});
    }
}

uint32_t SymbolMerges::symbolOf(char32_t character) const
{
    const auto found = m_symbols.find(std::u32string(1, character));
    return found == m_symbols.end() ? kNoSymbol : found->second;
}

void SymbolMerges::cut(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends, size_t limit) const
{
    std::vector<uint32_t> symbols;
    std::vector<int32_t> symbolEnds;
    for (size_t i = 0; i < chunk.size(); ++i) {
        symbols.push_back(symbolOf(chunk[i]));
        symbolEnds.push_back(base + static_cast<int32_t>(i) + 1);
    }
    const auto ruleOf = [&](size_t i) -> const Rule * { // of the symbols i - 1 and i
        const auto found = i == 0 ? m_rules.end() : m_rules.find(pairOf(symbols[i - 1], symbols[i]));
        return found != m_rules.end() && found->second.rank < limit ? &found->second : nullptr;
    };
    std::vector<const Rule *> rules(symbols.size(), nullptr);
    for (size_t i = 1; i < symbols.size(); ++i)
        rules[i] = ruleOf(i);
    for (;;) {
        const Rule *best = nullptr;
        for (const Rule *rule : rules)
            best = rule && (!best || rule->rank < best->rank) ? rule : best;
        if (!best)
            break;
        size_t to = 0;
        bool touched = false; // the symbol before came out of a merge
        for (size_t i = 0; i < symbols.size(); ++i, ++to) {
            const bool here = i + 1 < symbols.size() && rules[i + 1] == best; // a rule stands for one pair
            const Rule *rule = rules[i];
            symbols[to] = here ? best->symbol : symbols[i];
            i += here;
            symbolEnds[to] = symbolEnds[i];
            rules[to] = here || touched ? ruleOf(to) : rule;
            touched = here;
        }
        symbols.resize(to);
        symbolEnds.resize(to);
        rules.resize(to);
    }
    ends.insert(ends.end(), symbolEnds.begin(), symbolEnds.end());
}

int64_t SymbolMerges::rankOf(std::u32string_view symbol) const
{
    const auto found = std::find_if(
        m_merges.begin(), m_merges.end(), [&](const SymbolMerge &merge) { return merge.left + merge.right == symbol; });
    return found == m_merges.end() ? -1 : found - m_merges.begin();
}

size_t SymbolMerges::bytes() const
{
    return m_rules.size() * (sizeof(uint64_t) + sizeof(Rule) + 2 * sizeof(void *))
        + m_symbols.size() * (sizeof(std::u32string) + sizeof(uint32_t) + 2 * sizeof(void *));
}

Json SymbolMerges::toJson() const
{
    Json list = Json::array();
    for (const SymbolMerge &merge : m_merges)
        list.push_back({toUtf8(merge.left), toUtf8(merge.right), merge.count});
    return {{"kind", "merges"}, {"merges", std::move(list)}};
}

Result<SymbolMerges> SymbolMerges::fromJson(const Json &json)
{
    const auto bad = [] {
        return fail(ErrorCode::BadInput, "merges: \"merges\" is missing or of another form",
            "a file that winnow-cli train --method bpe wrote is expected");
    };
    const Json &list = childField(json, "merges");
    if (stringField(json, "kind") != "merges" || !list.is_array())
        return bad();
    std::vector<SymbolMerge> merges;
    for (const Json &entry : list) {
        if (!entry.is_array() || entry.size() != 3 || !entry[0].is_string() || !entry[1].is_string() || !entry[2].is_number_unsigned())
            return bad();
        merges.push_back({toCharacters(entry[0].get<std::string>()), toCharacters(entry[1].get<std::string>()), entry[2].get<uint64_t>()});
        if (merges.back().left.empty() || merges.back().right.empty())
            return bad();
    }
    return SymbolMerges(std::move(merges));
}

} // namespace winnow
