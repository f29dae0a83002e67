#pragma once

#include "core/model/families/tensor_plan.h"
#include "core/model/weights.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// Where the numbers of a piece stand in a file, relative to where they go.
enum class PieceLayout : uint8_t {
    Rows, // in order
    PermutedRows, // rows of each head 0, D/2, 1, D/2 + 1, ...
    Transposed, // [in, out]
    LatentKeys, // [H, r, nope] of [H * (nope + value), r]
    LatentValues, // [H, value, r] of the same
};

/// Rows of a stored tensor and where they go in a matrix.
struct MatrixPiece {
    const StoredTensor *tensor;
    int64_t firstRow = 0, rows = 0; // of the matrix that the tensor holds, [rows, cols]
    int64_t targetRow = 0;
    PieceLayout layout = PieceLayout::Rows;
};

struct MatrixJob {
    WeightMatrix *target;
    int64_t rows = 0, columns = 0;
    std::vector<MatrixPiece> pieces;
    /// Whether the file's rows can be used as they stand.
    bool storable() const;
};

/// A stored vector (or small matrix that stays f32) and where its numbers go.
struct VectorPiece {
    const StoredTensor *tensor;
    int64_t offset = 0; // in the target
    Transform transform = Transform::AsIs;
};

struct VectorJob {
    at::Tensor *target;
    std::vector<int64_t> shape;
    std::vector<VectorPiece> pieces;
};

/// What has to be read to fill `Weights`. Points into the weights and the source.
struct LoadPlan {
    std::vector<MatrixJob> matrices;
    std::vector<VectorJob> vectors;
};

/// Sizes the layers of `weights` and says what fills each matrix and vector. A tied head is left to the caller.
LoadPlan makeLoadPlan(const TensorPlan &plan, const ModelConfig &config, Weights &weights);

} // namespace winnow
