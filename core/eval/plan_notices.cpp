#include "core/eval/plan_notices.h"

#include <algorithm>
#include <string>

namespace winnow {

void addModelNotices(const ModelConfig &config, KvPlan &plan)
{
    int64_t windowed = 0, unturned = 0, narrowest = 0;
    for (const LayerConfig &layer : config.layerConfigs) {
        unturned += layer.rope < 0;
        if (layer.window <= 0)
            continue;
        ++windowed;
        narrowest = narrowest == 0 ? layer.window : std::min(narrowest, layer.window);
    }
    const std::string all = " of " + std::to_string(config.layers) + " layers ";
    if (windowed > 0 && narrowest < plan.kept.tokens)
        plan.notices.push_back(std::to_string(windowed) + all + "attend in windows of " + std::to_string(narrowest)
            + (plan.positions == PositionMode::Shift ? " packed positions" : " tokens")
            + ": kept tokens outside the window get no attention there, but are held and counted");
    if (plan.positions == PositionMode::Shift && unturned > 0)
        plan.notices.push_back(std::to_string(unturned) + all + "have no rotation: packed positions change nothing there");
}

std::string inactiveNotice(const KvPlan &plan)
{
    for (const std::string &notice : plan.notices) {
        if (notice.starts_with("inactive: "))
            return notice;
    }
    return {};
}

} // namespace winnow
