#include "app/window/main_window.h"

#include "app/window/cache_page.h"
#include "app/window/chooser.h"
#include "app/window/compare_panel.h"
#include "app/window/jobs_panel.h"
#include "app/window/look.h"
#include "app/window/method_dock.h"
#include "app/window/model_page.h"
#include "app/window/panel_widgets.h"
#include "app/window/prompt_page.h"
#include "app/window/results_dock.h"
#include "app/window/ribbon_strip.h"
#include "app/window/selection_panel.h"
#include "app/window/session_tree.h"
#include "app/window/similarity_page.h"
#include "app/window/status_line.h"
#include "app/window/top_bar.h"
#include "app/window/welcome_page.h"
#include "app/window/view_slot.h"
#include "app/window/words_page.h"
#include "views/icons.h"
#include "views/type.h"
#include "views/widgets/banner.h"
#include "views/widgets/focus_ring.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QLabel>
#include <QMenuBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {
namespace {

    constexpr int kCompactWidth = 1200;

} // namespace

MainWindow::MainWindow(Workbench &bench, Look &look, QWidget *parent)
    : QMainWindow(parent)
    , m_bench(bench)
    , m_look(look)
    , m_actions(makeActions(this))
{
    setWindowTitle(QStringLiteral("Winnow"));
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    setMinimumSize(900, 560);
    resize(1440, 900);
    setDockOptions(QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    m_stalls = new StallWatch(this);
    m_top = new TopBar(bench, look, m_actions, this);
    addToolBar(Qt::TopToolBarArea, m_top);
    m_titleNote = new QLabel(this);
    m_titleNote->setFont(typeFont(TypeRole::Hint));
    m_titleNote->setProperty("tone", "t3");
    m_titleNote->setContentsMargins(0, 0, 14, 0);
    m_titleNote->setMinimumHeight(28);
    m_titleNote->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    menuBar()->setCornerWidget(m_titleNote, Qt::TopRightCorner);
    menuBar()->setNativeMenuBar(false);
    menuBar()->setFixedHeight(28);
    menuBar()->setStyleSheet(QStringLiteral("QMenuBar { padding: 0 7px; }"));
    buildCentre();
    buildDocks();
    buildMenus();
    connectFileActions();
    connectEditActions();
    connectViewActions();
    connectRunActions();
    setActionIcons(m_actions, look);
    auto *ring = new FocusRing(this);
    ring->setTheme(look.theme());
    connect(&look, &Look::changed, this, [this, ring] {
        ring->setTheme(m_look.theme());
        setActionIcons(m_actions, m_look);
        for (Banner *banner : m_banners)
            banner->setTheme(m_look.theme());
    });
    for (auto signal : {&Workbench::sessionChanged, &Workbench::modelChanged, &Workbench::activeInputChanged, &Workbench::settingChanged,
             &Workbench::activeRunChanged, &Workbench::methodsChanged})
        connect(&bench, signal, this, &MainWindow::refreshActions);
    connect(&bench.words(), &WordBench::runChosen, this, [this] {
        if (page() != Page::Words && m_bench.document().isOpen())
            openPage(Page::Words);
    });
    for (auto signal : {&WordBench::settingChanged, &WordBench::activeRunChanged, &WordBench::changed})
        connect(&bench.words(), signal, this, &MainWindow::refreshActions);
    connect(&bench.engine(), &EngineClient::stateChanged, this, &MainWindow::refreshActions);
    connect(&bench.jobs(), &JobRunner::jobChanged, this, &MainWindow::refreshActions);
    connect(&bench.document(), &SessionDocument::runsChanged, this, &MainWindow::refreshActions);
    connect(&bench, &Workbench::sessionChanged, this, &MainWindow::refreshTitle);
    connect(&bench, &Workbench::saved, this, &MainWindow::rememberSession);
    connect(&bench.document(), &SessionDocument::opened, this, [this] {
        m_welcomeAsked = false;
        restoreViewState();
        showPage();
    });
    connect(&bench.document(), &SessionDocument::closed, this, &MainWindow::showPage);
    connect(&bench, &Workbench::failed, this, &MainWindow::showError);
    connect(&bench, &Workbench::engineLost, this, &MainWindow::showEngineLost);
    connect(&bench, &Workbench::modelDoesNotFit, this, &MainWindow::chooseModel);
    connect(m_top, &TopBar::modelAsked, this, &MainWindow::chooseModel);
    connect(m_top, &TopBar::smallModelAsked, this, &MainWindow::chooseSmallModel);
    connect(&bench, &Workbench::generated, this, &MainWindow::showGenerated);
    connect(&bench, &Workbench::figureDropped, this, &MainWindow::openRecipe);
    connect(&bench, &Workbench::familyChanged, this, [this] { // a run or a method of the other family was chosen
        const bool prompt = m_bench.family() == "prompt";
        if (prompt != (page() == Page::Prompt) && m_bench.document().isOpen())
            openPage(prompt ? Page::Prompt : Page::Cache);
    });
    connect(&bench.engine(), &EngineClient::stateChanged, this, [this](EngineClient::State state) {
        if (state == EngineClient::State::Ready)
            clearBanner(QStringLiteral("engine"));
    });
    m_firstLayout = saveState();
    showPage();
    applySize();
    refreshActions();
    refreshTitle();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildCentre()
{
    auto *centre = new QWidget(this);
    auto *layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_tabs = new QTabBar(centre);
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->addTab(tr("Cache"));
    m_tabs->setTabToolTip(0, tr("Which cached tokens may go, and what does it cost"));
    m_tabs->addTab(tr("Similarity"));
    m_tabs->setTabToolTip(1, tr("Do two models look at the same things, and which layers could share"));
    m_tabs->setTabToolTip(m_tabs->addTab(tr("Prompt")), tr("Which words may be cut from a prompt"));
    m_tabs->setTabToolTip(m_tabs->addTab(tr("Words")), tr("Where do words begin and end"));
    m_tabs->setTabToolTip(m_tabs->addTab(tr("Model")), tr("What the model consists of, how it reads a prompt, and what it writes"));
    m_tabs->setAccessibleName(tr("Pages"));
    m_tabs->setFixedHeight(34);
    auto *tabRow = new QWidget(centre);
    setStyleProperty(tabRow, "ground", "bg");
    tabRow->setAttribute(Qt::WA_StyledBackground);
    auto *tabLine = new QHBoxLayout(tabRow);
    tabLine->setContentsMargins(8, 0, 8, 0);
    tabLine->addWidget(m_tabs, 1); // the whole row: the current tab is wider than its hint
    m_bannerArea = new QWidget(centre);
    auto *banners = new QVBoxLayout(m_bannerArea);
    banners->setContentsMargins(0, 0, 0, 0);
    banners->setSpacing(0);
    m_stack = new QStackedWidget(centre);
    m_welcome = new WelcomePage(m_bench, m_look, m_actions, m_stack);
    m_page = new CachePage(m_bench, m_look, m_stack);
    m_stack->addWidget(m_welcome);
    m_pairPage = new SimilarityPage(m_bench, m_look, m_stack);
    m_promptPage = new PromptPage(m_bench, m_look, m_stack);
    m_promptPage->canvas()->addMenuAction(m_actions.labels);
    m_wordsPage = new WordsPage(m_bench, m_look, m_stack);
    m_modelPage = new ModelPage(m_bench, m_look, m_stack);
    m_stack->addWidget(m_page);
    m_stack->addWidget(m_pairPage);
    m_stack->addWidget(m_promptPage);
    m_stack->addWidget(m_wordsPage);
    m_stack->addWidget(m_modelPage);
    m_pages = tabRow;
    layout->addWidget(tabRow);
    layout->addWidget(m_bannerArea);
    layout->addWidget(m_stack, 1);
    m_ribbon = new RibbonStrip(m_bench, m_look, centre);
    layout->addWidget(m_ribbon);
    setCentralWidget(centre);
    m_status = new StatusLine(m_bench, *m_stalls, m_look, this);
    // The status bar's own frame and size grip are not wanted: a plain row below everything.
    auto *below = new QToolBar(tr("Status"), this);
    below->setObjectName(QStringLiteral("status"));
    below->setMovable(false);
    below->setContextMenuPolicy(Qt::PreventContextMenu);
    below->setStyleSheet(QStringLiteral("QToolBar { padding: 0; border: none; spacing: 0; }"));
    m_status->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    below->addWidget(m_status);
    below->setFixedHeight(24);
    below->layout()->setContentsMargins(0, 0, 0, 0);
    below->layout()->setSpacing(0);
    addToolBar(Qt::BottomToolBarArea, below);
    connect(m_welcome, &WelcomePage::demoAsked, this, &MainWindow::openDemo);
    connect(m_welcome, &WelcomePage::fileAsked, this, &MainWindow::openPath);
    connect(m_tabs, &QTabBar::currentChanged, this, [this] { showPage(); });
    connect(m_modelPage, &ModelPage::saveAsked, this, &MainWindow::saveCsv);
    connect(m_page, &CachePage::exportAsked, this, &MainWindow::exportView);
    connect(m_page, &CachePage::figureAsked, this, &MainWindow::addFigure);
    connect(m_page, &CachePage::copyImageAsked, this, &MainWindow::copyImage);
    connect(m_pairPage, &SimilarityPage::exportAsked, this, &MainWindow::exportView);
    connect(m_pairPage, &SimilarityPage::figureAsked, this, &MainWindow::addFigure);
    connect(m_pairPage, &SimilarityPage::copyImageAsked, this, &MainWindow::copyImage);
    connect(m_promptPage, &PromptPage::exportAsked, this, &MainWindow::exportView);
    connect(m_promptPage, &PromptPage::figureAsked, this, &MainWindow::addFigure);
    connect(m_promptPage, &PromptPage::copyImageAsked, this, &MainWindow::copyImage);
    connect(m_wordsPage, &WordsPage::exportAsked, this, &MainWindow::exportView);
    connect(m_wordsPage, &WordsPage::figureAsked, this, &MainWindow::addFigure);
    connect(m_wordsPage, &WordsPage::copyImageAsked, this, &MainWindow::copyImage);
    connect(m_pairPage, &SimilarityPage::smallModelAsked, this, [this] { chooseSmallModel({}); });
    connect(m_pairPage, &SimilarityPage::modelAsked, this, [this] { chooseModel({}); });
}

QDockWidget *MainWindow::makeDock(const QString &name, const QString &title, QWidget *content, Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    dock->setWidget(content);
    dock->setTitleBarWidget(new QWidget(dock)); // the content has its own header
    dock->setFeatures(QDockWidget::DockWidgetClosable);
    dock->setAllowedAreas(area);
    setStyleProperty(content, "ground", "dock");
    content->setAttribute(Qt::WA_StyledBackground);
    addDockWidget(area, dock);
    return dock;
}

void MainWindow::buildDocks()
{
    auto *left = new QWidget(this);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *head = new PanelHeader(tr("Session"), left);
    QToolButton *add = head->addButton(QStringLiteral("list-add"), tr("Add a text file (Ctrl+T)"), m_look);
    QToolButton *more = head->addButton(QStringLiteral("view-more"), tr("More"), m_look);
    connect(add, &QToolButton::clicked, m_actions.addText, &QAction::trigger);
    auto *menu = new QMenu(more);
    menu->addActions({m_actions.addText, m_actions.pasteText});
    menu->addAction(tr("Add Note"), this, [this] { openNote(0); });
    menu->addSeparator();
    menu->addActions({m_actions.rename, m_actions.remove});
    more->setMenu(menu);
    more->setPopupMode(QToolButton::InstantPopup);
    m_tree = new SessionTree(m_bench, m_look, left);
    auto *selection = new SelectionPanel(m_bench, m_look, left);
    selection->setMinimumHeight(150);
    m_selectionPanel = selection;
    column->addWidget(head);
    column->addWidget(m_tree, 1);
    column->addWidget(new HairLine(m_look, left));
    column->addWidget(selection);
    left->setMinimumWidth(180);
    m_sessionDock = makeDock(QStringLiteral("sessionDock"), tr("Session"), left, Qt::LeftDockWidgetArea);
    m_method = new MethodDock(m_bench, m_look, m_actions, this);
    m_methodDock = makeDock(QStringLiteral("methodDock"), tr("Method"), m_method, Qt::RightDockWidgetArea);
    m_results = new ResultsDock(m_bench, m_look, m_actions, this);
    m_resultsDock = makeDock(QStringLiteral("resultsDock"), tr("Results"), m_results, Qt::BottomDockWidgetArea);
    resizeDocks({m_sessionDock}, {216}, Qt::Horizontal);
    resizeDocks({m_resultsDock}, {138}, Qt::Vertical);
    connect(m_method, &MethodDock::closeAsked, this, [this] {
        m_methodWanted = false;
        m_methodDock->hide();
    });
    connect(m_tree, &SessionTree::figureOpened, this, &MainWindow::openFigure);
    connect(m_tree, &SessionTree::noteOpened, this, &MainWindow::openNote);
    connect(m_tree, &SessionTree::copyCommandAsked, this, &MainWindow::copyCommand);
    connect(m_tree, &SessionTree::evaluateAsked, &m_bench, &Workbench::evaluate);
    connect(m_tree, &SessionTree::generateAsked, this, &MainWindow::askGenerate);
    connect(m_tree, &SessionTree::scoredTokensAsked, this, &MainWindow::askScoredTokens);
    connect(m_tree, &SessionTree::addTextAsked, m_actions.addText, &QAction::trigger);
    connect(m_tree, &SessionTree::addNoteAsked, this, [this] { openNote(0); });
    connect(m_results->compare(), &ComparePanel::copyCommandAsked, this, &MainWindow::copyCommand);
}

void MainWindow::showPage()
{
    const bool open = m_bench.document().isOpen() && !m_welcomeAsked;
    const bool cache = page() == Page::Cache;
    const bool apart = m_stack->currentWidget() != m_page && m_stack->currentWidget() != m_welcome;
    if (open && !cache && !apart) { // a page without runs to compare leaves the results their tab row
        m_foldedOnCache = m_results->folded();
        m_results->setFolded(true);
    } else if (open && cache && apart) {
        m_results->setFolded(m_foldedOnCache);
    }
    QWidget *const pages[] = {m_page, m_pairPage, m_promptPage, m_wordsPage, m_modelPage};
    m_bench.setFamily(open && page() == Page::Prompt ? "prompt" : "kv");
    m_stack->setCurrentWidget(open ? pages[static_cast<int>(page())] : m_welcome);
    m_method->setPairShown(open && page() == Page::Similarity);
    m_method->setPromptShown(open && page() == Page::Prompt);
    m_method->setWordsShown(open && page() == Page::Words);
    m_bench.setWordsShown(open && page() == Page::Words);
    m_tree->setWordsShown(open && page() == Page::Words);
    m_selectionPanel->setPairShown(open && page() == Page::Similarity);
    m_selectionPanel->setWordsShown(open && page() == Page::Words);
    refreshSmallModel();
    refreshRibbon();
    m_pages->setVisible(open);
    m_sessionDock->setVisible(open && m_sessionWanted && !m_compact);
    m_methodDock->setVisible(open && m_methodWanted);
    m_resultsDock->setVisible(open && m_resultsWanted);
    refreshActions();
}

MainWindow::Page MainWindow::page() const { return static_cast<Page>(std::max(0, m_tabs->currentIndex())); }

void MainWindow::openPage(Page page)
{
    m_welcomeAsked = false;
    m_tabs->setCurrentIndex(static_cast<int>(page));
    showPage();
}

void MainWindow::refreshSmallModel()
{
    const MethodInfo *method = m_bench.currentMethod();
    const bool open = m_bench.document().isOpen() && !m_welcomeAsked;
    m_top->setSmallModelShown(open && (page() == Page::Similarity || page() == Page::Prompt || page() == Page::Words || (page() == Page::Cache && method && needsSmallModel(*method))));
}

RunView *MainWindow::focusedView() const
{
    switch (page()) {
    case Page::Cache: return m_page->focusedView();
    case Page::Similarity: return m_pairPage->focusedView();
    case Page::Prompt: return m_promptPage->focusedView();
    case Page::Words: return m_wordsPage->focusedView();
    case Page::Model: break;
    }
    return nullptr;
}

void MainWindow::applySize()
{
    const bool compact = width() < kCompactWidth;
    m_top->setCompact(compact);
    if (compact == m_compact && m_stack->property("sized").toBool())
        return;
    m_stack->setProperty("sized", true);
    m_compact = compact;
    m_page->setCompact(compact);
    m_pairPage->setCompact(compact);
    m_promptPage->setCompact(compact);
    m_wordsPage->setCompact(compact);
    m_modelPage->setCompact(compact);
    m_method->setCompact(compact);
    m_results->setCompact(compact);
    m_status->setCompact(compact);
    showPage();
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    applySize();
}

void MainWindow::refreshTitle()
{
    const SessionDocument &document = m_bench.document();
    if (!document.isOpen()) {
        setWindowTitle(QStringLiteral("Winnow"));
        m_titleNote->clear();
        return;
    }
    const QString state = document.edited() ? tr("edited") : tr("saved");
    const QString text = QStringLiteral("%1, %2").arg(document.displayName(), state);
    if (m_titleNote->text() == text)
        return;
    m_titleNote->setText(text);
    m_titleNote->setToolTip(document.homePath());
    m_titleNote->adjustSize();
    menuBar()->adjustSize();
    setWindowTitle(QStringLiteral("%1 - Winnow").arg(document.displayName()));
    setWindowModified(false);
    menuBar()->setCornerWidget(m_titleNote, Qt::TopRightCorner); // lets the bar take the new width
    m_titleNote->show();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (!mayClose()) {
        event->ignore();
        return;
    }
    saveViewState();
    m_bench.settings().setValue(QStringLiteral("geometry"), saveGeometry());
    m_bench.settings().setValue(QStringLiteral("windowState"), layoutState());
    m_bench.closeSession();
    event->accept();
}

} // namespace winnow
