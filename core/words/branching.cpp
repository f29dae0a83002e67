#include "core/words/branching.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

/// What counting leaves behind of the trie's shape, by node.
struct Branching::Shape {
    std::vector<uint32_t> parents{0};
    std::vector<uint8_t> depths{0};
};

void Branching::grow(Side &side, Shape &shape, std::u32string_view chunk, uint32_t count, int longest)
{
    for (size_t start = 0; start < chunk.size(); ++start) {
        // One character more than the longest word: the neighbours.
        const size_t end = std::min(chunk.size(), start + static_cast<size_t>(longest) + 1);
        uint32_t node = 0;
        for (size_t at = start; at < end; ++at) {
            const uint32_t child = side.trie.grow(node, chunk[at]);
            if (child >= side.counts.size()) {
                side.counts.push_back(0);
                shape.parents.push_back(node);
                shape.depths.push_back(static_cast<uint8_t>(at - start + 1));
            }
            node = child;
            side.counts[node] += count;
        }
    }
}

void Branching::measure(Side &side, const Shape &shape, int longest)
{
    const size_t nodes = side.counts.size();
    // h(w) = -sum v/n ln(v/n) + e/n ln n over neighbours x with v occurrences and e edges, each of its own kind.
    std::vector<uint32_t> inside(nodes, 0); // occurrences with a neighbour
    side.distinct.assign(nodes, 0);
    side.entropy.assign(nodes, 0);
    side.variation.assign(nodes, 0);
    side.means.assign(static_cast<size_t>(longest) + 1, 0);
    for (uint32_t node = 1; node < nodes; ++node) {
        const uint32_t parent = shape.parents[node];
        inside[parent] += side.counts[node];
        ++side.distinct[parent];
        if (parent == 0)
            continue;
        const double share = double(side.counts[node]) / side.counts[parent];
        side.entropy[parent] -= share * std::log(share);
    }
    std::vector<double> occurrences(side.means.size(), 0);
    for (uint32_t node = 1; node < nodes; ++node) { // parents come first
        const size_t depth = shape.depths[node];
        if (depth > static_cast<size_t>(longest))
            continue;
        const double n = side.counts[node];
        const uint32_t edges = side.counts[node] - inside[node];
        side.entropy[node] += edges / n * std::log(n);
        side.distinct[node] += edges;
        side.variation[node] = side.entropy[node] - side.entropy[shape.parents[node]];
        side.means[depth] += n * side.variation[node];
        occurrences[depth] += n;
        ++side.substrings;
    }
    for (size_t length = 1; length < side.means.size(); ++length)
        side.means[length] /= std::max(1.0, occurrences[length]);
}

Branching::Side Branching::countSide(const ChunkCounts &chunks, int longest, Direction direction)
{
    Side side;
    Shape shape;
    side.counts.push_back(0);
    for (size_t c = 0; c < chunks.chunks.size(); ++c) {
        std::u32string chunk = chunks.chunks[c];
        if (direction == Direction::Backwards)
            std::reverse(chunk.begin(), chunk.end());
        grow(side, shape, chunk, chunks.counts[c], longest);
    }
    measure(side, shape, longest);
    return side;
}

Result<Branching> Branching::count(const ChunkCounts &chunks, int longest, const RunContext &context)
{
    Branching result;
    result.m_longest = longest;
    result.m_right = countSide(chunks, longest, Direction::Forwards);
    context.progress("branching", 1, 2, "directions");
    if (context.cancelled())
        return fail(ErrorCode::Cancelled, "cancelled");
    result.m_left = countSide(chunks, longest, Direction::Backwards);
    context.progress("branching", 2, 2, "directions");
    return result;
}

size_t Branching::bytes() const
{
    const auto side = [](const Side &of) { return of.trie.bytes() + of.counts.size() * (2 * sizeof(uint32_t) + 2 * sizeof(double)); };
    return side(m_right) + side(m_left);
}

double Branching::autonomy(Found nodes, int length) const
{
    return m_right.variation[nodes.right] - meanRight(length) + m_left.variation[nodes.left] - meanLeft(length);
}

BranchingValues Branching::values(std::u32string_view word) const
{
    BranchingValues values;
    const std::u32string backwards(word.rbegin(), word.rend());
    const Found nodes{m_right.trie.find(word), m_left.trie.find(backwards)};
    if (word.empty() || nodes.right == GrowingTrie::kNone || static_cast<int>(word.size()) > m_longest)
        return values;
    values.occurrences = m_right.counts[nodes.right];
    values.entropyRight = m_right.entropy[nodes.right];
    values.entropyLeft = m_left.entropy[nodes.left];
    values.variationRight = m_right.variation[nodes.right];
    values.variationLeft = m_left.variation[nodes.left];
    values.autonomy = autonomy(nodes, static_cast<int>(word.size()));
    values.variety = std::min(m_right.distinct[nodes.right], m_left.distinct[nodes.left]);
    return values;
}

template <typename Value>
double Branching::cut(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends, Value value) const
{
    const size_t n = chunk.size();
    const auto longest = static_cast<size_t>(m_longest);
    std::vector<uint32_t> right(n * longest, GrowingTrie::kNone); // node of [start, start + length), one row a start
    for (size_t start = 0; start < n; ++start) {
        uint32_t node = 0;
        for (size_t length = 1; length <= std::min(longest, n - start); ++length) {
            node = m_right.trie.child(node, chunk[start + length - 1]);
            if (node == GrowingTrie::kNone)
                break;
            right[start * longest + length - 1] = node;
        }
    }
    std::vector<double> best(n + 1, -std::numeric_limits<double>::infinity());
    std::vector<size_t> from(n + 1, 0);
    best[0] = 0;
    for (size_t end = 1; end <= n; ++end) {
        uint32_t left = 0;
        for (size_t length = 1; length <= std::min(longest, end); ++length) {
            if (length == 1 || left != GrowingTrie::kNone)
                left = m_left.trie.child(left, chunk[end - length]);
            const size_t start = end - length;
            const double sum = best[start] + value(Found{right[start * longest + length - 1], left}, static_cast<int>(length));
            if (sum > best[end] || length == 1) {
                best[end] = sum;
                from[end] = start;
            }
        }
    }
    const auto begin = static_cast<std::ptrdiff_t>(ends.size());
    for (size_t at = n; at > 0; at = from[at])
        ends.push_back(base + static_cast<int32_t>(at));
    std::reverse(ends.begin() + begin, ends.end());
    return best[n];
}

double Branching::cutByEntropy(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends) const
{
    return cut(chunk, base, ends, [this](Found nodes, int length) {
        // Node 0 stands for a substring that the text does not have: its entropies are 0.
        return length * autonomy(nodes, length);
    });
}

double Branching::cutByVariety(std::u32string_view chunk, VarietyValue kind, int32_t base, std::vector<int32_t> &ends) const
{
    return cut(chunk, base, ends, [this, kind](Found nodes, int length) {
        if (length == 1 && kind == VarietyValue::Square)
            return 0.0;
        if (nodes.right == GrowingTrie::kNone || nodes.left == GrowingTrie::kNone)
            return length == 1 ? 0.0 : -std::numeric_limits<double>::infinity();
        const double variety = std::min(m_right.distinct[nodes.right], m_left.distinct[nodes.left]);
        const double factor = kind == VarietyValue::Linear ? length : double(length) * length;
        return factor * std::log(std::max(1.0, variety));
    });
}

} // namespace winnow
