#pragma once

#include "core/base/error.h"
#include "core/model/config.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

class GgufFile; // core/model/gguf_file.h

/// What a tensor of a file is for.
enum class Slot : uint8_t {
    Embedding,
    FinalNorm,
    Head,
    RopeFactors,
    AttnNorm,
    Query,
    Key,
    Value,
    QueryBias,
    KeyBias,
    ValueBias,
    Output,
    FfnNorm,
    Gate,
    Up,
    Down,
};

/// A size of the configuration, as it stands in the table of a family.
enum class Extent : uint8_t { One, Vocab, Hidden, QueryWidth, KvWidth, Ffn, RopePairs };

enum class Presence : uint8_t { Required, Optional };

/// One tensor of a family: name (behind "blk.{i}." for layers) and shape [rows, columns]; vectors have rows One.
struct FamilyTensor {
    std::string_view name;
    Slot slot;
    Extent rows;
    Extent columns;
    Presence presence = Presence::Required;
};

/// A family is its table of tensors and its switches (model-families.md 3.2).
struct Family {
    std::string_view id; // general.architecture
    std::span<const FamilyTensor> global;
    std::span<const FamilyTensor> layer;
    bool permutedQueryKey = false; // rows of Q and K are stored per head as 0, D/2, 1, D/2 + 1, ...
};

std::span<const Family *const> families();

/// @error Unsupported naming the architecture and the known ones.
Result<const Family *> familyOf(const GgufFile &file);

/// Sizes and switches from the metadata; `parameters`, `storedType`, `tied` and `qkvBias` from the tensors.
/// @error BadModelFile naming the key, expected and found; Unsupported for what this family code does not compute
///        (experts, YaRN, per-layer head counts), naming the key.
Result<ModelConfig> readConfig(const GgufFile &file, const Family &family);

/// Compares every tensor of the file with the table.
/// @error BadModelFile listing all differences at once: missing, misshapen, unreadable and unknown tensors.
Result<void> checkTensors(const GgufFile &file, const Family &family, const ModelConfig &config);

int64_t extent(Extent what, const ModelConfig &config);

/// "blk.3.attn_q.weight".
std::string layerTensorName(int64_t layer, std::string_view name);

extern const Family kLlamaFamily; // llama.cpp
extern const Family kQwen2Family; // qwen2.cpp

} // namespace winnow
