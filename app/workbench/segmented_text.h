#pragma once

#include "sessions/session.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace winnow {

/// Raw lines of a segmented text and their words.
struct SegmentedText {
    QStringList lines;
    std::vector<QStringList> words;
    QString language; // empty = not said
};

/// Reads CoNLL-U (by its ten columns) and the bar format (words between `|`); nullopt for any other text.
///
/// A CoNLL-U line is the joined forms with the spaces that the file states; rows of several words stand for those.
std::optional<SegmentedText> readSegmentedText(const QString &fileName, const QString &text);

/// The same as an input of a session: raw lines, their gold words beside them.
std::optional<InputRecord> segmentedInput(const QString &fileName, const QString &text);

} // namespace winnow
