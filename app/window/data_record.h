#pragma once

#include "app/workbench/data_items.h"

#include <QSplitter>

class QPlainTextEdit;
class QTextEdit;

namespace winnow {

class Look;

/// One record of a data set: its parts in their colours with the evidence highlighted, and beside it the record as it was read, in JSON.
class DataRecordView : public QSplitter {
    Q_OBJECT
public:
    explicit DataRecordView(Look &look, QWidget *parent = nullptr);

    /// @param row  Not kept; null shows nothing.
    void show(const DataRow *row);
    /// A line of a file that the reader warned of, in the place of the JSON.
    void showRawLine(const QString &line);
    QTextEdit *parts() const { return m_parts; }
    QPlainTextEdit *raw() const { return m_raw; }

private:
    void addPart(const QString &name, const QString &text, const QColor &color, const std::vector<std::pair<qint64, qint64>> &evidence = {});

    Look &m_look;
    QTextEdit *m_parts;
    QPlainTextEdit *m_raw;
};

/// The line of a text file with this number, from 1; cut after `most` characters. Empty where there is none.
QString rawLine(const QString &path, qint64 number, qsizetype most = 100000);

} // namespace winnow
