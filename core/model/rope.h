#pragma once

#include "core/base/error.h"
#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// Cosines and sines of some positions, ready to rotate queries and keys of any layer.
struct RopeRows {
    at::Tensor cos; // [rows, Dr/2] f32
    at::Tensor sin; // [rows, Dr/2] f32
};

/// Half RoPE: channel j of a head is paired with channel j + offset, j < Dr/2 (model-families.md 3.4). Rows of `llama` files
/// are brought back to the original order on load, so this is the only form the forward pass knows.
class RopeTable {
public:
    RopeTable() = default;

    /// @param inverse    Inverse frequencies theta^(-2j/Dr)/f_j, j < Dr/2.
    /// @param pairOffset Distance of the two channels of a pair.
    RopeTable(std::vector<float> inverse, int64_t pairOffset);

    /// Inverse frequencies of a configuration.
    /// @param factors f_j (tensor rope_freqs.weight), empty = all 1.
    /// @param linear  linear scaling factor, 1 = none.
    static std::vector<float> inverseFrequencies(int64_t ropeDim, double theta, std::span<const float> factors, double linear);

    /// Angles are rounded to f32 before cosine and sine, as the reference implementations do: at position 2,000 the
    /// difference to exact angles would be 1e-4 in a logit.
    /// @cost rows * Dr/2 sines; once per pass, not per layer.
    RopeRows rows(std::span<const int32_t> positions, const at::Device &device) const;

    /// Rotates in place. x [..., rows, heads, D] f32 with a contiguous last dimension; rope holds `rows` rows.
    void rotate(const at::Tensor &x, const RopeRows &rope) const;

    int64_t pairs() const { return static_cast<int64_t>(m_inverse.size()); }
    std::span<const float> inverse() const { return m_inverse; }

private:
    std::vector<float> m_inverse;
    int64_t m_pairOffset = 0;
};

} // namespace winnow
