#include "core/model/tokenizer/aligned_text.h"

namespace winnow {

SourceRange AlignedText::source(size_t begin, size_t end) const
{
    if (!m_changed)
        return {m_base + static_cast<uint32_t>(begin), m_base + static_cast<uint32_t>(end)};
    if (m_sources.empty())
        return {m_base, m_base};
    // Inside what one part of the original became, what is inserted stands for that part too: places never go back.
    const bool inside = begin > 0 && begin < m_sources.size() && m_sources[begin - 1].end > m_sources[begin].begin;
    if (begin == end && inside)
        return m_sources[begin];
    if (begin == end) {
        const uint32_t place = begin < m_sources.size() ? m_sources[begin].begin : m_sources.back().end;
        return {place, place};
    }
    return {m_sources[begin].begin, m_sources[end - 1].end};
}

AlignedText AlignedText::part(size_t begin, size_t end) const
{
    if (!m_changed) {
        AlignedText same(m_view.substr(begin, end - begin), m_base + begin);
        same.m_regexTicks = m_regexTicks;
        return same;
    }
    AlignedText result({}, source(begin, begin).begin);
    result.m_regexTicks = m_regexTicks;
    result.m_changed = true;
    result.m_owned = m_owned.substr(begin, end - begin);
    result.m_sources.assign(m_sources.begin() + static_cast<std::ptrdiff_t>(begin), m_sources.begin() + static_cast<std::ptrdiff_t>(end));
    return result;
}

void TextRewriter::keep(size_t begin, size_t end)
{
    if (!m_started && begin == m_prefix) {
        m_prefix = end;
        return;
    }
    start();
    copy(begin, end);
}

void TextRewriter::replace(size_t begin, size_t end, std::string_view by)
{
    start();
    const SourceRange source = m_from.source(begin, end);
    m_to.m_owned += by;
    m_to.m_sources.insert(m_to.m_sources.end(), by.size(), source);
}

AlignedText TextRewriter::finish() &&
{
    if (!m_started && m_prefix == m_from.size())
        return std::move(m_from);
    start();
    m_to.m_regexTicks = m_from.m_regexTicks;
    return std::move(m_to);
}

void TextRewriter::start()
{
    if (m_started)
        return;
    m_started = true;
    m_to.m_changed = true;
    m_to.m_owned.reserve(m_from.size() + m_from.size() / 2);
    m_to.m_sources.reserve(m_from.size() + m_from.size() / 2);
    copy(0, m_prefix);
}

void TextRewriter::copy(size_t begin, size_t end)
{
    m_to.m_owned += m_from.text().substr(begin, end - begin);
    if (m_from.m_changed) {
        const auto first = m_from.m_sources.begin();
        m_to.m_sources.insert(m_to.m_sources.end(), first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end));
        return;
    }
    for (size_t i = begin; i < end; ++i)
        m_to.m_sources.push_back({m_from.m_base + static_cast<uint32_t>(i), m_from.m_base + static_cast<uint32_t>(i) + 1});
}

} // namespace winnow
