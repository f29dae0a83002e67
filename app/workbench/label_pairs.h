#pragma once

#include "core/base/json.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace winnow {

/// A text and what somebody made of it by deleting words.
struct LabelPair {
    QString original, shortened;

    bool operator==(const LabelPair &) const = default;
};

/// Keep labels of a pair and how well they explain the shortened text (prompt-compression-baselines.md 3.5), as the engine tells.
struct LabelledPair {
    QStringList words, shortWords;
    std::vector<bool> keep; // [words]
    std::vector<int> match; // [shortWords] word it labelled, -1 = none
    double variation = 0, hitting = 0, matching = 0, gap = 0; // VR, HR, MR, AG
    bool kept = true; // stays for training
};

/// Pairs of a file: JSON lines or a list of {original, shortened}; `compressed` is read as `shortened`.
struct LabelFile {
    std::vector<LabelPair> pairs;
    int unread = 0; // entries that are none
};
LabelFile readLabelPairs(const QByteArray &bytes);

Json labelRequest(const std::vector<LabelPair> &pairs);
std::vector<LabelledPair> readLabels(const Json &reply);

/// One line a word: pair, word, label.
QString labelCsv(const std::vector<LabelledPair> &pairs);
/// One JSON object a pair: words, keep, the four rates, kept.
QString labelLines(const std::vector<LabelledPair> &pairs);

} // namespace winnow
