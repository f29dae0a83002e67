#pragma once

#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// The two channels of a pair before and after they turned; both forms count from the first channel of a head.
struct RopePair {
    int64_t fromA = 0, fromB = 0, toA = 0, toB = 0;
};

/// Cosines and sines of some positions, times the table's row scale.
struct RopeAngles {
    at::Tensor cos; // [rows, Dr/2] f32
    at::Tensor sin; // [rows, Dr/2] f32
};

/// One rotation of queries and keys: frequencies, their scaling, and which channels turn together (model-families.md 3.4).
class RopeTable {
public:
    /// @param width      Channels of a head, D.
    /// @param firstTurned First rotated channel: 0, or D - Dr where the rotated channels are the last ones (latent attention).
    RopeTable(const RopeConfig &config, RopePairing pairing, int64_t width, int64_t firstTurned = 0);

    /// Inverse frequencies theta^(-2j/Dr)/f_j of a pass over `length` positions: LongRope has two sets of factors.
    std::span<const float> inverse(int64_t length) const { return length > m_switchLength ? m_long : m_short; }

    /// Angles are rounded to f32 before cosine and sine, as the reference implementations do: at position 2,000 the
    /// difference to exact angles would be 1e-4 in a logit.
    /// @cost rows * Dr/2 sines; once per pass, not per layer.
    RopeAngles angles(std::span<const int32_t> positions, int64_t length, const at::Device &device) const;

    /// Rotates in place. x [rows, heads, D] f32 with a contiguous last dimension; `angles` holds `rows` rows.
    void rotate(const at::Tensor &x, const RopeAngles &angles) const;

    int64_t pairs() const { return static_cast<int64_t>(m_short.size()); }
    RopePair pair(int64_t j) const;
    double rowScale() const { return m_rowScale; }
    /// Passes over more positions use other frequencies; the largest number where there is only one set.
    int64_t switchLength() const { return m_switchLength; }

private:
    std::vector<float> m_short, m_long;
    RopePairing m_pairing;
    int64_t m_first = 0;
    int64_t m_switchLength = 0;
    double m_rowScale = 1;
};

/// Inverse frequencies of a configuration with its scaling.
///
/// Linear, Llama3 and YaRN by model-families.md 3.4; LongRope divides by one of two lists of factors.
/// @param length Positions of the pass: LongRope takes the long factors beyond originalContext.
std::vector<float> inverseFrequencies(const RopeConfig &config, int64_t length);

/// Angles of the fed rows for every rotation of a model.
struct RopeRows {
    std::vector<RopeAngles> tables; // by LayerConfig::rope
};

/// All rotations of a model: which one a layer has is LayerConfig::rope.
class ModelRope {
public:
    ModelRope() = default;
    explicit ModelRope(const ModelConfig &config);

    /// Angles of some positions.
    /// @param length Positions of the whole sequence the rows belong to; 0 = up to the largest of `positions`.
    RopeRows rows(std::span<const int32_t> positions, const at::Device &device, int64_t length = 0) const;

    /// Rotates queries or keys of one layer in place, [rows, heads, D]. Layers without rotation stay as they are.
    void rotate(int64_t layer, const at::Tensor &x, const RopeRows &rows) const;

    /// Null for a layer without rotation.
    const RopeTable *table(int64_t layer) const;

    /// Sequences of more positions are rotated with other frequencies than shorter ones (LongRope): what a cache holds must be
    /// made again when a sequence grows beyond it. The largest number where that never happens.
    int64_t switchLength() const;

private:
    std::vector<RopeTable> m_tables;
    std::vector<int> m_layers; // [L] index into the tables, -1 = none
};

} // namespace winnow
