#include "core/model/families/tensor_rule.h"

namespace winnow {

int64_t extent(Extent what, const ModelConfig &config, int64_t layer)
{
    switch (what) {
    case Extent::None:
        return 1;
    case Extent::Vocab:
        return config.vocab;
    case Extent::Hidden:
        return config.hidden;
    case Extent::Positions:
        return config.contextLength + config.positionOffset;
    case Extent::RopePairs:
        return config.ropes.empty() ? 0 : config.ropes.front().dim / 2;
    case Extent::Heads:
        return config.heads;
    case Extent::HeadDim:
        return config.headDim;
    case Extent::QueryWidth:
        return config.heads * config.headDim;
    case Extent::KvWidth:
        return config.kvHeads * config.headDim;
    case Extent::QkvWidth:
        return (config.heads + 2 * config.kvHeads) * config.headDim;
    case Extent::OutputWidth:
        return config.heads * config.valueWidth();
    case Extent::Ffn:
        return config.layer(layer).ffn;
    case Extent::TwiceFfn:
        return 2 * config.layer(layer).ffn;
    case Extent::Experts:
        return config.moe.experts;
    case Extent::ExpertFfn:
        return config.moe.expertFfn;
    case Extent::TwiceExpertFfn:
        return 2 * config.moe.expertFfn;
    case Extent::SharedFfn:
        return config.moe.sharedFfn;
    case Extent::Latent:
        return config.mla.latent;
    case Extent::LatentRope:
        return config.mla.latent + config.mla.rope;
    case Extent::LatentUpWidth:
        return config.heads * (config.mla.nope + config.mla.value);
    case Extent::Nope:
        return config.mla.nope;
    case Extent::ValueDim:
        return config.valueWidth();
    case Extent::QueryRank:
        return config.mla.queryRank;
    }
    return 0;
}

bool isWanted(When when, const ModelConfig &config)
{
    switch (when) {
    case When::Always:
    case When::Optional:
        return true;
    case When::Untied:
        return !config.tied;
    case When::QkvBias:
        return config.qkvBias;
    case When::OutputBias:
        return config.outputBias;
    case When::FfnBias:
        return config.ffnBias;
    case When::QueryRank:
        return config.mla.queryRank > 0;
    case When::NoQueryRank:
        return config.mla.queryRank == 0;
    case When::Shared:
        return config.moe.sharedFfn > 0;
    case When::SharedSwitch:
        return config.moe.sharedGate;
    }
    return false;
}

bool occursIn(Slot slot, const LayerConfig &layer)
{
    switch (slotPlace(slot)) {
    case SlotPlace::Model:
        return false;
    case SlotPlace::Layer:
        return true;
    case SlotPlace::DenseLayer:
        return !layer.experts;
    case SlotPlace::ExpertLayer:
        return layer.experts;
    }
    return false;
}

} // namespace winnow
