#pragma once

#include <QDialog>

#include <vector>

class QTableView;

namespace winnow {

/// Rows and columns of a CSV text (RFC 4180 quoting), the first row being the head.
std::vector<QStringList> parseCsv(const QString &csv);

/// The data of a view as a sortable table that can be copied: numbers right, text left.
class TableDialog : public QDialog {
    Q_OBJECT
public:
    TableDialog(const QString &title, const QString &csv, QWidget *parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void copySelection() const;

    QTableView *m_table;
};

} // namespace winnow
