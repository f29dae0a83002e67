#include "core/model/rope.h"

#include "core/model/cpu_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace winnow {
namespace {

    constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

    bool hasTwoSets(const RopeConfig &config) { return config.scaling == RopeScaling::LongRope && !config.longFactors.empty(); }

    /// Llama 3.1: long wavelengths divided by the factor, short ones kept, a blend between (model-families.md 3.4).
    void scaleLlama3(const RopeConfig &config, std::vector<float> &inverse)
    {
        const auto old = static_cast<double>(config.originalContext);
        for (float &value : inverse) {
            const double wavelength = 2 * std::numbers::pi / static_cast<double>(value);
            if (wavelength < old / config.highFrequency)
                continue;
            if (wavelength > old / config.lowFrequency) {
                value = static_cast<float>(static_cast<double>(value) / config.factor);
                continue;
            }
            const double u = (old / wavelength - config.lowFrequency) / (config.highFrequency - config.lowFrequency);
            value = static_cast<float>(static_cast<double>(value) * ((1 - u) / config.factor + u));
        }
    }

    /// YaRN: few turns within the original context are interpolated, many are kept (arXiv:2309.00071, section 3.2).
    void scaleYarn(const RopeConfig &config, std::vector<float> &inverse)
    {
        const auto dim = static_cast<double>(config.dim);
        const auto pairOfTurns = [&](double turns) {
            return dim * std::log(static_cast<double>(config.originalContext) / (turns * 2 * std::numbers::pi))
                / (2 * std::log(config.theta));
        };
        const double low = std::max(std::floor(pairOfTurns(config.betaFast)), 0.0);
        double high = std::min(std::ceil(pairOfTurns(config.betaSlow)), dim - 1);
        if (low == high)
            high += 0.001; // as the reference: no division by zero
        for (size_t j = 0; j < inverse.size(); ++j) {
            const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
            const auto plain = static_cast<double>(inverse[j]);
            inverse[j] = static_cast<float>(plain * (1 - ramp) + plain / config.factor * ramp);
        }
    }

    void divideBy(const std::vector<float> &factors, std::vector<float> &inverse)
    {
        for (size_t j = 0; j < std::min(inverse.size(), factors.size()); ++j)
            inverse[j] /= factors[j];
    }

} // namespace

std::vector<float> inverseFrequencies(const RopeConfig &config, int64_t length)
{
    std::vector<float> inverse(static_cast<size_t>(config.dim / 2));
    for (size_t j = 0; j < inverse.size(); ++j) {
        // theta^(-2j/Dr), model-families.md 3.4; the exponent is rounded to f32 first, as the references do.
        const float exponent = static_cast<float>(2 * j) / static_cast<float>(config.dim);
        inverse[j] = 1.0F / static_cast<float>(std::pow(config.theta, static_cast<double>(exponent)));
    }
    switch (config.scaling) {
    case RopeScaling::None:
        break;
    case RopeScaling::Linear:
        for (float &value : inverse)
            value /= static_cast<float>(config.factor);
        break;
    case RopeScaling::Llama3:
        scaleLlama3(config, inverse);
        break;
    case RopeScaling::Yarn:
        scaleYarn(config, inverse);
        break;
    case RopeScaling::LongRope:
        divideBy(hasTwoSets(config) && length > config.originalContext ? config.longFactors : config.factors, inverse);
        break;
    case RopeScaling::Factors:
        divideBy(config.factors, inverse);
        break;
    }
    return inverse;
}

RopeTable::RopeTable(const RopeConfig &config, RopePairing pairing, int64_t width, int64_t firstTurned)
    : m_short(inverseFrequencies(config, 0))
    , m_pairing(pairing)
    , m_first(std::min(firstTurned, width - config.dim))
    , m_switchLength(hasTwoSets(config) ? config.originalContext : kNever)
    , m_rowScale(config.rowScale)
{
    if (hasTwoSets(config))
        m_long = inverseFrequencies(config, config.originalContext + 1);
}

RopePair RopeTable::pair(int64_t j) const
{
    const int64_t half = pairs();
    switch (m_pairing) {
    case RopePairing::Adjacent:
        return {m_first + 2 * j, m_first + 2 * j + 1, m_first + 2 * j, m_first + 2 * j + 1};
    case RopePairing::AdjacentSplit:
        return {m_first + 2 * j, m_first + 2 * j + 1, m_first + j, m_first + j + half};
    case RopePairing::Half:
        break;
    }
    return {m_first + j, m_first + j + half, m_first + j, m_first + j + half};
}

RopeAngles RopeTable::angles(std::span<const int32_t> positions, int64_t length, const at::Device &device) const
{
    const auto count = static_cast<int64_t>(positions.size());
    RopeAngles result{at::empty({count, pairs()}, at::kFloat), at::empty({count, pairs()}, at::kFloat)};
    float *cosine = result.cos.data_ptr<float>();
    float *sine = result.sin.data_ptr<float>();
    const std::span<const float> frequencies = inverse(length);
    const auto scale = static_cast<float>(m_rowScale);
    for (const int32_t position : positions) {
        for (const float inverse : frequencies) {
            const float angle = static_cast<float>(position) * inverse;
            *cosine++ = std::cos(angle) * scale;
            *sine++ = std::sin(angle) * scale;
        }
    }
    if (!device.is_cpu())
        return RopeAngles{result.cos.to(device), result.sin.to(device)};
    return result;
}

void RopeTable::rotate(const at::Tensor &x, const RopeAngles &angles) const
{
    if (m_pairing == RopePairing::Half && x.is_cpu() && x.dim() == 3 && x.stride(1) == x.size(2) && x.stride(2) == 1) {
        cpu::rotateRows(x.data_ptr<float>() + m_first, angles.cos.data_ptr<float>(), angles.sin.data_ptr<float>(), x.size(0),
            x.stride(0), x.size(1), x.size(2), pairs(), pairs());
        return;
    }
    const int64_t turned = 2 * pairs();
    const at::Tensor part = x.narrow(-1, m_first, turned); // [rows, heads, Dr]
    const auto strided = [&](int64_t begin) { return part.slice(-1, begin, turned, 2); };
    const bool half = m_pairing == RopePairing::Half;
    const at::Tensor a = half ? part.narrow(-1, 0, pairs()) : strided(0);
    const at::Tensor b = half ? part.narrow(-1, pairs(), pairs()) : strided(1);
    const at::Tensor cosine = angles.cos.unsqueeze(1); // [rows, 1, Dr/2]
    const at::Tensor sine = angles.sin.unsqueeze(1);
    if (!x.is_cpu() && m_pairing != RopePairing::AdjacentSplit) { // five launches instead of eight
        const at::Tensor turned = a * sine;
        a.mul_(cosine).addcmul_(b, sine, -1);
        b.mul_(cosine).add_(turned);
        return;
    }
    const at::Tensor first = a * cosine - b * sine;
    const at::Tensor second = a * sine + b * cosine;
    if (m_pairing == RopePairing::Adjacent) {
        a.copy_(first);
        b.copy_(second);
        return;
    }
    part.narrow(-1, 0, pairs()).copy_(first);
    part.narrow(-1, pairs(), pairs()).copy_(second);
}

ModelRope::ModelRope(const ModelConfig &config)
{
    // Latent attention rotates the last channels of a head, everything else the first ones.
    for (const RopeConfig &rope : config.ropes)
        m_tables.emplace_back(rope, config.ropePairing, config.headDim, config.mla.latent > 0 ? config.headDim - rope.dim : 0);
    for (const LayerConfig &layer : config.layerConfigs)
        m_layers.push_back(layer.rope < static_cast<int>(m_tables.size()) ? layer.rope : -1);
}

RopeRows ModelRope::rows(std::span<const int32_t> positions, const at::Device &device, int64_t length) const
{
    if (length == 0)
        length = positions.empty() ? 0 : *std::max_element(positions.begin(), positions.end()) + int64_t{1};
    RopeRows result;
    for (const RopeTable &table : m_tables)
        result.tables.push_back(table.angles(positions, length, device));
    return result;
}

const RopeTable *ModelRope::table(int64_t layer) const
{
    const int index = m_layers[static_cast<size_t>(layer)];
    return index < 0 ? nullptr : &m_tables[static_cast<size_t>(index)];
}

void ModelRope::rotate(int64_t layer, const at::Tensor &x, const RopeRows &rows) const
{
    if (const RopeTable *used = table(layer))
        used->rotate(x, rows.tables[static_cast<size_t>(m_layers[static_cast<size_t>(layer)])]);
}

int64_t ModelRope::switchLength() const
{
    int64_t result = kNever;
    for (const RopeTable &table : m_tables)
        result = std::min(result, table.switchLength());
    return result;
}

} // namespace winnow
