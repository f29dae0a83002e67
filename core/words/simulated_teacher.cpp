#include "core/words/simulated_teacher.h"

namespace winnow {

std::vector<int32_t> SimulatedTeacher::next(const std::vector<int32_t> &goldEnds)
{
    std::vector<int32_t> pieces;
    int32_t begin = 0;
    for (const int32_t end : goldEnds) {
        const int32_t length = end - begin;
        if (length >= 2 && m_random.uniform() < m_splitShare)
            pieces.push_back(begin + 1 + static_cast<int32_t>(m_random.below(static_cast<uint64_t>(length - 1))));
        pieces.push_back(end);
        begin = end;
    }
    std::vector<int32_t> words;
    for (const int32_t end : pieces) {
        if (!words.empty() && m_random.uniform() < m_mergeShare)
            words.back() = end;
        else
            words.push_back(end);
    }
    return words;
}

} // namespace winnow
