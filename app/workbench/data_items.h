#pragma once

#include "app/workbench/prompt_parts.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace winnow {

/// A data set that the engine reads, as it lists them.
struct DataSetInfo {
    QString name, title, kind, licence, attribution; // kind: "prompts", "segmentation", "text"
    QString format, origin, expected; // expected: names of the files that a person needs
};

/// Where the answer of a record lies: code points [first, end) of one of its contexts.
struct DataEvidence {
    int context = 0;
    qint64 first = 0, end = 0;
};

/// One record of a data set file: a prompt with its parts, or a line with its words.
struct DataRow {
    qint64 number = 0; // from 0
    QString id;
    PromptParts parts;
    QStringList answers;
    QString text; // of a line
    QStringList words;
    QString language;
    std::vector<DataEvidence> evidence;
    Json json = Json::object(); // as the engine read it

    bool isLine() const { return !text.isEmpty(); }
    QString title() const; // one line: what is asked, or the line
};

struct DataFileWarning {
    QString file, reason;
    qint64 line = 0;
};

/// What the engine found in a file.
struct DataRows {
    DataSetInfo set;
    std::vector<DataRow> rows;
    std::vector<DataFileWarning> warnings;
    qint64 moreWarnings = 0, rejected = 0; // warnings that were only counted; records that could not be read
};

std::vector<DataSetInfo> readDataSets(const Json &reply);
DataRows readDataRows(const Json &reply);
/// The set whose reader a file most likely needs, by its name and ending; empty = no guess.
QString guessDataSet(const QString &path);
/// Lines of a segmented file as an input with gold words; nullopt when there is none.
std::optional<InputRecord> goldInput(const QString &name, const DataRows &rows);

} // namespace winnow
