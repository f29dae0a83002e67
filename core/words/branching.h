#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/words/chunk_counts.h"
#include "core/words/growing_trie.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// Value of accessor variety: |w|^2 ln AV with single characters 0, the same with theirs, or |w| ln AV.
enum class VarietyValue { Square, SquareSingles, Linear };

/// What stands beside a substring w: n occurrences, neighbours to the right and left. A chunk's edge is a neighbour that is
/// different every time.
struct BranchingValues {
    int64_t occurrences = 0; // n
    double entropyRight = 0, entropyLeft = 0; // h, nats
    double variationRight = 0, variationLeft = 0; // V = h - h without the last (first) character
    double autonomy = 0; // a = V_R - mean_R + V_L - mean_L
    int64_t variety = 0; // AV
};

/// Entropies and varieties of all substrings up to a length, for nVBE and accessor variety.
/// @source segmentation-baselines.md 3.6.
class Branching {
public:
    /// @error Cancelled. @cost O(characters * longest) steps and nodes, twice.
    static Result<Branching> count(const ChunkCounts &chunks, int longest, const RunContext &context);

    int longest() const { return m_longest; }
    BranchingValues values(std::u32string_view word) const;
    double meanRight(int length) const { return m_right.means[static_cast<size_t>(length)]; }
    double meanLeft(int length) const { return m_left.means[static_cast<size_t>(length)]; }
    int64_t substrings() const { return m_right.substrings; } // distinct ones, up to the longest
    size_t bytes() const;

    /// Best sums of |w| a(w), or of the value of AV; equal ones go to the shorter last word. Ends appended with `base` added.
    double cutByEntropy(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends) const;
    double cutByVariety(std::u32string_view chunk, VarietyValue value, int32_t base, std::vector<int32_t> &ends) const;

private:
    /// One direction: substrings read forwards with right neighbours, or backwards with left ones.
    struct Side {
        GrowingTrie trie;
        std::vector<uint32_t> counts; // occurrences, by node
        std::vector<uint32_t> distinct; // different neighbours, every edge one
        std::vector<double> entropy, variation;
        std::vector<double> means; // by length, over occurrences
        int64_t substrings = 0;
    };
    struct Shape;
    enum class Direction { Forwards, Backwards };
    struct Found {
        uint32_t right = 0, left = 0; // nodes
    };

    static void grow(Side &side, Shape &shape, std::u32string_view chunk, uint32_t count, int longest);
    static void measure(Side &side, const Shape &shape, int longest);
    static Side countSide(const ChunkCounts &chunks, int longest, Direction direction);
    template <typename Value> double cut(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends, Value value) const;
    double autonomy(Found nodes, int length) const;

    int m_longest = 0;
    Side m_right, m_left;
};

} // namespace winnow
