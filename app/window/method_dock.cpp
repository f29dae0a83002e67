#include "app/window/method_dock.h"

#include "app/window/look.h"
#include "app/window/method_panel.h"
#include "app/window/panel_widgets.h"
#include "app/window/planner_panel.h"
#include "app/window/prompt_panels.h"
#include "app/window/savings_panel.h"
#include "app/window/selection_panel.h"
#include "app/window/word_panel.h"

#include <QEvent>
#include <QScrollArea>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {

MethodDock::MethodDock(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    m_tabs = new QTabBar(this);
    m_tabs->setProperty("place", "dock");
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    for (const QString &name : {tr("Method"), tr("Savings"), tr("Selection")})
        m_tabs->addTab(name);
    outer->addWidget(m_tabs);
    auto *body = new QWidget(this);
    setStyleProperty(body, "ground", "dock");
    body->setAttribute(Qt::WA_StyledBackground);
    m_layout = new QVBoxLayout(body);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(0);
    auto *head = new PanelHeader(tr("Method"), body);
    m_methodHead = head;
    auto *close = head->addButton(QStringLiteral("window-close"), tr("Hide the method dock (Ctrl+2)"), look);
    connect(close, &QToolButton::clicked, this, &MethodDock::closeAsked);
    m_form = new MethodPanel(bench, look, actions, body);
    m_savings = new SavingsPanel(bench, look, body);
    m_summary = new SavingsSummary(bench, look, body);
    m_checks = new ChecksPanel(bench, look, body);
    m_selection = new SelectionPanel(bench, look, body);
    m_planner = new PlannerPanel(bench, look, body);
    m_promptSavings = new PromptSavingsPanel(bench, look, body);
    m_stages = new StagesPanel(bench, look, body);
    m_wordForm = new WordForm(bench, look, actions, body);
    m_wordList = new WordListPanel(bench, look, body);
    m_wordChecks = new ChecksPanel(bench, look, body, ChecksPanel::Of::Words);
    m_lineOne = new HairLine(look, body);
    m_lineTwo = new HairLine(look, body);
    const std::initializer_list<QWidget *> parts{m_methodHead, m_form, m_wordForm, m_lineOne, m_wordList, m_summary, m_savings, m_planner, m_promptSavings, m_lineTwo, m_stages, m_checks, m_wordChecks, m_selection};
    for (QWidget *part : parts)
        m_layout->addWidget(part);
    m_layout->addStretch(1);
    m_scroll = new QScrollArea(this);
    m_scroll->setWidget(body);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // Shown by fit(): a scroll area that decides by itself can go round for ever, as the panels' heights follow their width.
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    outer->addWidget(m_scroll, 1);
    m_fit.setSingleShot(true);
    connect(&m_fit, &QTimer::timeout, this, &MethodDock::fit);
    body->installEventFilter(this);
    m_scroll->viewport()->installEventFilter(this);
    connect(m_tabs, &QTabBar::currentChanged, this, &MethodDock::arrange);
    setFixedWidth(284);
    arrange();
}

void MethodDock::setCompact(bool compact)
{
    m_compact = compact;
    setFixedWidth(compact ? 264 : 284);
    arrange();
}

void MethodDock::setPairShown(bool shown)
{
    if (m_pairShown == shown)
        return;
    m_pairShown = shown;
    m_selection->setPairShown(shown);
    arrange();
}

void MethodDock::setPromptShown(bool shown)
{
    if (m_promptShown == shown)
        return;
    m_promptShown = shown;
    arrange();
}

void MethodDock::setWordsShown(bool shown)
{
    if (m_wordsShown == shown)
        return;
    m_wordsShown = shown;
    m_selection->setWordsShown(shown);
    arrange();
}

int MethodDock::heightAt(int width) const
{
    return m_layout->hasHeightForWidth() ? m_layout->totalHeightForWidth(width) : m_layout->totalSizeHint().height();
}

int MethodDock::neededHeight() const { return heightAt(m_scroll->viewport()->width()); }

int MethodDock::roomHeight() const { return m_scroll->viewport()->height(); }

void MethodDock::setDense(bool dense)
{
    m_dense = dense;
    m_form->setDense(dense);
    m_savings->setDense(dense);
    m_planner->setDense(dense);
    m_promptSavings->setDense(dense);
    m_checks->setDense(dense);
    m_wordForm->setDense(dense);
    m_wordChecks->setDense(dense);
    relayout();
}

void MethodDock::relayout()
{
    for (int i = 0; i < m_layout->count(); ++i) // else the dock still knows their old heights
        if (QWidget *panel = m_layout->itemAt(i)->widget(); panel && panel->layout())
            panel->layout()->activate();
    m_layout->invalidate();
}

void MethodDock::fit()
{
    const int whole = m_scroll->width(); // without a scroll bar
    const auto fits = [&] { return heightAt(whole) <= roomHeight(); };
    setDense(false);
    if (!fits()) {
        setDense(true);
        if (!fits()) { // it scrolls anyway: then with room between the rows
            setDense(false);
        } else {
            m_form->setRowSpacing(2);
            relayout();
            if (!fits())
                setDense(true);
        }
    }
    m_scroll->setVerticalScrollBarPolicy(heightAt(whole) > roomHeight() ? Qt::ScrollBarAlwaysOn : Qt::ScrollBarAlwaysOff);
    m_fitted = neededHeight(); // the layout asks again for what was just done
}

bool MethodDock::eventFilter(QObject *watched, QEvent *event)
{
    const bool grew = event->type() == QEvent::Resize && watched == m_scroll->viewport();
    const bool changed = event->type() == QEvent::LayoutRequest && watched == m_scroll->widget() && neededHeight() != m_fitted;
    if (grew || changed)
        m_fit.start(0);
    return QWidget::eventFilter(watched, event);
}

void MethodDock::arrange()
{
    const int tab = m_tabs->currentIndex();
    m_tabs->setVisible(m_compact);
    m_methodHead->setVisible(!m_compact);
    const bool words = m_wordsShown;
    m_form->setVisible((!m_compact || tab == 0) && !words);
    m_wordForm->setVisible((!m_compact || tab == 0) && words);
    for (QWidget *form : {static_cast<QWidget *>(m_form), static_cast<QWidget *>(m_wordForm)})
        form->setContentsMargins(0, m_compact ? 10 : 0, 0, 0);
    const bool second = !m_compact || tab == 1;
    m_wordList->setVisible(second && words);
    m_wordChecks->setVisible(second && words);
    m_savings->setVisible(second && !m_pairShown && !m_promptShown && !words);
    m_promptSavings->setVisible(second && m_promptShown);
    m_stages->setVisible(second && m_promptShown);
    m_planner->setVisible(second && m_pairShown);
    m_checks->setVisible(second && !m_pairShown && !words);
    m_selection->setVisible(m_compact && tab == 2);
    m_summary->setVisible(m_compact && tab == 0 && !m_pairShown && !m_promptShown && !words);
    m_lineOne->setVisible(!m_compact || tab == 0);
    m_lineTwo->setVisible(second && !m_pairShown);
    m_tabs->setTabText(1, m_pairShown ? tr("Planner") : words ? tr("Dictionary") : tr("Savings"));
}

} // namespace winnow
