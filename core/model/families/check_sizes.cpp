#include "core/model/families/tensor_plan.h"

#include <vector>

namespace winnow {
namespace {

    /// Collects what is wrong, so that all of it is said at once.
    class Checks {
    public:
        void atMost(const char *what, int64_t value, int64_t most)
        {
            if (value < 0 || value > most)
                add(std::string(what) + ": expected 0 to " + std::to_string(most) + ", found " + std::to_string(value));
        }
        void isTrue(bool holds, const std::string &what)
        {
            if (!holds)
                add(what);
        }
        const std::string &text() const { return m_text; }

    private:
        void add(const std::string &what) { m_text += (m_text.empty() ? "" : "; ") + what; }
        std::string m_text;
    };

    std::string number(int64_t value) { return std::to_string(value); }

    void checkAttention(const ModelConfig &config, Checks &checks)
    {
        checks.isTrue(config.heads >= 1 && config.kvHeads >= 1 && config.heads % config.kvHeads == 0,
            number(config.heads) + " attention heads are no multiple of " + number(config.kvHeads) + " key and value heads");
        for (const RopeConfig &rope : config.ropes)
            checks.isTrue(rope.dim >= 2 && rope.dim % 2 == 0 && rope.dim <= config.headDim,
                number(rope.dim) + " rotated channels must be even and at most the head width " + number(config.headDim));
        for (size_t i = 0; i < config.layerConfigs.size(); ++i) {
            const LayerConfig &layer = config.layerConfigs[i];
            checks.isTrue(layer.rope < static_cast<int>(config.ropes.size()), "layer " + number(static_cast<int64_t>(i)) + " has no rotation");
            checks.isTrue(layer.window >= 0, "window of layer " + number(static_cast<int64_t>(i)) + ": expected at least 1, found " + number(layer.window));
            if (!checks.text().empty())
                return;
        }
    }

    void checkExperts(const MoeConfig &moe, Checks &checks)
    {
        if (moe.experts == 0)
            return;
        checks.isTrue(moe.active >= 1 && moe.active <= moe.experts,
            number(moe.active) + " active experts: expected 1 to " + number(moe.experts));
        checks.isTrue(moe.expertFfn >= 1, "experts have no width");
        if (moe.groupRanking == ExpertGroups::None)
            return;
        checks.isTrue(moe.groups >= 1 && moe.experts % moe.groups == 0,
            number(moe.experts) + " experts are no multiple of " + number(moe.groups) + " groups");
        checks.isTrue(moe.keptGroups >= 1 && moe.keptGroups <= moe.groups,
            number(moe.keptGroups) + " kept groups: expected 1 to " + number(moe.groups));
        if (!checks.text().empty())
            return;
        const int64_t inGroup = moe.experts / moe.groups;
        checks.isTrue(moe.keptGroups * inGroup >= moe.active,
            number(moe.active) + " active experts do not fit into " + number(moe.keptGroups) + " groups of " + number(inGroup));
        checks.isTrue(moe.groupRanking != ExpertGroups::TwoBest || inGroup >= 2, "groups are ranked by their two best experts and have one");
    }

} // namespace

Result<void> checkSizes(const ModelConfig &config, const std::string &where)
{
    constexpr int64_t kWide = int64_t{1} << 24; // a width; a product of two with a head count stays far below 2^63
    constexpr int64_t kMany = int64_t{1} << 16; // heads, layers, experts
    Checks checks;
    checks.atMost("layers", config.layers, kMany);
    checks.atMost("attention heads", config.heads, kMany);
    checks.atMost("key and value heads", config.kvHeads, kMany);
    checks.atMost("head width", config.headDim, kMany);
    checks.atMost("value width", config.valueWidth(), kMany);
    checks.atMost("hidden width", config.hidden, kWide);
    checks.atMost("feed-forward width", config.ffn, kWide);
    checks.atMost("vocabulary", config.vocab, int64_t{1} << 31);
    checks.atMost("context length", config.contextLength, int64_t{1} << 31);
    checks.atMost("experts", config.moe.experts, kMany);
    checks.atMost("expert width", config.moe.expertFfn, kWide);
    checks.atMost("shared expert width", config.moe.sharedFfn, kWide);
    checks.atMost("latent width", config.mla.latent, kWide);
    checks.atMost("query rank", config.mla.queryRank, kWide);
    checkAttention(config, checks);
    checkExperts(config.moe, checks);
    if (checks.text().empty())
        return {};
    return fail(ErrorCode::BadModelFile, where + ": sizes that cannot be: " + checks.text());
}

} // namespace winnow
