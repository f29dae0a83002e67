#include "core/model/tokenizer/merge_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace winnow {
namespace {

    constexpr int32_t kNoMerge = std::numeric_limits<int32_t>::max();
    constexpr size_t kShortPiece = 48; // below this a scan beats a heap; nearly all words are shorter

    /// The pair of lowest rank is found by a scan.
    void mergeShort(std::vector<Token> &tokens, size_t first, const MergeTable &merges)
    {
        std::array<int32_t, kShortPiece> ranks{}, results{};
        Token *const part = tokens.data() + first;
        size_t count = tokens.size() - first;
        const auto rate = [&](size_t i) {
            const MergeTable::Merge *merge = i + 1 < count ? merges.find(part[i].id, part[i + 1].id) : nullptr;
            ranks[i] = merge ? merge->rank : kNoMerge;
            results[i] = merge ? merge->result : 0;
        };
        for (size_t i = 0; i < count; ++i)
            rate(i);
        while (count > 1) {
            const auto best = static_cast<size_t>(
                std::min_element(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(count)) - ranks.begin());
            if (ranks[best] == kNoMerge)
                break;
            part[best].id = results[best];
            part[best].end = part[best + 1].end;
            for (size_t i = best + 1; i + 1 < count; ++i) {
                part[i] = part[i + 1];
                ranks[i] = ranks[i + 1];
                results[i] = results[i + 1];
            }
            --count;
            rate(best);
            if (best > 0)
                rate(best - 1);
        }
        tokens.resize(first + count);
    }

    /// Tokens of a long piece as a linked list with a heap of candidate merges.
    class LongPiece {
    public:
        LongPiece(std::vector<Token> &tokens, size_t first, const MergeTable &merges)
            : m_merges(merges)
            , m_tokens(tokens)
            , m_first(first)
            , m_links(tokens.size() - first)
        {
            for (size_t i = 0; i < m_links.size(); ++i)
                m_links[i] = {static_cast<int64_t>(i) - 1, static_cast<int64_t>(i) + 1};
            m_links.back().next = -1;
        }

        void merge()
        {
            for (size_t i = 0; i + 1 < m_links.size(); ++i) {
                if (const auto candidate = rate(static_cast<int64_t>(i)); candidate.left >= 0)
                    m_heap.push_back(candidate);
            }
            std::make_heap(m_heap.begin(), m_heap.end());
            while (!m_heap.empty())
                apply();
            size_t to = m_first;
            for (int64_t i = 0; i >= 0; i = link(i).next)
                m_tokens[to++] = token(i); // never behind the one that is read
            m_tokens.resize(to);
        }

    private:
        struct Link {
            int64_t previous = -1, next = -1;
        };
        struct Candidate {
            int32_t rank = 0;
            int32_t leftId = 0, rightId = 0, result = 0; // the ids tell whether it still stands
            int64_t left = -1;
            bool operator<(const Candidate &other) const // the top of the heap is the lowest rank, then the leftmost
            {
                return rank != other.rank ? rank > other.rank : left > other.left;
            }
        };

        Link &link(int64_t index) { return m_links[static_cast<size_t>(index)]; }
        Token &token(int64_t index) { return m_tokens[m_first + static_cast<size_t>(index)]; }

        Candidate rate(int64_t left)
        {
            if (left < 0 || link(left).next < 0)
                return {};
            const int32_t leftId = token(left).id, rightId = token(link(left).next).id;
            const MergeTable::Merge *merge = m_merges.find(leftId, rightId);
            return merge ? Candidate{merge->rank, leftId, rightId, merge->result, left} : Candidate{};
        }

        void offer(int64_t left)
        {
            const Candidate candidate = rate(left);
            if (candidate.left < 0)
                return;
            m_heap.push_back(candidate);
            std::push_heap(m_heap.begin(), m_heap.end());
        }

        void apply()
        {
            const Candidate best = m_heap.front();
            std::pop_heap(m_heap.begin(), m_heap.end());
            m_heap.pop_back();
            Token &left = token(best.left);
            const int64_t next = link(best.left).next;
            if (left.id != best.leftId || next < 0 || token(next).id != best.rightId)
                return;
            left.id = best.result;
            left.end = token(next).end;
            token(next).id = -1; // no candidate names it any more
            link(best.left).next = link(next).next;
            if (link(next).next >= 0)
                link(link(next).next).previous = best.left;
            offer(link(best.left).previous);
            offer(best.left);
        }

        const MergeTable &m_merges;
        std::vector<Token> &m_tokens;
        size_t m_first;
        std::vector<Link> m_links;
        std::vector<Candidate> m_heap;
    };

} // namespace

MergeTable::MergeTable(size_t expected)
    : m_slots(std::bit_ceil(expected + expected / 2 + 2))
    , m_shift(64 - std::countr_zero(m_slots.size()))
{
}

size_t MergeTable::slotOf(uint64_t pair) const
{
    // Fibonacci hashing, then linear probing: the table is at most two thirds full.
    size_t slot = static_cast<size_t>((pair * 0x9E3779B97F4A7C15ull) >> m_shift);
    while (m_slots[slot].pair != pair && m_slots[slot].pair != kEmpty)
        slot = (slot + 1) & (m_slots.size() - 1);
    return slot;
}

void MergeTable::add(int32_t left, int32_t right, Merge merge)
{
    const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    m_slots[slotOf(pair)] = {pair, merge};
}

const MergeTable::Merge *MergeTable::find(int32_t left, int32_t right) const
{
    const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    const Slot &slot = m_slots[slotOf(pair)];
    return slot.pair == kEmpty ? nullptr : &slot.merge;
}

void mergeTokens(std::vector<Token> &tokens, size_t first, const MergeTable &merges)
{
    const size_t count = tokens.size() - first;
    if (count < 2)
        return;
    if (count <= kShortPiece)
        mergeShort(tokens, first, merges);
    else
        LongPiece(tokens, first, merges).merge();
}

} // namespace winnow
