#include "views/kept_grid.h"

#include <algorithm>
#include <limits>

namespace winnow {

KeptGrid::KeptGrid(KeptTokens kept, int64_t inputTokens)
    : m_kept(std::move(kept))
    , m_layers(static_cast<int>(m_kept.layers))
    , m_heads(static_cast<int>(m_kept.heads))
    , m_tokens(static_cast<int>(m_kept.tokens))
    , m_width(static_cast<int>(std::max(inputTokens, m_kept.tokens + m_kept.steps)))
{
    countPrompt();
    sortChanges();
    if (m_kept.evictions.empty())
        return;
    m_evictedAt.assign(static_cast<size_t>(m_layers) * static_cast<size_t>(m_heads) * static_cast<size_t>(m_width), -1);
    for (const Eviction &e : m_kept.evictions) {
        const bool inside = e.layer >= 0 && e.layer < m_layers && e.head >= 0 && e.head < m_heads && e.position >= 0
            && e.position < m_width;
        if (inside)
            m_evictedAt[cell(e.layer, e.head, e.position)] = e.step;
    }
}

void KeptGrid::sortChanges()
{
    if (m_kept.changes.empty())
        return;
    for (const ClassChange &change : m_kept.changes)
        if (change.layer >= 0 && change.layer < m_layers && change.head >= 0 && change.head < m_heads && change.position >= 0 && change.position < m_width)
            m_changes.push_back(change);
    std::stable_sort(m_changes.begin(), m_changes.end(), [this](const ClassChange &a, const ClassChange &b) {
        const size_t x = cell(a.layer, a.head, a.position), y = cell(b.layer, b.head, b.position);
        return x != y ? x < y : a.step < b.step;
    });
    const size_t cells = static_cast<size_t>(m_layers) * static_cast<size_t>(m_heads) * static_cast<size_t>(m_width);
    m_changesFrom.assign(cells + 1, 0);
    for (const ClassChange &change : m_changes)
        ++m_changesFrom[cell(change.layer, change.head, change.position) + 1];
    for (size_t i = 0; i < cells; ++i)
        m_changesFrom[i + 1] += m_changesFrom[i];
}

size_t KeptGrid::changesUntil(size_t cell, int step) const
{
    size_t last = m_changesFrom[cell];
    while (last < m_changesFrom[cell + 1] && m_changes[last].step <= step)
        ++last;
    return last;
}

std::vector<ClassChange> KeptGrid::history(int layer, int head, int position) const
{
    if (m_changesFrom.empty() || position < 0 || position >= m_width)
        return {};
    const size_t at = cell(layer, head, position);
    return {m_changes.begin() + static_cast<long>(m_changesFrom[at]), m_changes.begin() + static_cast<long>(m_changesFrom[at + 1])};
}

// Every view asks for these counts, most of them for every cell: once per report is enough.
void KeptGrid::countPrompt()
{
    const auto tokens = static_cast<size_t>(m_tokens);
    m_counts.assign(static_cast<size_t>(m_layers) * tokens, 0);
    m_countsAll.assign(tokens, 0);
    size_t bit = 0;
    for (size_t l = 0; l < static_cast<size_t>(m_layers); ++l)
        for (int h = 0; h < m_heads; ++h)
            for (size_t t = 0; t < tokens; ++t, ++bit) {
                if (bit / 8 >= m_kept.mask.size() || (m_kept.mask[bit / 8] >> (bit % 8) & 1) == 0)
                    continue;
                if (m_counts[l * tokens + t] < 255)
                    ++m_counts[l * tokens + t];
                ++m_countsAll[t];
            }
}

KeptGridPtr KeptGrid::of(const ReportPtr &report)
{
    if (!report)
        return nullptr;
    std::optional<KeptTokens> kept = report->keptTokens();
    if (!kept || kept->axis != "token" || kept->tokens <= 0 || kept->layers <= 0 || kept->heads <= 0)
        return nullptr;
    return std::make_shared<const KeptGrid>(std::move(*kept), static_cast<int64_t>(report->ids().size()));
}

size_t KeptGrid::cell(int layer, int head, int position) const
{
    return (static_cast<size_t>(layer) * static_cast<size_t>(m_heads) + static_cast<size_t>(head))
        * static_cast<size_t>(m_width)
        + static_cast<size_t>(position);
}

int KeptGrid::evictionStep(int layer, int head, int position) const
{
    return m_evictedAt.empty() ? -1 : m_evictedAt[cell(layer, head, position)];
}

bool KeptGrid::keptAt(int layer, int head, int position, int step) const
{
    if (!m_changesFrom.empty()) {
        if (position >= m_tokens && position - m_tokens > step)
            return false; // not read yet
        const TokenClass now = classAt(layer, head, position, step);
        return now == TokenClass::Kept || now == TokenClass::Window || now == TokenClass::Sink;
    }
    if (position >= m_tokens) {
        if (position - m_tokens > step)
            return false; // not read yet
    } else if (!m_kept.kept(layer, head, position)) {
        return false;
    }
    const int gone = evictionStep(layer, head, position);
    return gone < 0 || gone > step;
}

TokenClass KeptGrid::classAt(int layer, int head, int position, int step) const
{
    if (!m_changesFrom.empty()) {
        const size_t at = cell(layer, head, position), last = changesUntil(at, step);
        if (last > m_changesFrom[at])
            return m_changes[last - 1].to;
        return position < m_tokens ? m_kept.tokenClass(layer, head, position) : TokenClass::Evicted;
    }
    if (position >= m_tokens)
        return keptAt(layer, head, position, step) ? TokenClass::Kept : TokenClass::Evicted;
    const int gone = evictionStep(layer, head, position);
    if (gone >= 0 && gone <= step)
        return TokenClass::Evicted;
    return m_kept.tokenClass(layer, head, position);
}

int KeptGrid::headsKept(int layer, int position, int step) const
{
    if (position < m_tokens && ((m_evictedAt.empty() && m_changesFrom.empty()) || step < 0))
        return m_counts[static_cast<size_t>(layer) * static_cast<size_t>(m_tokens) + static_cast<size_t>(position)];
    int count = 0;
    for (int h = 0; h < m_heads; ++h)
        count += keptAt(layer, h, position, step) ? 1 : 0;
    return count;
}

int KeptGrid::headsKeptAll(int position, int step) const
{
    if (position < m_tokens && ((m_evictedAt.empty() && m_changesFrom.empty()) || step < 0))
        return m_countsAll[static_cast<size_t>(position)];
    int count = 0;
    for (int l = 0; l < m_layers; ++l)
        count += headsKept(l, position, step);
    return count;
}

std::vector<uint8_t> KeptGrid::headCounts(int step) const
{
    std::vector<uint8_t> counts(static_cast<size_t>(m_layers) * static_cast<size_t>(m_width));
    size_t at = 0;
    for (int l = 0; l < m_layers; ++l)
        for (int p = 0; p < m_width; ++p)
            counts[at++] = static_cast<uint8_t>(std::min(headsKept(l, p, step), 255));
    return counts;
}

double KeptGrid::meanCacheLength(int step) const
{
    int64_t held = 0;
    for (const uint8_t count : headCounts(step))
        held += count;
    return static_cast<double>(held) / (static_cast<double>(m_layers) * m_heads);
}

float KeptGrid::score(int layer, int head, int position) const
{
    if (m_kept.score.empty() || position >= m_tokens)
        return std::numeric_limits<float>::quiet_NaN();
    return m_kept.score[(static_cast<size_t>(layer) * static_cast<size_t>(m_heads) + static_cast<size_t>(head))
            * static_cast<size_t>(m_tokens)
        + static_cast<size_t>(position)];
}

KeptGridPtr KeptGridCache::gridOf(const ReportPtr &report)
{
    if (!report)
        return nullptr;
    for (Entry &entry : m_entries) {
        if (entry.report == report) {
            entry.used = true;
            return entry.grid;
        }
    }
    m_entries.push_back({report, KeptGrid::of(report), true});
    return m_entries.back().grid;
}

void KeptGridCache::dropUnused()
{
    std::erase_if(m_entries, [](const Entry &entry) { return !entry.used; });
    for (Entry &entry : m_entries)
        entry.used = false;
}

} // namespace winnow
