#include "app/window/model_tables.h"

#include "app/window/look.h"
#include "app/workbench/model_details.h"
#include "app/workbench/model_trees.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"
#include "views/widgets/view_header.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace winnow {

ModelTables::ModelTables(Look &look, QWidget *parent)
    : Pane(tr("Structure"), look, parent)
{
    header()->setTitleShown(false);
    m_choice = new SegmentedControl({tr("Layers"), tr("Tensors"), tr("Hook points")}, this);
    header()->addControl(m_choice);
    auto *body = new QWidget(this);
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_search = new QLineEdit(body);
    m_search->setPlaceholderText(tr("Find a name, a type or a shape"));
    m_search->setAccessibleName(tr("Find in the table"));
    m_search->setClearButtonEnabled(true);
    m_search->setFont(typeFont(TypeRole::Label));
    auto *line = new QHBoxLayout;
    line->setContentsMargins(14, 0, 14, 6);
    line->addWidget(m_search);
    column->addLayout(line);
    m_stack = new QStackedWidget(body);
    column->addWidget(m_stack, 1);
    const QString names[] = {tr("Layers"), tr("Tensors"), tr("Hook points")};
    for (int i = 0; i < 3; ++i)
        m_sheets[i] = makeSheet(names[i]);
    setContent(body);
    connect(m_choice, &SegmentedControl::chosen, this, [this](int index) { showTable(static_cast<Table>(index)); });
    connect(m_search, &QLineEdit::textChanged, this, &ModelTables::applySearch);
    showTable(Table::Layers);
}

ModelTables::~ModelTables() = default;

ModelTables::Sheet ModelTables::makeSheet(const QString &name)
{
    Sheet sheet;
    sheet.view = new QTreeView(m_stack);
    sheet.view->setAccessibleName(name);
    sheet.view->setUniformRowHeights(true);
    sheet.view->setAllColumnsShowFocus(true);
    sheet.view->setFont(typeFont(TypeRole::Label));
    sheet.view->header()->setFont(typeFont(TypeRole::Label));
    sheet.view->header()->setStretchLastSection(false);
    sheet.view->header()->setHighlightSections(false);
    sheet.view->setIndentation(16);
    sheet.view->setContextMenuPolicy(Qt::CustomContextMenu);
    sheet.view->setSelectionBehavior(QAbstractItemView::SelectRows);
    sheet.filter = new QSortFilterProxyModel(sheet.view);
    sheet.filter->setRecursiveFilteringEnabled(true);
    sheet.filter->setAutoAcceptChildRows(true);
    sheet.filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    sheet.filter->setFilterRole(kSearchRole);
    sheet.view->setModel(sheet.filter);
    m_stack->addWidget(sheet.view);
    connect(sheet.view, &QWidget::customContextMenuRequested, this, &ModelTables::showMenu);
    return sheet;
}

void ModelTables::setSheet(Sheet &sheet, std::unique_ptr<QStandardItemModel> model)
{
    sheet.filter->setSourceModel(model.get());
    sheet.model = std::move(model);
    fitColumns(sheet);
}

void ModelTables::fitColumns(const Sheet &sheet)
{
    QHeaderView *head = sheet.view->header();
    for (int column = 0; column < sheet.filter->columnCount(); ++column)
        head->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    // One column takes what is left: names of tensors and kinds of layers, meanings.
    const int wide = &sheet == &m_sheets[2] ? 3 : 0;
    if (wide < sheet.filter->columnCount())
        head->setSectionResizeMode(wide, QHeaderView::Stretch);
}

void ModelTables::setDetails(const ModelDetails &details)
{
    setSheet(m_sheets[0], layerTree(details));
    setSheet(m_sheets[1], tensorTree(details));
    setSheet(m_sheets[2], hookTable(details));
    m_sheets[1].view->expandToDepth(0);
    double bytes = 0;
    for (const TensorFact &tensor : details.tensors)
        bytes += tensor.bytes;
    m_counts[0] = tr("%1 layers").arg(details.layers.size());
    m_counts[1] = tr("%1 tensors, %2").arg(format::integer(static_cast<double>(details.tensors.size())), format::bytes(bytes));
    m_counts[2] = tr("%1 points, T = fed tokens, S = cached ones").arg(details.hooks.size());
    showTable(table());
}

ModelTables::Table ModelTables::table() const { return static_cast<Table>(std::max(0, m_choice->current())); }

QTreeView *ModelTables::view(Table table) const { return m_sheets[static_cast<int>(table)].view; }

void ModelTables::showTable(Table table)
{
    m_choice->setCurrent(static_cast<int>(table));
    m_stack->setCurrentIndex(static_cast<int>(table));
    m_search->setVisible(table != Table::Layers);
    setNote(m_counts[static_cast<int>(table)]);
    applySearch();
}

void ModelTables::applySearch()
{
    const Sheet &sheet = m_sheets[static_cast<int>(table())];
    const QString wanted = table() == Table::Layers ? QString() : m_search->text().trimmed();
    sheet.filter->setFilterFixedString(wanted);
    if (table() != Table::Tensors)
        return;
    if (wanted.isEmpty())
        sheet.view->collapseAll();
    wanted.isEmpty() ? sheet.view->expandToDepth(0) : sheet.view->expandAll();
}

void ModelTables::showMenu(const QPoint &position)
{
    const Sheet &sheet = m_sheets[static_cast<int>(table())];
    const QModelIndex index = sheet.view->indexAt(position);
    QMenu menu(this);
    if (index.isValid()) {
        const QString text = index.data(table() == Table::Tensors && index.column() == 0 ? Qt::ToolTipRole : Qt::DisplayRole).toString();
        menu.addAction(tr("Copy “%1”").arg(text), this, [text] { QGuiApplication::clipboard()->setText(text); });
    }
    menu.addAction(tr("Copy Table"), this, [&sheet] { QGuiApplication::clipboard()->setText(treeCsv(*sheet.model)); });
    menu.addAction(tr("Save as CSV…"), this, [this, &sheet] { Q_EMIT saveAsked(sheet.view->accessibleName().toLower().replace(QLatin1Char(' '), QLatin1Char('-')), treeCsv(*sheet.model)); });
    menu.addSeparator();
    menu.addAction(tr("Expand All"), sheet.view, &QTreeView::expandAll);
    menu.addAction(tr("Collapse All"), sheet.view, &QTreeView::collapseAll);
    menu.exec(sheet.view->viewport()->mapToGlobal(position));
}

} // namespace winnow
