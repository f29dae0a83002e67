#pragma once

#include "core/eval/character_alignment.h"
#include "core/eval/similarity.h"

namespace winnow {

/// Whether a metric can be taken over characters.
bool overCharacters(SimilarityMetric metric);

/// One model over a text that both models read.
struct AlignedSide {
    AttentionRows &rows; // of all of its tokens
    const TokenCharacters &tokens;
};

/// Compares the heads of two models that cut one text into different tokens, over the characters of the text.
///
/// A character's row is that of the last token that covers it; attention to a token is spread evenly over its characters, and
/// each row is divided by the sum of what falls on characters that count (special tokens have none, skipped ones do not count). Maps
/// are constant over segments (alignSegments), so that their products over characters are exact sums over segments, weighted by
/// length. Column sums are spread in the same way and not divided.
/// @param request.skipSinks first tokens of either model whose characters do not count.
/// @error Unsupported (a metric that is not overCharacters), BadInput (no common character left), Cancelled.
Result<SimilarityTables> compareCharacters(const AlignedSide &large, const AlignedSide &small, int64_t characters,
    const SimilarityRequest &request, const RunContext &context);

} // namespace winnow
