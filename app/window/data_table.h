#pragma once

#include <QString>

class QTableWidget;
class QWidget;

namespace winnow {

/// A read-only table of rows, as the data browser shows them.
QTableWidget *makeDataTable(const QStringList &heads, const QString &name, QWidget *parent);
void addDataRow(QTableWidget *table, const QStringList &cells);

} // namespace winnow
