#pragma once

#include "core/base/report.h"

#include <QString>

#include <vector>

namespace winnow {

/// The head of the small model that serves a head of the large one, as a run reports it (`guidedHeads`, `headMap`).
struct ServingHead {
    int layer = -1, head = -1; // of the large model, query head
    int smallLayer = -1, smallHead = -1;
    double score = 0;
};

/// All of them, layer by layer; empty when the report has no such table.
std::vector<ServingHead> servingHeads(const Report &report);

/// "9·2, 8·1": the small heads behind the query heads that share one key and value head, each once.
/// @param group  query heads of one KV head.
QString servingText(const std::vector<ServingHead> &serving, int layer, int kvHead, int group);

} // namespace winnow
