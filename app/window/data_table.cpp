#include "app/window/data_table.h"

#include "views/type.h"

#include <QHeaderView>
#include <QTableWidget>

namespace winnow {

QTableWidget *makeDataTable(const QStringList &heads, const QString &name, QWidget *parent)
{
    auto *table = new QTableWidget(0, static_cast<int>(heads.size()), parent);
    table->setHorizontalHeaderLabels(heads);
    table->setShowGrid(false);
    table->setFont(typeFont(TypeRole::Label));
    table->setAccessibleName(name);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(qRound(scaled(27)));
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeader()->setHighlightSections(false); // heads stay as they are beside a marked row
    table->setTabKeyNavigation(false);
    return table;
}

void addDataRow(QTableWidget *table, const QStringList &cells)
{
    const int row = table->rowCount();
    table->insertRow(row);
    for (int i = 0; i < cells.size(); ++i) {
        auto *cell = new QTableWidgetItem(cells[i]);
        cell->setToolTip(cells[i].left(1000));
        table->setItem(row, i, cell);
    }
}

} // namespace winnow
