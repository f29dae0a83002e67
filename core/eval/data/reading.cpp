#include "core/eval/data/reading.h"

namespace winnow {

void DataNotes::warn(std::string file, int64_t line, std::string reason)
{
    if (warnings.size() < kMostWarnings)
        warnings.push_back({std::move(file), line, std::move(reason)});
    else
        ++moreWarnings;
}

} // namespace winnow
