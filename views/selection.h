#pragma once

#include <QMetaType>

namespace winnow {

/// What is marked, shared by every view; -1 = not marked. Hover and click both set it (click pins).
struct Selection {
    int token = -1; // index into input.ids
    int layer = -1;
    int head = -1; // KV head
    int step = -1; // decode step
    int run = -1; // index into the runs shown, -1 = the preview
    bool pinned = false; // set by click or Enter; hover does not replace it

    bool operator==(const Selection &) const = default;
};

} // namespace winnow

Q_DECLARE_METATYPE(winnow::Selection)
