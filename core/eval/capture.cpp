#include "core/eval/capture.h"

#include "core/eval/evaluate.h"

#include <algorithm>

namespace winnow {

void CaptureNeeds::include(const CaptureNeeds &other)
{
    colSum = colSum || other.colSum;
    queryMoments = queryMoments || other.queryMoments;
    window = std::max(window, other.window);
}

bool CaptureNeeds::covers(const CaptureNeeds &asked) const
{
    return (colSum || !asked.colSum) && (queryMoments || !asked.queryMoments)
        && window >= asked.window;
}

} // namespace winnow
