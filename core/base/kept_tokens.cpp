#include "core/base/report.h"

#include <bit>

namespace winnow {
namespace {

    size_t flatIndex(const KeptTokens &kept, int64_t layer, int64_t head, int64_t token)
    {
        return size_t((layer * kept.heads + head) * kept.tokens + token);
    }

} // namespace

KeptTokens KeptTokens::sized(int64_t layers, int64_t heads, int64_t tokens)
{
    KeptTokens result;
    result.layers = layers;
    result.heads = heads;
    result.tokens = tokens;
    result.mask.assign(size_t((layers * heads * tokens + 7) / 8), 0);
    return result;
}

bool KeptTokens::kept(int64_t layer, int64_t head, int64_t token) const
{
    const size_t bit = flatIndex(*this, layer, head, token);
    return bit / 8 < mask.size() && (mask[bit / 8] >> (bit % 8) & 1) != 0;
}

void KeptTokens::setKept(int64_t layer, int64_t head, int64_t token)
{
    const size_t bit = flatIndex(*this, layer, head, token);
    mask[bit / 8] = static_cast<uint8_t>(mask[bit / 8] | 1 << (bit % 8));
}

TokenClass KeptTokens::tokenClass(int64_t layer, int64_t head, int64_t token) const
{
    const size_t index = flatIndex(*this, layer, head, token);
    if (index < classes.size() && classes[index] <= uint8_t(TokenClass::Merged))
        return static_cast<TokenClass>(classes[index]);
    return kept(layer, head, token) ? TokenClass::Kept : TokenClass::Evicted;
}

int64_t KeptTokens::countKept(int64_t layer, int64_t head) const
{
    size_t bit = flatIndex(*this, layer, head, 0);
    const size_t end = bit + size_t(tokens);
    int64_t count = 0;
    while (bit < end) {
        if (bit % 8 == 0 && bit + 8 <= end && bit / 8 < mask.size()) {
            count += std::popcount(mask[bit / 8]);
            bit += 8;
        } else {
            count += bit / 8 < mask.size() ? mask[bit / 8] >> (bit % 8) & 1 : 0;
            ++bit;
        }
    }
    return count;
}

} // namespace winnow
