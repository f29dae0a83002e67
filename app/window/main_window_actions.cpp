// Menus and what the actions do.
#include "app/window/cache_page.h"
#include "app/window/compare_panel.h"
#include "app/window/look.h"
#include "app/window/main_window.h"
#include "app/window/method_dock.h"
#include "app/window/prompt_page.h"
#include "app/window/results_dock.h"
#include "app/window/ribbon_strip.h"
#include "app/window/session_tree.h"
#include "app/window/similarity_page.h"
#include "app/window/status_line.h"
#include "app/window/word_panel.h"
#include "app/window/words_page.h"

#include <QApplication>
#include <QClipboard>
#include <QCursor>
#include <QDockWidget>
#include <QFileInfo>
#include <QInputDialog>
#include <QMenu>
#include <QMenuBar>
#include <QStackedWidget>

namespace winnow {

void MainWindow::buildMenus()
{
    Actions &a = m_actions;
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addActions({a.newSession, a.openModel, a.openSmallModel, a.openSession, a.openDemo});
    m_recentMenu = file->addMenu(tr("Open &Recent"));
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    file->addSeparator();
    file->addActions({a.addText, a.pasteText, a.browseData});
    file->addSeparator();
    file->addActions({a.save, a.saveAs});
    file->addSeparator();
    file->addActions({a.exportFigure, a.exportReport});
    file->addSeparator();
    file->addActions({a.settings, a.quit});
    QMenu *edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({a.undo, a.redo});
    edit->addSeparator();
    edit->addActions({a.copyCommand, a.copyTable});
    edit->addSeparator();
    edit->addActions({a.rename, a.remove});
    edit->addSeparator();
    edit->addAction(a.find);
    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions({a.welcome, a.toggleSession, a.toggleMethod, a.toggleResults, a.toggleRibbon, a.nextView});
    QMenu *places = view->addMenu(tr("Places Below the &Text"));
    for (int count = 1; count <= 3; ++count)
        places->addAction(tr("%1 side by side").arg(count), this, [this, count] { m_page->setSlotCount(count); });
    view->addSeparator();
    view->addActions({a.themeSystem, a.themeLight, a.themeDark});
    view->addSeparator();
    m_layoutMenu = view->addMenu(tr("&Layouts"));
    connect(m_layoutMenu, &QMenu::aboutToShow, this, &MainWindow::fillLayoutMenu);
    fillLayoutMenu();
    QMenu *model = menuBar()->addMenu(tr("&Model"));
    model->addActions({a.openModel, a.openSmallModel, a.reloadModel, a.modelInfo, a.similarity});
    model->addSeparator();
    model->addActions({a.startEngine, a.stopEngine});
    QMenu *run = menuBar()->addMenu(tr("&Run"));
    run->addActions({a.run, a.runAll, a.cancel});
    run->addSeparator();
    run->addActions({a.pin, a.sweep, a.generate});
    run->addSeparator();
    run->addAction(a.labels);
    QMenu *compare = menuBar()->addMenu(tr("&Compare"));
    compare->addActions({a.differencesOnly, a.baseline});
    compare->addSeparator();
    compare->addActions({a.copyTable, a.exportTable});
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addActions({a.shortcuts, a.about});
}

void MainWindow::fillRecentMenu()
{
    m_recentMenu->clear();
    for (const QString &path : m_bench.settings().recentFiles()) {
        QAction *action = m_recentMenu->addAction(QFileInfo(path).fileName());
        action->setToolTip(path);
        action->setEnabled(QFileInfo::exists(path));
        connect(action, &QAction::triggered, this, [this, path] { openPath(path); });
    }
    const std::vector<Leftover> unclosed = leftovers(Workbench::workingFolder().toStdString(), LeftoverScope::All);
    if (!unclosed.empty())
        m_recentMenu->addSection(tr("Unclosed Sessions"));
    for (const Leftover &leftover : unclosed)
        m_recentMenu->addAction(tr("%1, %2 changes").arg(QString::fromStdString(leftover.name)).arg(leftover.unsavedChanges), this, [this, leftover] { recover(leftover); });
    if (m_recentMenu->isEmpty())
        m_recentMenu->addAction(tr("Nothing opened yet"))->setEnabled(false);
}

void MainWindow::fillLayoutMenu()
{
    m_layoutMenu->clear();
    for (const QString &name : m_bench.settings().layoutNames())
        m_layoutMenu->addAction(name, this, [this, name] { applyLayout(m_bench.settings().layout(name)); });
    if (!m_layoutMenu->isEmpty())
        m_layoutMenu->addSeparator();
    m_layoutMenu->addActions({m_actions.saveLayout, m_actions.resetLayout});
}

void MainWindow::connectFileActions()
{
    Actions &a = m_actions;
    connect(a.newSession, &QAction::triggered, this, [this] {
        if (mayClose())
            m_bench.newSession();
    });
    connect(a.openModel, &QAction::triggered, this, [this] { chooseModel({}); });
    connect(a.openSmallModel, &QAction::triggered, this, [this] { chooseSmallModel({}); });
    connect(a.openSession, &QAction::triggered, this, &MainWindow::chooseSessionFile);
    connect(a.openDemo, &QAction::triggered, this, &MainWindow::openDemo);
    connect(a.addText, &QAction::triggered, this, &MainWindow::chooseTextFile);
    connect(a.pasteText, &QAction::triggered, this, &MainWindow::pasteText);
    connect(a.browseData, &QAction::triggered, this, [this] { browseData({}); });
    connect(a.labels, &QAction::triggered, this, &MainWindow::openLabels);
    connect(a.save, &QAction::triggered, this, &MainWindow::save);
    connect(a.saveAs, &QAction::triggered, this, &MainWindow::saveAs);
    connect(a.exportFigure, &QAction::triggered, this, [this] { exportView(focusedView()); });
    connect(a.exportReport, &QAction::triggered, this, &MainWindow::exportReport);
    connect(a.settings, &QAction::triggered, this, &MainWindow::showSettings);
    connect(a.quit, &QAction::triggered, this, &QWidget::close);
}

void MainWindow::connectEditActions()
{
    Actions &a = m_actions;
    QUndoStack &stack = m_bench.document().undoStack();
    connect(a.undo, &QAction::triggered, &stack, &QUndoStack::undo);
    connect(a.redo, &QAction::triggered, &stack, &QUndoStack::redo);
    for (auto signal : {&QUndoStack::canUndoChanged, &QUndoStack::canRedoChanged})
        connect(&stack, signal, this, &MainWindow::undoRedoTexts);
    for (auto signal : {&QUndoStack::undoTextChanged, &QUndoStack::redoTextChanged})
        connect(&stack, signal, this, &MainWindow::undoRedoTexts);
    undoRedoTexts();
    connect(a.copyCommand, &QAction::triggered, this, [this] { copyCommand(page() == Page::Words ? m_bench.words().activeRun() : m_bench.activeRun()); });
    connect(a.copyTable, &QAction::triggered, this, [this] {
        m_results->compare()->copyTable();
        m_status->showHint(tr("Table copied."));
    });
    connect(a.find, &QAction::triggered, this, &MainWindow::showPalette);
    connect(a.rename, &QAction::triggered, m_tree, &SessionTree::renameCurrent);
    connect(a.remove, &QAction::triggered, m_tree, &SessionTree::removeCurrent);
}

void MainWindow::undoRedoTexts()
{
    QUndoStack &stack = m_bench.document().undoStack();
    m_actions.undo->setEnabled(stack.canUndo());
    m_actions.redo->setEnabled(stack.canRedo());
    m_actions.undo->setText(stack.canUndo() ? tr("&Undo %1").arg(stack.undoText()) : tr("&Undo"));
    m_actions.redo->setText(stack.canRedo() ? tr("&Redo %1").arg(stack.redoText()) : tr("&Redo"));
    m_actions.undo->setToolTip(m_actions.undo->text().remove(QLatin1Char('&')) + tr(" (Ctrl+Z)"));
    m_actions.redo->setToolTip(m_actions.redo->text().remove(QLatin1Char('&')) + tr(" (Ctrl+Shift+Z)"));
}

void MainWindow::connectViewActions()
{
    Actions &a = m_actions;
    connect(a.toggleSession, &QAction::triggered, this, [this](bool on) {
        m_sessionWanted = on;
        m_sessionDock->setVisible(on);
    });
    connect(a.toggleMethod, &QAction::triggered, this, [this](bool on) {
        m_methodWanted = on;
        m_methodDock->setVisible(on);
    });
    connect(a.toggleResults, &QAction::triggered, this, [this](bool on) {
        m_resultsWanted = on;
        m_resultsDock->setVisible(on);
    });
    connect(a.toggleRibbon, &QAction::toggled, this, &MainWindow::refreshRibbon);
    connect(m_ribbon, &RibbonStrip::closeAsked, a.toggleRibbon, [ribbon = a.toggleRibbon] { ribbon->setChecked(false); });
    connect(m_ribbon, &RibbonStrip::exportAsked, this, &MainWindow::exportView);
    connect(m_sessionDock, &QDockWidget::visibilityChanged, a.toggleSession, &QAction::setChecked);
    connect(m_methodDock, &QDockWidget::visibilityChanged, a.toggleMethod, &QAction::setChecked);
    connect(m_resultsDock, &QDockWidget::visibilityChanged, a.toggleResults, &QAction::setChecked);
    AppSettings &settings = m_bench.settings();
    const AppSettings::ThemeChoice theme = settings.theme();
    a.themeSystem->setChecked(theme == AppSettings::ThemeChoice::System);
    a.themeLight->setChecked(theme == AppSettings::ThemeChoice::Light);
    a.themeDark->setChecked(theme == AppSettings::ThemeChoice::Dark);
    connect(a.themeSystem, &QAction::triggered, this, [&settings] { settings.setTheme(AppSettings::ThemeChoice::System); });
    connect(a.themeLight, &QAction::triggered, this, [&settings] { settings.setTheme(AppSettings::ThemeChoice::Light); });
    connect(a.themeDark, &QAction::triggered, this, [&settings] { settings.setTheme(AppSettings::ThemeChoice::Dark); });
    connect(a.saveLayout, &QAction::triggered, this, [this] {
        bool accepted = false;
        const QString name = QInputDialog::getText(this, tr("Save Layout"), tr("Name of the layout:"), QLineEdit::Normal, {}, &accepted).trimmed();
        if (accepted && !name.isEmpty())
            m_bench.settings().saveLayout(name, layoutState());
    });
    connect(a.resetLayout, &QAction::triggered, this, &MainWindow::resetLayout);
    connect(a.nextView, &QAction::triggered, this, [this] {
        switch (page()) {
        case Page::Similarity: return m_pairPage->focusNext();
        case Page::Prompt: return m_promptPage->focusNext();
        case Page::Words: return m_wordsPage->focusNext();
        default: return m_page->focusNext();
        }
    });
    connect(a.welcome, &QAction::triggered, this, [this] {
        m_welcomeAsked = !m_welcomeAsked;
        showPage();
    });
}

/// Below the pages that keep tokens; the Words page has a ribbon of its own.
void MainWindow::refreshRibbon()
{
    const bool page = m_stack->currentWidget() == m_page || m_stack->currentWidget() == m_promptPage;
    m_ribbon->setOpen(page && m_actions.toggleRibbon->isChecked());
}

void MainWindow::connectRunActions()
{
    Actions &a = m_actions;
    connect(a.reloadModel, &QAction::triggered, &m_bench, &Workbench::reloadModel);
    connect(a.startEngine, &QAction::triggered, &m_bench, &Workbench::startEngine);
    connect(a.stopEngine, &QAction::triggered, &m_bench.engine(), &EngineClient::stop);
    connect(a.modelInfo, &QAction::triggered, this, [this] { openPage(Page::Model); });
    connect(a.similarity, &QAction::triggered, this, [this] { openPage(Page::Similarity); });
    connect(a.run, &QAction::triggered, this, [this] { page() == Page::Words ? m_bench.words().run() : m_bench.evaluateCurrent(); });
    connect(a.runAll, &QAction::triggered, &m_bench, &Workbench::evaluateUnmeasured);
    connect(a.cancel, &QAction::triggered, &m_bench.jobs(), &JobRunner::cancelAll);
    connect(a.pin, &QAction::triggered, this, [this] { page() == Page::Words ? m_bench.words().pin() : m_bench.pin(); });
    connect(a.sweep, &QAction::triggered, this, [this] {
        if (page() == Page::Words)
            return m_method->wordForm()->askSweep(QCursor::pos());
        askSweep();
    });
    connect(a.generate, &QAction::triggered, this, [this] { askGenerate(m_bench.activeRun()); });
    connect(a.baseline, &QAction::triggered, this, [this] { m_bench.document().setBaseline(m_bench.activeRun()); });
    connect(a.exportTable, &QAction::triggered, this, &MainWindow::exportTable);
    connect(a.shortcuts, &QAction::triggered, this, &MainWindow::showShortcuts);
    connect(a.about, &QAction::triggered, this, &MainWindow::showAbout);
}

void MainWindow::refreshActions()
{
    const bool open = m_bench.document().isOpen();
    const bool engine = m_bench.engine().state() == EngineClient::State::Ready;
    const bool ready = engine && m_bench.model().phase == ModelState::Phase::Ready;
    const bool input = m_bench.document().input(m_bench.activeInput()) != nullptr;
    const bool method = m_bench.currentMethod() != nullptr;
    const bool runs = !m_bench.document().runs().empty();
    const bool words = page() == Page::Words && engine && m_bench.words().data() && m_bench.words().method();
    m_actions.run->setEnabled(page() == Page::Words ? words : ready && input && method);
    m_actions.runAll->setEnabled(ready && runs);
    m_actions.cancel->setEnabled(m_bench.jobs().busy());
    m_actions.pin->setEnabled(page() == Page::Words ? open && words && m_bench.words().activeRun() == 0 : open && input && method && m_bench.activeRun() == 0 && ready);
    m_actions.sweep->setEnabled(page() == Page::Words ? words : ready && input && method);
    m_actions.generate->setEnabled(ready && m_bench.activeRun() != 0);
    m_actions.baseline->setEnabled(m_bench.activeRun() != 0);
    m_actions.copyCommand->setEnabled(open && input && method);
    for (QAction *action : {m_actions.save, m_actions.saveAs, m_actions.exportReport, m_actions.rename, m_actions.remove})
        action->setEnabled(open);
    m_actions.exportFigure->setEnabled(open && page() != Page::Model);
    for (QAction *action : {m_actions.copyTable, m_actions.exportTable})
        action->setEnabled(runs);
    m_actions.reloadModel->setEnabled(engine && !m_bench.model().choice.model.empty());
    m_actions.modelInfo->setEnabled(open && m_bench.model().phase != ModelState::Phase::None);
    m_actions.startEngine->setEnabled(m_bench.engine().state() == EngineClient::State::Lost || m_bench.engine().state() == EngineClient::State::Stopped);
    m_actions.stopEngine->setEnabled(engine);
    m_actions.similarity->setEnabled(open);
    m_actions.welcome->setEnabled(true);
    m_actions.toggleRibbon->setEnabled(open && (page() == Page::Cache || page() == Page::Prompt));
    refreshSmallModel();
}

} // namespace winnow
