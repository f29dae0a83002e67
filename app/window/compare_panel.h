#pragma once

#include "app/workbench/compare.h"

#include <QAbstractTableModel>
#include <QStyledItemDelegate>
#include <QWidget>

class QComboBox;
class QLabel;
class QTableView;
class QToolButton;

namespace winnow {

struct Actions;
class Look;
class SwitchBox;
class Workbench;

/// Rows of compare.h as a model for the table view: text, alignment, colour of deltas, sorting by column.
class CompareModel : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit CompareModel(Look &look, QObject *parent = nullptr);
    void setRows(std::vector<CompareRow> rows, std::vector<CompareColumn> columns);
    const std::vector<CompareRow> &rows() const { return m_rows; }
    const std::vector<CompareColumn> &columns() const { return m_columns; }
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    void sortRows();

    Look &m_look;
    std::vector<CompareRow> m_rows;
    std::vector<CompareColumn> m_columns;
    std::optional<CompareColumn> m_sortColumn;
    Qt::SortOrder m_sortOrder = Qt::AscendingOrder;
};

/// The Compare table with its controls: differences only, baseline, export.
class ComparePanel : public QWidget {
    Q_OBJECT
public:
    ComparePanel(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);

    /// Controls that stand in the tab row beside the table.
    QWidget *controls() const { return m_controls; }
    int runCount() const;
    void copyTable() const;
    /// CSV, JSON or LaTeX by the file's ending, all columns.
    QString exportText(const QString &ending) const;
    CompareModel *model() const { return m_model; }
    QTableView *table() const { return m_table; }

Q_SIGNALS:
    void countChanged();
    void copyCommandAsked(qint64 runId);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void fitColumns();
    void refresh();
    void showMenu(const QPoint &position);

    Workbench &m_bench;
    Look &m_look;
    const Actions &m_actions;
    CompareModel *m_model;
    QTableView *m_table;
    QWidget *m_controls;
    SwitchBox *m_differences;
    QComboBox *m_baseline;
    QToolButton *m_export;
    QLabel *m_empty;
};

} // namespace winnow
