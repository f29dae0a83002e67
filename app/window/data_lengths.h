#pragma once

#include "app/workbench/data_items.h"

#include <QWidget>

#include <vector>

namespace winnow {

class Look;
class Workbench;

/// Lengths of the records in tokens of the model, as a histogram with the model's window marked. Records are counted one by one while the
/// view is shown, and drawn as they come.
class DataLengths : public QWidget {
    Q_OBJECT
public:
    DataLengths(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setRows(const DataRows &rows);
    /// Tokens of the records that are counted so far, in their order.
    const std::vector<int> &counts() const { return m_counts; }
    /// What stands below the histogram, and what a screen reader says.
    QString summary() const;

protected:
    void showEvent(QShowEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void begin(); // with the model there is now
    void askNext();
    qint64 window() const; // 0 = not known

    Workbench &m_bench;
    Look &m_look;
    std::vector<QString> m_texts;
    std::vector<int> m_counts;
    QString m_model, m_problem; // that counted
    int m_generation = 0;
    bool m_asked = false;
};

} // namespace winnow
