#pragma once

#include <QMetaType>

namespace winnow {

/// Which heads of two models are marked on the Similarity page; -1 = not marked. Layers alone mark a pair of layers.
struct PairMark {
    int layer = -1, head = -1; // of the large model, query head
    int smallLayer = -1, smallHead = -1;

    bool hasLayers() const { return layer >= 0 && smallLayer >= 0; }
    bool hasHeads() const { return hasLayers() && head >= 0 && smallHead >= 0; }
    bool operator==(const PairMark &) const = default;
};

/// Code points [first, end) of a line on the Words page, as one segmenter has them; -1 = not marked.
struct WordMark {
    int line = -1, first = -1, end = -1;
    int run = -1; // letter of the run whose word it is, -1 = the preview

    bool isSet() const { return line >= 0; }
    bool hasWord() const { return line >= 0 && first >= 0 && end > first; }
    bool operator==(const WordMark &) const = default;
};

/// What is marked, shared by every view; -1 = not marked. Hover and click both set it (click pins).
struct Selection {
    int token = -1; // index into input.ids
    int layer = -1;
    int head = -1; // KV head
    int step = -1; // decode step
    int run = -1; // index into the runs shown, -1 = the preview
    bool pinned = false; // set by click or Enter; hover does not replace it
    PairMark pair{}; // heads of two models; the token is the key position there
    WordMark word{}; // of a segmented line

    bool operator==(const Selection &) const = default;
};

} // namespace winnow

Q_DECLARE_METATYPE(winnow::Selection)
