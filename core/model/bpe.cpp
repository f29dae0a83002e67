#include "core/model/bpe.h"

#include "core/base/utf8.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <queue>

namespace winnow {
namespace {

    constexpr int32_t kNoMerge = std::numeric_limits<int32_t>::max();
    constexpr size_t kShortPiece = 48; // below this a scan beats a heap; nearly all words are shorter

    /// Printable Latin-1 bytes stand for themselves, the others for U+0100, U+0101, ... in order.
    bool standsForItself(uint32_t byte)
    {
        return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
    }

    struct ByteMap {
        std::array<char32_t, 256> toPoint{};
        std::array<int16_t, 512> toByte{};
        ByteMap()
        {
            toByte.fill(-1);
            char32_t next = 0x100;
            for (uint32_t byte = 0; byte < 256; ++byte) {
                toPoint[byte] = standsForItself(byte) ? byte : next++;
                toByte[toPoint[byte]] = static_cast<int16_t>(byte);
            }
        }
    };

    const ByteMap &byteMap()
    {
        static const ByteMap map;
        return map;
    }

    /// Symbols of a short piece in arrays; the pair of lowest rank is found by a scan.
    void encodeShort(std::string_view bytes, const std::array<int32_t, 256> &byteIds, const MergeTable &merges,
        int64_t begin, std::vector<Token> &out)
    {
        std::array<int32_t, kShortPiece> ids{}, ranks{}, results{};
        std::array<int64_t, kShortPiece> ends{};
        size_t count = bytes.size();
        const auto rate = [&](size_t i) {
            const MergeTable::Merge *merge = i + 1 < count ? merges.find(ids[i], ids[i + 1]) : nullptr;
            ranks[i] = merge ? merge->rank : kNoMerge;
            results[i] = merge ? merge->result : 0;
        };
        for (size_t i = 0; i < count; ++i) {
            ids[i] = byteIds[static_cast<uint8_t>(bytes[i])];
            ends[i] = begin + static_cast<int64_t>(i) + 1;
        }
        for (size_t i = 0; i < count; ++i)
            rate(i);
        while (count > 1) {
            const auto best = static_cast<size_t>(std::min_element(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(count)) - ranks.begin());
            if (ranks[best] == kNoMerge)
                break;
            ids[best] = results[best];
            ends[best] = ends[best + 1];
            for (size_t i = best + 1; i + 1 < count; ++i) {
                ids[i] = ids[i + 1];
                ends[i] = ends[i + 1];
                ranks[i] = ranks[i + 1];
                results[i] = results[i + 1];
            }
            --count;
            rate(best);
            if (best > 0)
                rate(best - 1);
        }
        for (size_t i = 0; i < count; ++i)
            out.push_back({ids[i], i == 0 ? begin : ends[i - 1], ends[i]});
    }

    /// Symbols of a long piece as a linked list with a heap of candidate merges.
    class LongPiece {
    public:
        LongPiece(std::string_view bytes, const std::array<int32_t, 256> &byteIds, const MergeTable &merges)
            : m_merges(merges)
            , m_symbols(bytes.size())
        {
            for (size_t i = 0; i < bytes.size(); ++i) {
                m_symbols[i] = {byteIds[static_cast<uint8_t>(bytes[i])], static_cast<int64_t>(i) - 1,
                    static_cast<int64_t>(i) + 1, static_cast<int64_t>(i) + 1};
            }
            m_symbols.back().next = -1;
            for (size_t i = 0; i + 1 < bytes.size(); ++i)
                offer(static_cast<int64_t>(i));
            while (!m_queue.empty())
                apply();
        }

        void append(int64_t begin, std::vector<Token> &out) const
        {
            int64_t from = begin;
            for (int64_t i = 0; i >= 0; i = at(i).next) {
                out.push_back({at(i).id, from, begin + at(i).end});
                from = begin + at(i).end;
            }
        }

    private:
        struct Symbol {
            int32_t id = 0;
            int64_t previous = -1, next = -1, end = 0;
        };
        struct Candidate {
            int32_t rank = 0;
            int64_t left = 0;
            int32_t leftId = 0, rightId = 0, result = 0; // the ids tell whether it still stands
            bool operator<(const Candidate &other) const // the top of the queue is the lowest rank, then the leftmost
            {
                return rank != other.rank ? rank > other.rank : left > other.left;
            }
        };

        Symbol &at(int64_t index) { return m_symbols[static_cast<size_t>(index)]; }
        const Symbol &at(int64_t index) const { return m_symbols[static_cast<size_t>(index)]; }

        void offer(int64_t left)
        {
            if (left < 0 || at(left).next < 0)
                return;
            const int32_t leftId = at(left).id, rightId = at(at(left).next).id;
            if (const MergeTable::Merge *merge = m_merges.find(leftId, rightId))
                m_queue.push({merge->rank, left, leftId, rightId, merge->result});
        }

        void apply()
        {
            const Candidate best = m_queue.top();
            m_queue.pop();
            Symbol &left = at(best.left);
            if (left.id != best.leftId || left.next < 0 || at(left.next).id != best.rightId)
                return;
            Symbol &right = at(left.next);
            left.id = best.result;
            left.end = right.end;
            right.id = -1; // no candidate names it any more
            left.next = right.next;
            if (left.next >= 0)
                at(left.next).previous = best.left;
            offer(left.previous);
            offer(best.left);
        }

        const MergeTable &m_merges;
        std::vector<Symbol> m_symbols;
        std::priority_queue<Candidate> m_queue;
    };

} // namespace

std::optional<std::string> byteLevelBytes(std::string_view token)
{
    if (firstInvalidUtf8(token) < token.size())
        return std::nullopt;
    std::vector<CodePoint> points;
    appendCodePoints(token, 0, points);
    std::string bytes;
    for (const CodePoint &point : points) {
        const int16_t byte = point.value < byteMap().toByte.size() ? byteMap().toByte[point.value] : int16_t{-1};
        if (byte < 0)
            return std::nullopt;
        bytes += static_cast<char>(static_cast<uint8_t>(byte));
    }
    return bytes;
}

std::string byteLevelText(uint8_t byte)
{
    std::string text;
    appendUtf8(byteMap().toPoint[byte], text);
    return text;
}

MergeTable::MergeTable(size_t expected)
    : m_slots(std::bit_ceil(expected * 2 + 2))
    , m_shift(64 - std::countr_zero(m_slots.size()))
{
}

size_t MergeTable::slotOf(uint64_t pair) const
{
    // Fibonacci hashing, then linear probing: the table is at most half full.
    size_t slot = static_cast<size_t>((pair * 0x9E3779B97F4A7C15ull) >> m_shift);
    while (m_slots[slot].pair != pair && m_slots[slot].pair != kEmpty)
        slot = (slot + 1) & (m_slots.size() - 1);
    return slot;
}

void MergeTable::add(int32_t left, int32_t right, Merge merge)
{
    const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    Slot &slot = m_slots[slotOf(pair)];
    if (slot.pair == kEmpty)
        slot = {pair, merge};
}

const MergeTable::Merge *MergeTable::find(int32_t left, int32_t right) const
{
    const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    const Slot &slot = m_slots[slotOf(pair)];
    return slot.pair == kEmpty ? nullptr : &slot.merge;
}

void encodePiece(std::string_view bytes, const std::array<int32_t, 256> &byteIds, const MergeTable &merges, int64_t begin,
    std::vector<Token> &out)
{
    if (bytes.empty())
        return;
    if (bytes.size() <= kShortPiece)
        encodeShort(bytes, byteIds, merges, begin, out);
    else
        LongPiece(bytes, byteIds, merges).append(begin, out);
}

} // namespace winnow
