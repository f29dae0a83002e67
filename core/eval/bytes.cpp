#include "core/eval/bytes.h"

#include "core/methods/guided_plan.h"
#include "core/methods/mapped_plan.h"
#include "core/methods/selection.h"

#include <algorithm>
#include <string>
#include <vector>

namespace winnow {
namespace {

constexpr double kPositionBytes = 4; // one i32
constexpr double kScoreBytes = 4; // one f32
constexpr double kOffsetBytes = 4; // one i32 of a ragged layer

/// What is stored of one slot: K and V, or V alone in layers that hold no keys (iam), or a latent of all heads.
double slotBytesIn(const KvPlan &plan, int64_t layer, const CacheShape &shape)
{
    const int64_t keys = holdsValuesOnly(plan, layer) ? shape.headDim * shape.elementBytes : 0;
    return static_cast<double>(shape.storedBytes() - keys);
}

/// Plans with a small model's attention hold keys and values of heads.
CacheShape heldShape(const KvPlan &plan, const CacheShape &shape) { return plan.standIn ? shape.asHeads() : shape; }

/// Whether sets differ between query heads that share what is stored, so that a slot has a mask of those that see it.
bool hasMasks(const KeptTokens &kept, const CacheShape &shape)
{
    return shape.latentWidth > 0 ? kept.heads > 1 : kept.heads == shape.heads && shape.heads != shape.kvHeads;
}

double maskBytes(const CacheShape &shape) { return static_cast<double>((shape.heads / shape.storedHeads() + 7) / 8); }

/// The same summed over the layers: what one more slot of every head of the cache takes.
double slotBytesOfAll(const KvPlan &plan, const CacheShape &shape)
{
    double sum = 0;
    for (int64_t layer = 0; layer < shape.layers; ++layer)
        sum += slotBytesIn(plan, layer, shape);
    return sum;
}

/// Slots of one layer, counted the ways the byte kinds need them.
struct LayerSlots {
    double sets = 0; // sum over head sets
    double stored = 0; // sum over kv heads of the union over the group
    double perQueryHead = 0; // sum over query heads
    bool ragged = false; // kv heads hold different counts
};

/// Tokens that any query head of kv head g keeps.
int64_t unionCount(const KeptTokens &kept, int64_t layer, int64_t first, int64_t heads)
{
    int64_t count = 0;
    for (int64_t token = 0; token < kept.tokens; ++token) {
        bool any = false;
        for (int64_t h = first; h < first + heads && !any; ++h)
            any = kept.kept(layer, h, token);
        count += any;
    }
    return count;
}

LayerSlots countLayer(const KeptTokens &kept, int64_t layer, const CacheShape &shape)
{
    LayerSlots slots;
    const int64_t group = shape.heads / shape.kvHeads;
    int64_t first = -1;
    std::vector<int64_t> sets(static_cast<size_t>(kept.heads));
    for (int64_t s = 0; s < kept.heads; ++s) {
        sets[static_cast<size_t>(s)] = kept.countKept(layer, s);
        slots.sets += static_cast<double>(sets[static_cast<size_t>(s)]);
    }
    slots.perQueryHead = slots.sets * static_cast<double>(shape.heads) / static_cast<double>(kept.heads);
    for (int64_t g = 0; g < shape.storedHeads(); ++g) {
        int64_t held = sets[0]; // one set for the whole layer
        if (shape.latentWidth > 0)
            held = kept.heads > 1 ? unionCount(kept, layer, 0, kept.heads) : held;
        else if (kept.heads == shape.kvHeads)
            held = sets[static_cast<size_t>(g)];
        else if (kept.heads == shape.heads)
            held = unionCount(kept, layer, g * group, group);
        slots.stored += static_cast<double>(held);
        slots.ragged = slots.ragged || (first >= 0 && held != first);
        first = held;
    }
    return slots;
}

/// Values that stand without their keys in one layer (smallkv): marginal tokens.
struct MarginalSlots {
    double sets = 0; // sum over head sets
    double stored = 0; // rows of V beyond those of tokens whose keys are stored, sum over kv heads
    double values = 0; // all rows of V, sum over kv heads
    bool ragged = false;
};

MarginalSlots countMarginal(const KeptTokens &kept, int64_t layer, const CacheShape &shape)
{
    MarginalSlots slots;
    const int64_t setHeads = shape.heads / kept.heads, group = shape.heads / shape.kvHeads;
    for (int64_t s = 0; s < kept.heads; ++s) {
        for (int64_t token = 0; token < kept.tokens; ++token)
            slots.sets += kept.tokenClass(layer, s, token) == TokenClass::Marginal;
    }
    int64_t first = -1;
    for (int64_t g = 0; slots.sets > 0 && g < shape.kvHeads; ++g) {
        int64_t valuesOnly = 0, keys = 0;
        for (int64_t token = 0; token < kept.tokens; ++token) {
            bool key = false, value = false;
            for (int64_t h = g * group; h < (g + 1) * group; h += std::min(setHeads, group)) {
                key = key || kept.kept(layer, h / setHeads, token);
                value = value || kept.tokenClass(layer, h / setHeads, token) == TokenClass::Marginal;
            }
            keys += key;
            valuesOnly += value && !key;
        }
        slots.stored += static_cast<double>(valuesOnly);
        slots.values += static_cast<double>(keys + valuesOnly);
        slots.ragged = slots.ragged || (first >= 0 && valuesOnly != first);
        first = valuesOnly;
    }
    return slots;
}

/// A marginal token takes a value, its position and, of query-head sets, a second mask over the rows of V.
void addMarginal(const KvPlan &plan, int64_t layer, const CacheShape &shape, CacheBytes &bytes)
{
    if (!plan.standIn || plan.kept.classes.empty())
        return;
    const MarginalSlots slots = countMarginal(plan.kept, layer, shape);
    if (slots.sets == 0)
        return;
    const double value = static_cast<double>(shape.slotBytes() - shape.headDim * shape.elementBytes);
    const auto sets = static_cast<double>(plan.kept.heads);
    const bool queryHead = plan.kept.heads == shape.heads && shape.heads != shape.kvHeads;
    bytes.nominal += slots.sets * static_cast<double>(shape.kvHeads) / sets * value;
    bytes.stored += slots.stored * value;
    bytes.unfolded += slots.sets * static_cast<double>(shape.heads) / sets * value;
    bytes.metadata += kPositionBytes * (queryHead ? slots.stored : slots.sets);
    if (queryHead)
        bytes.metadata += static_cast<double>((shape.heads / shape.kvHeads + 7) / 8) * slots.values;
    if (slots.ragged)
        bytes.metadata += kOffsetBytes * static_cast<double>(shape.kvHeads + 1);
}

double metadataOf(const KvPlan &plan, const LayerSlots &slots, const CacheShape &shape)
{
    if (plan.inactive)
        return 0;
    const bool queryHead = hasMasks(plan.kept, shape);
    double bytes = 0;
    // Query-head sets are stored as one union per kv head with a mask saying which heads see a slot.
    if (plan.storesPositions)
        bytes += kPositionBytes * (queryHead ? slots.stored : slots.sets);
    if (queryHead)
        bytes += maskBytes(shape) * slots.stored;
    if (plan.storesScores)
        bytes += kScoreBytes * slots.sets;
    if (slots.ragged)
        bytes += kOffsetBytes * static_cast<double>(shape.storedHeads() + 1);
    return bytes;
}

} // namespace

CacheShape CacheShape::of(const ModelConfig &config, int64_t elementBytes)
{
    const int64_t bytes = elementBytes > 0 ? elementBytes : config.cacheElementBytes();
    return {config.layers, config.heads, config.kvHeads, config.headDim, bytes, config.valueWidth(),
        config.mla.latent > 0 ? config.mla.latent + config.mla.rope : 0};
}

Result<int64_t> elementBytesOf(std::string_view dtype)
{
    if (dtype == "f32")
        return 4;
    if (dtype == "f16" || dtype == "bf16")
        return 2;
    return fail(ErrorCode::BadInput, "unknown element type '" + std::string(dtype) + "'", "use f32, f16 or bf16");
}

CacheBytes planBytes(const KvPlan &plan, const CacheShape &own)
{
    const CacheShape shape = heldShape(plan, own);
    CacheBytes bytes;
    bytes.full = static_cast<double>(plan.kept.tokens * own.layers * own.storedHeads() * own.storedBytes());
    for (int64_t layer = 0; layer < shape.layers; ++layer) {
        const double e = slotBytesIn(plan, layer, shape);
        const LayerSlots slots = countLayer(plan.kept, layer, shape);
        bytes.nominal += slots.sets * static_cast<double>(shape.storedHeads()) / static_cast<double>(plan.kept.heads) * e;
        bytes.stored += slots.stored * e;
        bytes.keys += holdsValuesOnly(plan, layer) ? 0 : slots.stored * static_cast<double>(shape.latentWidth > 0 ? shape.storedBytes() : shape.headDim * shape.elementBytes);
        bytes.unfolded += slots.perQueryHead * (shape.latentWidth > 0 ? static_cast<double>(shape.slotBytes()) : e);
        bytes.metadata += metadataOf(plan, slots, shape);
        addMarginal(plan, layer, shape, bytes);
    }
    bytes.native = bytes.stored + bytes.metadata;
    return bytes;
}

namespace {

/// Slots per set and layer that `steps` more tokens leave behind, beyond the prompt's.
int64_t addedSlots(const KvPlan &plan, int64_t steps)
{
    if (isIdentity(plan))
        return steps;
    switch (plan.decodeRule) {
    case DecodeRule::Hold:
        return plan.inactive ? std::min(steps, std::max<int64_t>(0, plan.budget - plan.kept.tokens)) : 0;
    case DecodeRule::Interval:
        return plan.interval > 0 ? steps % plan.interval : steps;
    case DecodeRule::Grow:
        break;
    }
    return steps;
}

/// Classes keep their sizes, or grow in their proportions with the text: the sets themselves are chosen by rows to come.
CacheBytes guidedBytesAfter(const GuidedPlan &guided, const CacheShape &shape, int64_t steps, CacheBytes bytes)
{
    if (guided.late) { // whole until the heads are matched: at most every token
        const double all = static_cast<double>(guided.budget.tokens + steps) / static_cast<double>(guided.budget.tokens);
        for (double CacheBytes::*kind : {&CacheBytes::full, &CacheBytes::nominal, &CacheBytes::stored, &CacheBytes::unfolded})
            bytes.*kind *= all;
        bytes.native = bytes.stored + bytes.metadata;
        return bytes;
    }
    const auto cost = [&](int64_t slots) {
        const ClassCounts counts = guided.budget.at(slots);
        return static_cast<double>(counts.keys() + counts.values());
    };
    const double growth = cost(guided.budget.tokens + steps) / cost(guided.budget.tokens);
    for (double CacheBytes::*kind : {&CacheBytes::nominal, &CacheBytes::stored, &CacheBytes::metadata, &CacheBytes::unfolded})
        bytes.*kind *= growth;
    bytes.native = bytes.stored + bytes.metadata;
    bytes.full = static_cast<double>((guided.budget.tokens + steps) * shape.layers * shape.storedHeads() * shape.storedBytes());
    return bytes;
}

} // namespace

CacheBytes planBytesAfter(const KvPlan &plan, const CacheShape &own, int64_t steps)
{
    CacheBytes bytes = planBytes(plan, own);
    if (const GuidedPlan *guided = guidedPlanOf(plan))
        return guidedBytesAfter(*guided, own, steps, bytes);
    const CacheShape shape = heldShape(plan, own);
    const double added = static_cast<double>(addedSlots(plan, steps));
    const double layers = static_cast<double>(shape.layers), heads = static_cast<double>(shape.storedHeads());
    const double slots = added * layers * heads;
    const double slotBytes = added * slotBytesOfAll(plan, shape); // of one head of the cache in all layers
    const bool queryHead = hasMasks(plan.kept, shape);
    const double sets = added * layers * static_cast<double>(plan.kept.heads);
    bytes.full = static_cast<double>((plan.kept.tokens + steps) * own.layers * own.storedHeads() * own.storedBytes());
    bytes.nominal += slotBytes * heads;
    bytes.stored += slotBytes * heads;
    bytes.unfolded += static_cast<double>(shape.heads) * (shape.latentWidth > 0 ? added * layers * static_cast<double>(shape.slotBytes()) : slotBytes);
    if (!plan.inactive) {
        bytes.metadata += (plan.storesPositions ? kPositionBytes * (queryHead ? slots : sets) : 0)
            + (queryHead ? maskBytes(shape) * slots : 0) + (plan.storesScores ? kScoreBytes * sets : 0);
    }
    bytes.native = bytes.stored + bytes.metadata;
    return bytes;
}

double forecastPeakBytes(const KvPlan &plan, const CacheShape &own, int64_t steps)
{
    const CacheShape shape = heldShape(plan, own);
    const double fullLayer = static_cast<double>(plan.kept.tokens * shape.storedHeads() * shape.storedBytes());
    double before = 0, peak = 0;
    for (int64_t layer = 0; layer < shape.layers; ++layer) {
        CacheBytes marginal;
        addMarginal(plan, layer, shape, marginal);
        const double compressed = countLayer(plan.kept, layer, shape).stored * slotBytesIn(plan, layer, shape) + marginal.stored;
        // An inactive plan takes the layer over as it is.
        peak = std::max(peak, before + fullLayer + (plan.inactive ? 0 : compressed));
        before += compressed;
    }
    // The new token attends before another leaves.
    const double oneSlot = slotBytesOfAll(plan, shape) * static_cast<double>(shape.storedHeads());
    if (guidedPlanOf(plan))
        return std::max(peak, planBytesAfter(plan, shape, steps).stored + (steps > 0 ? oneSlot : 0));
    double added = static_cast<double>(addedSlots(plan, steps));
    if (isIdentity(plan))
        added = static_cast<double>(steps);
    else if (plan.decodeRule == DecodeRule::Interval)
        added = static_cast<double>(std::min(steps, plan.interval));
    else if (plan.decodeRule == DecodeRule::Hold)
        added = std::max(added, steps > 0 ? 1.0 : 0.0);
    return std::max(peak, before + added * oneSlot);
}

bool isNominalOnly(double allocatedBytes, double nativeBytes) { return allocatedBytes > 1.05 * nativeBytes; }

Result<EqualBytes> countForBytes(double bytes, int64_t tokens, const std::function<Result<double>(int64_t count)> &native)
{
    Result<double> least = native(1);
    if (!least)
        return fail(least.error());
    if (*least > bytes)
        return fail(ErrorCode::BadInput,
            "unreachable: one slot already takes " + std::to_string(static_cast<int64_t>(*least)) + " B, asked are "
                + std::to_string(static_cast<int64_t>(bytes)) + " B",
            "give a larger budget");
    // All of it may take less than almost all: a method that does nothing needs no small model beside it.
    if (Result<double> whole = native(tokens); !whole)
        return fail(whole.error());
    else if (*whole <= bytes)
        return EqualBytes{tokens, *whole, bytes - *whole};
    EqualBytes best{1, *least, bytes - *least};
    int64_t low = 1, high = tokens; // low fits
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        Result<double> found = native(middle);
        if (!found)
            return fail(found.error());
        if (*found <= bytes) {
            low = middle;
            best = {middle, *found, bytes - *found};
        } else {
            high = middle - 1;
        }
    }
    return best;
}

} // namespace winnow
