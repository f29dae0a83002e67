#include "core/methods/method.h"

namespace winnow {

std::unique_ptr<DecodePolicy> Method::decodePolicy(
    const Capture &, const Ranking &, const KvPlan &, const Parameters &, int64_t) const
{
    return nullptr;
}

} // namespace winnow
