#include "app/window/compare_panel.h"

#include "app/window/look.h"
#include "views/type.h"

#include <algorithm>

namespace winnow {

CompareModel::CompareModel(Look &look, QObject *parent)
    : QAbstractTableModel(parent)
    , m_look(look)
{
}

void CompareModel::setRows(std::vector<CompareRow> rows, std::vector<CompareColumn> columns)
{
    const bool sameShape = rows.size() == m_rows.size() && columns == m_columns;
    if (!sameShape)
        beginResetModel();
    m_rows = std::move(rows);
    m_columns = std::move(columns);
    sortRows();
    if (!sameShape)
        endResetModel();
    else if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int CompareModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int CompareModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_columns.size()); }

QVariant CompareModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || static_cast<size_t>(index.row()) >= m_rows.size() || static_cast<size_t>(index.column()) >= m_columns.size())
        return {};
    const CompareRow &row = m_rows[static_cast<size_t>(index.row())];
    const CompareColumn column = m_columns[static_cast<size_t>(index.column())];
    const Theme &theme = m_look.theme();
    switch (role) {
    case Qt::DisplayRole:
        return compareText(row, column);
    case Qt::TextAlignmentRole:
        return QVariant(column == CompareColumn::Run || column == CompareColumn::Checks ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        return typeFont(TypeRole::Label);
    case Qt::ForegroundRole: {
        if (column != CompareColumn::DeltaNll && column != CompareColumn::DeltaStored)
            return theme.t1;
        const std::optional<double> value = compareNumber(row, column);
        if (!value || *value == 0)
            return theme.t3;
        return *value > 0 ? theme.worse : theme.better;
    }
    case Qt::ToolTipRole:
        if (const std::optional<double> value = compareNumber(row, column); value && column != CompareColumn::Checks)
            return QStringLiteral("%1: %2 %3").arg(compareTitle(column), QString::number(*value, 'g', 9), column == CompareColumn::Budget ? QString() : compareUnit(column)).trimmed();
        return compareText(row, column);
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1 %2 %3").arg(compareTitle(column), compareText(row, column), compareUnit(column)).trimmed();
    default:
        return {};
    }
}

QVariant CompareModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || static_cast<size_t>(section) >= m_columns.size())
        return {};
    const CompareColumn column = m_columns[static_cast<size_t>(section)];
    if (role == Qt::DisplayRole)
        return (compareTitle(column) + QLatin1Char(' ') + compareUnit(column)).trimmed();
    if (role == Qt::TextAlignmentRole)
        return QVariant(column == CompareColumn::Run || column == CompareColumn::Checks ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::FontRole)
        return typeFont(TypeRole::Hint);
    return {};
}

void CompareModel::sort(int column, Qt::SortOrder order)
{
    beginResetModel();
    m_sortColumn = column >= 0 && static_cast<size_t>(column) < m_columns.size() ? std::optional(m_columns[static_cast<size_t>(column)]) : std::nullopt;
    m_sortOrder = order;
    sortRows();
    endResetModel();
}

void CompareModel::sortRows()
{
    auto byLetter = [](const CompareRow &a, const CompareRow &b) { return a.letter < b.letter; };
    std::stable_sort(m_rows.begin(), m_rows.end(), byLetter);
    if (!m_sortColumn)
        return;
    const CompareColumn column = *m_sortColumn;
    const bool up = m_sortOrder == Qt::AscendingOrder;
    std::stable_sort(m_rows.begin(), m_rows.end(), [&](const CompareRow &a, const CompareRow &b) {
        if (column == CompareColumn::Run)
            return up ? a.name.localeAwareCompare(b.name) < 0 : b.name.localeAwareCompare(a.name) < 0;
        const std::optional<double> x = compareNumber(a, column), y = compareNumber(b, column);
        if (!x || !y)
            return x.has_value() && !y.has_value(); // what is missing stands below, either way
        return up ? *x < *y : *y < *x;
    });
}

} // namespace winnow
