#pragma once

#include "core/model/tokenizer/json_node.h"
#include "core/model/tokenizer/json_scan.h"
#include "core/model/tokenizer/pipeline.h"

#include <memory>
#include <vector>

namespace winnow {

// The parts of a tokenizer.json, each read by itself. All fail with Unsupported naming a node type that is not known, and
// with BadModelFile naming the place, expected and found.

Result<void> readNormalizer(const JsonNode &node, std::vector<NormalizeStep> &steps);

/// How pieces reach the model.
struct PreTokenizerRead {
    std::vector<CutStep> steps;
    bool byteLevel = false; // pieces stay plain bytes; the vocabulary is read as bytes instead
    std::string detail; // "ByteLevel", "Split + ByteLevel": the node types, for kind()
};
enum class PieceForm { Mapped, BytesWherePossible };
Result<PreTokenizerRead> readPreTokenizer(const JsonNode &node, PieceForm form);

Result<void> readDecoder(const JsonNode &node, std::vector<DecodeStep> &steps);
/// The steps that show one token by itself: a decoder without what it does to the ends of a text.
Result<void> readPieceDecoder(const JsonNode &node, std::vector<DecodeStep> &steps);

/// Appends the ids a post-processor puts before and behind a text.
Result<void> readPostProcessor(const JsonNode &node, TokenizerParts &parts);

/// "BPE", "WordPiece", "Unigram" or "WordLevel"; old files do not name it, then their keys tell.
Result<std::string> modelType(const JsonNode &node);
/// Whether the pieces of this model may stay bytes when the pre-tokenizer is ByteLevel.
PieceForm pieceForm(const JsonNode &node);
/// @param warnings  Gets a sentence for what the file leaves open.
Result<std::unique_ptr<TokenModel>> readModel(
    const JsonNode &node, const ScannedTokenizer &scanned, bool byteLevel, std::vector<std::string> &warnings);

} // namespace winnow
