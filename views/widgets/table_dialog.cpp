#include "views/widgets/table_dialog.h"

#include "views/type.h"

#include <QAbstractTableModel>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace winnow {

namespace {

class CsvModel final : public QAbstractTableModel {
public:
    CsvModel(std::vector<QStringList> rows, QObject *parent)
        : QAbstractTableModel(parent)
        , m_rows(std::move(rows))
    {
    }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() || m_rows.empty() ? 0 : static_cast<int>(m_rows.size()) - 1;
    }
    int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() || m_rows.empty() ? 0 : static_cast<int>(m_rows.front().size());
    }
    QVariant data(const QModelIndex &index, int role) const override
    {
        const QString text = m_rows[static_cast<size_t>(index.row()) + 1].value(index.column());
        bool number = false;
        const double value = text.toDouble(&number);
        if (role == Qt::DisplayRole)
            return text;
        if (role == Qt::UserRole)
            return number ? QVariant(value) : QVariant(text);
        if (role == Qt::TextAlignmentRole)
            return QVariant::fromValue((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        return {};
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation == Qt::Horizontal && role == Qt::DisplayRole)
            return m_rows.front().value(section);
        return {};
    }

private:
    std::vector<QStringList> m_rows;
};

} // namespace

std::vector<QStringList> parseCsv(const QString &csv)
{
    std::vector<QStringList> rows;
    QStringList row;
    QString field;
    bool quoted = false;
    for (qsizetype i = 0; i < csv.size(); ++i) {
        const QChar c = csv[i];
        if (quoted && c == u'"' && i + 1 < csv.size() && csv[i + 1] == u'"') {
            field += c;
            ++i;
        } else if (c == u'"') {
            quoted = !quoted;
        } else if (!quoted && c == u',') {
            row << field;
            field.clear();
        } else if (!quoted && c == u'\n') {
            row << field;
            rows.push_back(row);
            row.clear();
            field.clear();
        } else if (quoted || c != u'\r') {
            field += c;
        }
    }
    if (!field.isEmpty() || !row.isEmpty()) {
        row << field;
        rows.push_back(row);
    }
    return rows;
}

TableDialog::TableDialog(const QString &title, const QString &csv, QWidget *parent)
    : QDialog(parent)
    , m_table(new QTableView(this))
{
    setWindowTitle(title);
    auto *source = new CsvModel(parseCsv(csv), this);
    auto *sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(source);
    sorted->setSortRole(Qt::UserRole);
    m_table->setModel(sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_table->setShowGrid(false);
    m_table->setFont(typeFont(TypeRole::Label));
    m_table->setAccessibleName(tr("%1 as table").arg(title));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(qRound(scaled(27)));
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_table);
    resize(640, 480);
}

void TableDialog::copySelection() const
{
    QModelIndexList cells = m_table->selectionModel()->selectedIndexes();
    std::sort(cells.begin(), cells.end());
    QString text;
    for (qsizetype i = 0; i < cells.size(); ++i) {
        if (i > 0)
            text += cells[i].row() == cells[i - 1].row() ? QLatin1Char('\t') : QLatin1Char('\n');
        text += cells[i].data().toString();
    }
    QGuiApplication::clipboard()->setText(text);
}

void TableDialog::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        return copySelection();
    QDialog::keyPressEvent(event);
}

} // namespace winnow
