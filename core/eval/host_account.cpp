#include "core/eval/host_account.h"

#include <algorithm>
#include <numeric>

namespace winnow {

HostAccount::HostAccount(int64_t tokens)
    : m_resident(static_cast<size_t>(tokens))
    , m_onHost(static_cast<size_t>(tokens))
{
    std::iota(m_resident.begin(), m_resident.end(), 0);
}

HostAccount::Moved HostAccount::update(std::span<const int32_t> resident)
{
    const auto known = static_cast<int32_t>(m_onHost.size());
    if (!resident.empty() && resident.back() >= known)
        m_onHost.resize(static_cast<size_t>(resident.back()) + 1);
    Moved moved;
    auto before = m_resident.begin();
    auto after = resident.begin();
    while (before != m_resident.end() || after != resident.end()) {
        if (after == resident.end() || (before != m_resident.end() && *before < *after)) {
            uint8_t &there = m_onHost[static_cast<size_t>(*before++)];
            moved.out += there == 0;
            there = 1;
        } else if (before == m_resident.end() || *after < *before) {
            moved.in += *after++ < known;
        } else {
            ++before, ++after;
        }
    }
    m_held += moved.out;
    m_resident.assign(resident.begin(), resident.end());
    return moved;
}

} // namespace winnow
