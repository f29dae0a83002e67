#pragma once

#include <QString>
#include <QVector>

#include <utility>

namespace winnow {

/// The last number of a reply, without commas; empty when there is none. As GSM8K is read: what stands after the first line
/// with "answer is" does not count (prompt-compression-baselines.md 6).
QString finalNumber(const QString &reply);

/// Place of that number in the reply: [first, end); -1 when there is none.
std::pair<int, int> finalNumberAt(const QString &reply);

/// Two replies that end at the same number, or, where neither has one, say the same words.
bool sameAnswer(const QString &a, const QString &b);

/// Ranges [first, end) of words of `text` that are not part of the longest common sequence of words with `other`.
/// @cost  O(words of one times words of the other).
QVector<std::pair<int, int>> changedWords(const QString &text, const QString &other);

} // namespace winnow
