#pragma once

#include "core/eval/bytes.h"
#include "core/eval/capture.h"

namespace winnow {

/// What a plan takes of a capture's model, and of the small model it uses beside it.
///
/// @param elementBytes of both caches; 0 = as the models were opened. Weights of the small model are those of the layers that run and the embedding, as loaded.
/// @source kv-evaluation.md 5.
CacheBytes cellBytes(const KvPlan &plan, const Capture &capture, int64_t elementBytes = 0);

/// Layers of the small model a plan runs; 0 without one.
int64_t smallLayersRun(const KvPlan &plan, const ModelConfig &small);

/// Whether bytes of a budget count the small model's cache.
enum class CountSmall { Yes, No };
double countedBytes(const CacheBytes &bytes, CountSmall countSmall);

/// Cached tokens, all sequences together, from which a small model pays for its weights: what it saves in the large cache is
/// then more than it takes itself. Infinite when it never does.
///
/// @param kept tau. @param largePerToken, smallPerToken cache bytes.
/// @source smallkv.md 5.
double breakEvenTokens(double smallWeightBytes, double kept, double largePerToken, double smallPerToken);

} // namespace winnow
