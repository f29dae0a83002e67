#include "core/methods/selection.h"

#include "core/methods/group_rule.h"

#include <algorithm>
#include <cstring>

namespace winnow {

int64_t effectiveWindow(int64_t window, int64_t count)
{
    return std::min(window, std::max<int64_t>(1, count / 2));
}

KvPlan emptyPlan(const Capture &capture, GroupRule rule, int64_t count)
{
    const int64_t tokens = capture.tokens();
    const int64_t layers = capture.config.layers;
    KvPlan plan;
    plan.kept = KeptTokens::sized(layers, headSets(rule, capture.config), tokens);
    plan.kept.headKind = headKind(rule);
    plan.kept.classes.assign(static_cast<size_t>(layers * plan.kept.heads * tokens), uint8_t(TokenClass::Evicted));
    plan.budget = count;
    plan.layerCounts.assign(static_cast<size_t>(layers), std::min(count, tokens));
    plan.groupRule = rule;
    plan.inactive = count >= tokens;
    return plan;
}

bool isIdentity(const KvPlan &plan)
{
    return plan.budget == plan.kept.tokens;
}

void fillSet(KvPlan &plan, int64_t layer, int64_t set, ProtectedSlots protectedSlots, std::span<const int32_t> order)
{
    const int64_t tokens = plan.kept.tokens;
    uint8_t *classes = plan.kept.classes.data() + (layer * plan.kept.heads + set) * tokens;
    const int64_t slots = std::min(plan.layerCounts[static_cast<size_t>(layer)], tokens);
    const int64_t window = std::min(protectedSlots.window, slots);
    const int64_t sinks = std::min(protectedSlots.sinks, slots - window);
    std::fill_n(classes, sinks, uint8_t(TokenClass::Sink));
    std::fill_n(classes + tokens - window, window, uint8_t(TokenClass::Window));
    int64_t left = slots - window - sinks;
    for (const int32_t position : order) {
        if (left == 0)
            break;
        if (position >= sinks && position < tokens - window) {
            classes[position] = uint8_t(TokenClass::Kept);
            --left;
        }
    }
}

void packMask(KeptTokens &kept)
{
    static_assert(uint8_t(TokenClass::Evicted) == 0);
    const size_t count = kept.classes.size();
    size_t i = 0;
    // Eight class bytes at a time: bit 7 of each byte says "not zero" (classes are below 128), the product gathers them.
    for (; i + 8 <= count; i += 8) {
        uint64_t bytes = 0;
        std::memcpy(&bytes, kept.classes.data() + i, sizeof bytes);
        const uint64_t nonZero = (bytes + 0x7f7f7f7f7f7f7f7fULL) >> 7 & 0x0101010101010101ULL;
        kept.mask[i / 8] = static_cast<uint8_t>(nonZero * 0x0102040810204080ULL >> 56);
    }
    for (; i < count; ++i) {
        if (kept.classes[i] != 0)
            kept.mask[i / 8] = static_cast<uint8_t>(kept.mask[i / 8] | 1 << (i % 8));
    }
}

std::vector<int32_t> keptPositions(const KeptTokens &kept, int64_t layer, int64_t set)
{
    std::vector<int32_t> positions;
    for (int64_t v = 0; v < kept.tokens; ++v) {
        if (kept.kept(layer, set, v))
            positions.push_back(static_cast<int32_t>(v));
    }
    return positions;
}

} // namespace winnow
