#pragma once

#include "core/base/report.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace winnow {

/// The kept set of one report in the form painters ask for: counts per layer and position at a decode step.
///
/// Positions 0..tokens-1 are the prompt, tokens..width-1 the continuation. Step -1 = after the prompt; step s = after
/// continuation row s had attended (its own token is then in the cache, evictions of steps <= s are done).
class KeptGrid {
public:
    /// @param inputTokens  length of input.ids: what goes beyond kept.tokens is the continuation.
    KeptGrid(KeptTokens kept, int64_t inputTokens);
    /// nullptr when the report has no kept set over tokens.
    static std::shared_ptr<const KeptGrid> of(const ReportPtr &report);

    int layers() const { return m_layers; }
    int heads() const { return m_heads; }
    int tokens() const { return m_tokens; }
    int width() const { return m_width; }
    int continuation() const { return m_width - m_tokens; }
    const KeptTokens &kept() const { return m_kept; }

    bool keptAt(int layer, int head, int position, int step) const;
    /// Class at a step: what was evicted later is shown as it was before.
    TokenClass classAt(int layer, int head, int position, int step) const;
    /// Changes of class of one position in step order, for methods that decide again at every step.
    std::vector<ClassChange> history(int layer, int head, int position) const;
    /// Step at which a position left the cache; -1 = never, or at once after the prompt.
    int evictionStep(int layer, int head, int position) const;
    /// Heads of a layer that hold the position, 0..heads().
    int headsKept(int layer, int position, int step) const;
    /// The same over all layers, 0..layers() * heads().
    int headsKeptAll(int position, int step) const;
    /// [layers, width] of headsKept.
    std::vector<uint8_t> headCounts(int step) const;
    /// Positions held at a step, mean over layers and heads.
    double meanCacheLength(int step) const;
    /// Score of the ranking, NaN when the report has none.
    float score(int layer, int head, int position) const;
    bool hasScores() const { return !m_kept.score.empty(); }
    bool hasClasses() const { return !m_kept.classes.empty() || !m_kept.changes.empty(); }
    /// Held sets change while decoding.
    bool decodes() const { return !m_kept.evictions.empty() || !m_kept.changes.empty(); }

private:
    size_t cell(int layer, int head, int position) const;
    void countPrompt();
    void sortChanges();
    /// Index one behind the last change of a cell that has happened at a step.
    size_t changesUntil(size_t cell, int step) const;

    KeptTokens m_kept;
    int m_layers = 0, m_heads = 0, m_tokens = 0, m_width = 0;
    std::vector<uint8_t> m_counts; // [layers, tokens] heads that keep it after the prompt
    std::vector<int32_t> m_countsAll; // [tokens], sum over layers
    std::vector<int32_t> m_evictedAt; // [layers, heads, width], empty without evictions
    std::vector<ClassChange> m_changes; // by cell, then step
    std::vector<uint32_t> m_changesFrom; // [layers, heads, width + 1] first change of a cell, empty without changes
};
using KeptGridPtr = std::shared_ptr<const KeptGrid>;

/// Remembers the grids of the reports in use, so that a slider move only parses the one that changed.
class KeptGridCache {
public:
    KeptGridPtr gridOf(const ReportPtr &report);
    /// Forgets reports that were not asked for since the last call.
    void dropUnused();

private:
    struct Entry {
        ReportPtr report;
        KeptGridPtr grid;
        bool used = true;
    };
    std::vector<Entry> m_entries;
};

} // namespace winnow
