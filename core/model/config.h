#pragma once

#include <cstdint>
#include <string>

namespace winnow {

/// Sizes and switches of a decoder, read from the file (model-families.md 3.1, 3.2).
struct ModelConfig {
    std::string name; // general.name, or the file's stem
    std::string family; // "llama", "qwen2"
    std::string storedType; // "Q4_1", "F32": the type most weight bytes have in the file
    int64_t layers = 0; // L
    int64_t heads = 0; // H
    int64_t kvHeads = 0; // Hkv
    int64_t headDim = 0; // D
    int64_t hidden = 0; // E
    int64_t ffn = 0; // F
    int64_t vocab = 0; // V
    int64_t contextLength = 0;
    int64_t ropeDim = 0; // rotated channels, D unless the file says less
    double ropeTheta = 1e4;
    double normEps = 1e-5;
    int64_t slidingWindow = 0; // 0 = none; passes are refused beyond it
    bool tied = false; // the head is the embedding
    bool qkvBias = false;
    int64_t parameters = 0; // total, the tied matrix counted once

    int64_t groups() const { return heads / kvHeads; } // G
    /// Cache bytes of one slot of one KV head: K and V (e of kv-evaluation.md 5).
    int64_t slotBytes(int64_t elementBytes) const { return 2 * headDim * elementBytes; }
    int64_t fullCacheBytes(int64_t tokens, int64_t elementBytes) const
    {
        return tokens * layers * kvHeads * slotBytes(elementBytes);
    }
};

} // namespace winnow
