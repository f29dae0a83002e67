#include "core/serve/segment_store.h"

#include <algorithm>

namespace winnow {

const LearnedSegmenter *SegmentStore::find(const std::string &id)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const LearnedSegmenter &entry) { return entry.id == id; });
    if (found == m_entries.end())
        return nullptr;
    m_entries.splice(m_entries.begin(), m_entries, found);
    return &m_entries.front();
}

const LearnedSegmenter &SegmentStore::put(LearnedSegmenter learned)
{
    std::erase_if(m_entries, [&](const LearnedSegmenter &entry) { return entry.id == learned.id; });
    m_entries.push_front(std::move(learned));
    if (m_entries.size() > kMost)
        m_entries.pop_back();
    return m_entries.front();
}

} // namespace winnow
