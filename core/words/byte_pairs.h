#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/run_context.h"
#include "core/words/chunk_counts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// Two symbols that became one, and how often they stood side by side then.
struct SymbolMerge {
    std::u32string left, right;
    uint64_t count = 0;
};

/// Byte pair encoding over characters: merges learned from chunks, and their use.
/// @source arXiv:1508.07909, as segmentation-baselines.md 3.5.
class SymbolMerges {
public:
    SymbolMerges() = default;
    explicit SymbolMerges(std::vector<SymbolMerge> merges);

    /// @param merges  at most so many; stops when no pair repeats. @error Cancelled.
    static Result<SymbolMerges> learn(const ChunkCounts &chunks, int64_t merges, const RunContext &context);

    const std::vector<SymbolMerge> &merges() const { return m_merges; }
    /// Ends appended with `base` added, with the first `limit` merges. @cost O(n * merges that apply).
    void cut(std::u32string_view chunk, int32_t base, std::vector<int32_t> &ends, size_t limit = SIZE_MAX) const;
    /// Rank of the merge that makes a symbol, -1 for characters.
    int64_t rankOf(std::u32string_view symbol) const;
    size_t bytes() const;

    Json toJson() const;
    static Result<SymbolMerges> fromJson(const Json &json);

private:
    uint32_t symbolOf(char32_t character) const;

    static constexpr uint32_t kNoSymbol = ~0U;
    struct Rule {
        uint32_t rank = 0, symbol = 0; // the symbol that comes out
    };

    std::vector<SymbolMerge> m_merges;
    std::unordered_map<std::u32string, uint32_t> m_symbols; // text -> symbol, characters of the merges too
    std::unordered_map<uint64_t, Rule> m_rules; // left << 32 | right
};

} // namespace winnow
