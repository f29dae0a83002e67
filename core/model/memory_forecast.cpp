#include "core/model/memory_forecast.h"

#include "core/model/attention.h"
#include "core/model/forward.h"
#include "core/model/load_weights.h"
#include "core/model/stored_rows.h"

#include <algorithm>

namespace winnow {
namespace {

    // The sizes of the passes' blocks: attention.cpp, ffn.cpp, layers.cpp and weight_products.cpp have them for themselves.
    constexpr int64_t kBlockRows = 64;
    constexpr int64_t kFfnRows = 256;
    constexpr int64_t kExpertRows = 4096;
    constexpr int64_t kBlockWeights = int64_t{1} << 19;
    constexpr int64_t kHugePage = int64_t{2} << 20;

    /// Floats of one layer's pass over `rows` rows, in the order the parts run.
    class LayerForecast {
    public:
        LayerForecast(const ModelConfig &config, const LayerConfig &layer, int64_t rows, const at::Device &device)
            : m_config(config)
            , m_layer(layer)
            , m_rows(rows)
            , m_device(device)
        {
        }

        int64_t peak() const
        {
            const int64_t attended = m_rows * m_config.heads * m_config.valueWidth();
            if (isLatent())
                return std::max({latentProjecting(), latentHeld() + std::max(latentExpanding(), attended + scores()), attended + finishing()});
            const int64_t held = m_rows * qkvRows();
            const int64_t chunk = std::min(m_rows, rowsPerPoll(qkvRows() * m_config.hidden));
            const int64_t projecting = held + chunk * m_config.hidden + rounding(chunk, m_config.hidden, qkvRows());
            return std::max({projecting, held + attended + scores(), attended + finishing()});
        }

    private:
        bool isLatent() const { return m_config.mla.latent > 0; }
        int64_t qkvRows() const { return (m_config.heads + m_config.kvHeads) * m_config.headDim + m_config.kvHeads * m_config.valueWidth(); }
        /// Channels of all heads: queries or keys; keys' unrotated part with values, as they are expanded together.
        int64_t latentQueries() const { return m_config.heads * (m_config.mla.nope + m_config.mla.rope); }
        int64_t latentUp() const { return m_config.heads * (m_config.mla.nope + m_config.mla.value); }
        /// Queries beside latents and shared keys; twice while the chunks are joined.
        int64_t latentProjecting() const
        {
            const MlaConfig &mla = m_config.mla;
            const int64_t from = mla.queryRank > 0 ? mla.queryRank : m_config.hidden;
            const int64_t chunk = std::min(m_rows, rowsPerPoll(latentQueries() * from + (mla.latent + mla.rope) * m_config.hidden));
            const int64_t whole = m_rows * (latentQueries() + mla.latent + mla.rope);
            // A chunk's norm, compressed queries, and what the latents come from.
            const int64_t making = chunk * (m_config.hidden + mla.queryRank + mla.latent + mla.rope) + rounding(chunk, m_config.hidden, 0);
            // The shared keys rotated, and the rows that the cache takes.
            const int64_t appending = m_rows * (m_config.headDim + 2 * (mla.latent + mla.rope));
            return whole + std::max({making, m_rows > chunk ? whole : 0, appending});
        }
        /// Queries, and keys and values of all heads in the element type, as long as the layer attends.
        int64_t latentHeld() const
        {
            return m_rows * (latentQueries() + m_config.heads * m_config.slotBytes(m_config.cacheElementBytes()) / 4);
        }
        int64_t latentExpanding() const
        {
            const MlaConfig &mla = m_config.mla;
            const int64_t chunk = std::min(m_rows, rowsPerPoll(latentUp() * mla.latent));
            return chunk * (latentUp() + latentQueries() + mla.latent) + rounding(chunk, mla.latent, 0);
        }

        bool isHalf() const { return m_config.elementType != ElementType::F32; }

        /// Inputs of a product in the element type, besides themselves: on the CPU also as the f32 they are rounded to, on a GPU
        /// the result that is then copied to its place.
        int64_t rounding(int64_t rows, int64_t inputs, int64_t results) const
        {
            if (!isHalf())
                return 0;
            return m_device.is_cpu() ? rows * inputs * 3 / 2 : rows * (inputs / 2 + results);
        }

        /// Scratch of attention: a block of rows of the heads of one KV head; on a GPU of all heads, with copies of the scores.
        int64_t scores() const
        {
            const int64_t rows = std::min(m_rows, attentionBlockRows(m_device, m_config.heads, m_rows));
            const int64_t keys = m_layer.window > 0 ? std::min(m_rows, m_layer.window + rows - 1) : m_rows;
            const int64_t heads = m_device.is_cpu() ? m_config.groups() : m_config.heads;
            const int64_t width = m_config.headDim + m_config.valueWidth();
            // Keys and values of one KV head as f32; the rounded weights.
            const int64_t unpacked = isHalf() && m_device.is_cpu() ? m_rows * width + heads * rows * keys / 2 : 0;
            return heads * rows * ((m_device.is_cpu() ? 1 : kOperatorScores) * keys + width) + unpacked;
        }

        /// Inner rows of a feed-forward part: gate and up beside their product.
        int64_t inner(int64_t rows, int64_t width) const
        {
            const int64_t chunk = std::min(rows, kFfnRows), outer = chunk * width * (m_config.gatedFfn ? 2 : 1);
            return std::max({outer + chunk * width, isHalf() ? outer + rounding(chunk, m_config.hidden, 0) : 0,
                isHalf() ? chunk * width + rounding(chunk, width, m_config.hidden) : 0});
        }

        int64_t finishing() const
        {
            const int64_t hidden = m_config.hidden;
            if (m_layer.experts)
                return experts();
            const int64_t weights = hidden * m_config.heads * m_config.valueWidth() + hidden * m_layer.ffn * (m_config.gatedFfn ? 3 : 2);
            const int64_t rows = std::min(m_rows, rowsPerPoll(weights));
            // A branch that is scaled is held by itself before it is added.
            const int64_t branch = m_config.residualScale != 1 ? rows * hidden : 0;
            const int64_t projecting = rounding(rows, m_config.heads * m_config.valueWidth(), hidden);
            return std::max(projecting, rows * hidden + branch + std::max(inner(rows, m_layer.ffn), branch));
        }

        int64_t experts() const
        {
            const MoeConfig &moe = m_config.moe;
            const int64_t rows = std::min(m_rows, kExpertRows), hidden = m_config.hidden;
            const int64_t matrices = m_config.gatedFfn ? 3 : 2;
            // Logits, scores and their order (64-bit indices); ids, weights and the pairs sorted by expert.
            const int64_t routing = rows * (kRouterFloats * moe.experts + kPairFloats * moe.active);
            const int64_t step = rowsPerPoll(matrices * moe.expertFfn * hidden);
            // Half more than its share: what a router that uses all its experts gives the busiest one.
            const int64_t busiest = std::min({rows, step, rows * moe.active * 3 / (2 * moe.experts) + 1});
            const int64_t sharedStep = std::min(rows, rowsPerPoll(matrices * moe.sharedFfn * hidden));
            const int64_t shared = moe.sharedFfn > 0 ? inner(sharedStep, moe.sharedFfn) + (moe.sharedGate ? sharedStep * hidden : 0) : 0;
            return 2 * rows * hidden + routing + std::max(2 * busiest * hidden + inner(busiest, moe.expertFfn), shared);
        }

        static constexpr int64_t kRouterFloats = 2, kPairFloats = 12;
        static constexpr int64_t kOperatorScores = 3; // before softmax, after it, and their entropies

        const ModelConfig &m_config;
        const LayerConfig &m_layer;
        int64_t m_rows;
        at::Device m_device;
    };

} // namespace

int64_t forecastCacheBytes(const ModelConfig &config, int64_t tokens) { return config.ownCacheBytes(tokens); }

int64_t forecastPassBytes(const ModelConfig &config, int64_t tokens, const at::Device &device)
{
    int64_t floats = tokens * config.hidden;
    for (const RopeConfig &rope : config.ropes)
        floats += tokens * rope.dim;
    int64_t most = 2 * config.vocab + config.hidden; // logits of one row and where they are kept
    for (const LayerConfig &layer : config.layerConfigs)
        most = std::max(most, LayerForecast(config, layer, tokens, device).peak());
    return 4 * (floats + most);
}

int64_t forecastBlockBytes(const ModelConfig &config, Residency residency, const at::Device &device)
{
    if (device.is_cpu()) {
        if (residency == Residency::Dense && config.elementType == ElementType::F32)
            return 0;
        const int64_t widest = std::max({config.hidden, config.ffn, config.heads * config.valueWidth(), config.moe.expertFfn});
        const int64_t bytes = 4 * std::max(kBlockWeights, kBlockRows * widest);
        return (bytes + kHugePage - 1) / kHugePage * kHugePage;
    }
    if (residency == Residency::Dense)
        return 0;
    const int64_t largest = stagingBytes(config, ElementType::F32) / 4;
    return std::min(largest, kDeviceBlockWeights) * bytesOf(config.elementType);
}

} // namespace winnow
