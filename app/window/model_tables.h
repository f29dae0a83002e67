#pragma once

#include "app/window/pane.h"

#include <memory>

class QLineEdit;
class QSortFilterProxyModel;
class QStackedWidget;
class QStandardItemModel;
class QTreeView;

namespace winnow {

class SegmentedControl;
struct ModelDetails;

/// Layers, tensors and hook points of a model, one table at a time, with a search through names, types and meanings.
class ModelTables : public Pane {
    Q_OBJECT
public:
    enum class Table { Layers, Tensors, Hooks };

    ModelTables(Look &look, QWidget *parent = nullptr);
    ~ModelTables() override;
    void setDetails(const ModelDetails &details);
    void showTable(Table table);
    Table table() const;
    QTreeView *view(Table table) const;
    QLineEdit *search() const { return m_search; }

Q_SIGNALS:
    void saveAsked(const QString &name, const QString &csv);

private:
    struct Sheet {
        QTreeView *view = nullptr;
        QSortFilterProxyModel *filter = nullptr;
        std::unique_ptr<QStandardItemModel> model;
    };

    Sheet makeSheet(const QString &name);
    void setSheet(Sheet &sheet, std::unique_ptr<QStandardItemModel> model);
    void fitColumns(const Sheet &sheet);
    void applySearch();
    void showMenu(const QPoint &position);

    SegmentedControl *m_choice;
    QLineEdit *m_search;
    QStackedWidget *m_stack;
    Sheet m_sheets[3];
    QString m_counts[3];
};

} // namespace winnow
