#include "views/widgets/view_frame.h"

#include "views/widgets/empty_state.h"
#include "views/widgets/legend_row.h"
#include "views/widgets/table_dialog.h"
#include "views/widgets/view_header.h"

#include <QMenu>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {

ViewFrame::ViewFrame(QWidget *parent)
    : QWidget(parent)
    , m_header(new ViewHeader(this))
    , m_legend(new LegendRow(this))
    , m_empty(new EmptyState(this))
    , m_stack(new QStackedLayout)
    , m_theme(Theme::light())
{
    setProperty("ground", QStringLiteral("surface"));
    setAttribute(Qt::WA_StyledBackground);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    m_legend->setContentsMargins(14, 0, 8, 0);
    m_legend->hide();
    column->addWidget(m_legend);
    m_header->setLegendRow(m_legend);
    column->addLayout(m_stack, 1);
    m_stack->addWidget(m_empty);
    connect(m_header->tableButton(), &QToolButton::clicked, this, &ViewFrame::showTable);
    connect(m_header->exportButton(), &QToolButton::clicked, this, &ViewFrame::exportRequested);
}

RunView *ViewFrame::setView(RunView *view)
{
    RunView *before = m_view;
    if (before) {
        disconnect(before, nullptr, this, nullptr);
        m_header->clearControls();
        for (QWidget *control : before->headerControls())
            control->setParent(before);
        m_stack->removeWidget(before);
        before->setParent(nullptr);
    }
    m_view = view;
    if (!view)
        return before;
    m_stack->addWidget(view);
    for (QWidget *control : view->headerControls())
        m_header->addControl(control);
    refreshMenu();
    view->setTheme(m_theme);
    connect(view, &RunView::headerChanged, this, &ViewFrame::refresh);
    refresh();
    return before;
}

void ViewFrame::refreshMenu()
{
    auto *menu = new QMenu(m_header->moreButton());
    menu->addActions(m_view ? m_view->actions() : QList<QAction *>());
    delete m_header->moreButton()->menu();
    m_header->moreButton()->setMenu(menu);
    m_header->moreButton()->setVisible(!menu->isEmpty());
}

void ViewFrame::setTheme(const Theme &theme)
{
    m_theme = theme;
    m_header->setTheme(theme);
    m_empty->setTheme(theme);
    if (m_view)
        m_view->setTheme(theme);
}

void ViewFrame::refresh()
{
    const QString own = m_view->emptyReason();
    const QString reason = !own.isEmpty() && !m_reason.isEmpty() ? m_reason : own;
    m_header->setTitle(m_view->title());
    m_header->setNote(reason.isEmpty() ? m_view->note() : QString());
    m_header->setLegend(reason.isEmpty() ? m_view->legend(m_theme) : QVector<LegendEntry>(), m_theme);
    m_header->setHasContent(reason.isEmpty());
    if (!reason.isEmpty())
        m_empty->setReason(reason);
    m_stack->setCurrentWidget(reason.isEmpty() ? static_cast<QWidget *>(m_view) : m_empty);
}

void ViewFrame::setReason(const QString &reason)
{
    if (reason == m_reason)
        return;
    m_reason = reason;
    if (m_view)
        refresh();
}

void ViewFrame::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    m_header->placeLegend();
}

void ViewFrame::placeHeader(QBoxLayout *row)
{
    if (row)
        row->addWidget(m_header, 1);
    else
        static_cast<QVBoxLayout *>(layout())->insertWidget(0, m_header);
}

void ViewFrame::showTable()
{
    if (!m_view)
        return;
    auto *dialog = new TableDialog(m_view->title(), m_view->csv(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show(); // beside the window, not in its way
}

} // namespace winnow
