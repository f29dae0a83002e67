#pragma once

#include "app/window/actions.h"
#include "app/workbench/workbench.h"

#include <QMainWindow>

class QDockWidget;
class QLabel;
class QStackedWidget;
class QTabBar;

namespace winnow {

class Banner;
class CachePage;
class CommandPalette;
class ComparePanel;
class JobsPanel;
class Look;
class MethodDock;
class ModelPage;
class PromptPage;
class ResultsDock;
class SelectionPanel;
class SessionTree;
class SimilarityPage;
class StallWatch;
class RibbonStrip;
class StatusLine;
class TopBar;
class WelcomePage;
class WordsPage;

/// The window: menus, toolbar, docks, pages, banners. Every action goes to the workbench.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(Workbench &bench, Look &look, QWidget *parent = nullptr);
    ~MainWindow() override;

    Workbench &bench() { return m_bench; }
    enum class Page { Cache, Similarity, Prompt, Words, Model };

    CachePage *cachePage() const { return m_page; }
    SimilarityPage *similarityPage() const { return m_pairPage; }
    PromptPage *promptPage() const { return m_promptPage; }
    RibbonStrip *ribbon() const { return m_ribbon; }
    WordsPage *wordsPage() const { return m_wordsPage; }
    ModelPage *modelPage() const { return m_modelPage; }
    TopBar *topBar() const { return m_top; }
    /// The page of a tab; the welcome page gives way to it.
    void openPage(Page page);
    Page page() const;
    SessionTree *tree() const { return m_tree; }
    ResultsDock *results() const { return m_results; }
    MethodDock *methodDock() const { return m_method; }
    WelcomePage *welcomePage() const { return m_welcome; }
    StallWatch *stalls() const { return m_stalls; }
    const Actions &actions() const { return m_actions; }

    /// Opens a file of any kind the program knows; a failure becomes a banner.
    void openPath(const QString &path);
    /// The window of data sets, on a file where one is named.
    void browseData(const QString &path);
    void openLabels();
    void openDemo();
    /// Offers what an earlier, unclosed window left; once.
    void offerRecovery();
    /// Docks and places as the window that was closed last had them.
    void restoreLastLayout();
    void showError(const QString &sentence);

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    // main_window.cpp
    void buildCentre();
    void buildDocks();
    void showPage();
    void refreshRibbon();
    void applySize();
    void refreshSmallModel();
    /// The view with the keyboard on the page that is shown; null on pages without views.
    RunView *focusedView() const;
    void refreshTitle();
    QDockWidget *makeDock(const QString &name, const QString &title, QWidget *content, Qt::DockWidgetArea area);
    // main_window_actions.cpp
    void refreshActions();
    void buildMenus();
    void connectFileActions();
    void connectEditActions();
    void connectViewActions();
    void connectRunActions();
    void fillRecentMenu();
    void fillLayoutMenu();
    void undoRedoTexts();
    // main_window_files.cpp
    /// The model chooser, at `wanted` (name or path) or at the present model.
    void chooseModel(const QString &wanted);
    void chooseSmallModel(const QString &wanted);
    void saveCsv(const QString &name, const QString &csv);
    void chooseSessionFile();
    void chooseTextFile();
    void pasteText();
    bool save();
    bool saveAs();
    bool saveToPath(const QString &path);
    bool mayClose();
    void exportView(RunView *view);
    void exportReport();
    void exportTable();
    void copyImage(RunView *view);
    void copyCommand(qint64 runId);
    void addFigure(RunView *view);
    void openFigure(qint64 id);
    void openRecipe(const QJsonObject &recipe);
    void openNote(qint64 id);
    // main_window_dialogs.cpp
    void askSweep();
    void askGenerate(qint64 runId);
    void askScoredTokens(qint64 inputId);
    void showSettings();
    void showShortcuts();
    void showAbout();
    void showGenerated(qint64 runId, const ReportPtr &report);
    void showPalette();
    // main_window_layout.cpp
    QByteArray layoutState() const;
    void applyLayout(const QByteArray &state);
    void resetLayout();
    void saveViewState();
    void rememberSession();
    void restoreViewState();
    void showEngineLost(const QString &reason);
    void recover(const Leftover &leftover);
    void clearBanner(const QString &kind);
    Banner *banner(const QString &kind);

    Workbench &m_bench;
    Look &m_look;
    Actions m_actions;
    StallWatch *m_stalls;
    TopBar *m_top;
    QLabel *m_titleNote;
    QStackedWidget *m_stack;
    RibbonStrip *m_ribbon;
    WelcomePage *m_welcome;
    QWidget *m_pages;
    QTabBar *m_tabs;
    CachePage *m_page;
    SimilarityPage *m_pairPage;
    PromptPage *m_promptPage;
    WordsPage *m_wordsPage;
    ModelPage *m_modelPage;
    QWidget *m_bannerArea;
    QMap<QString, Banner *> m_banners;
    SessionTree *m_tree;
    SelectionPanel *m_selectionPanel;
    MethodDock *m_method;
    ResultsDock *m_results;
    StatusLine *m_status;
    QDockWidget *m_sessionDock, *m_methodDock, *m_resultsDock;
    CommandPalette *m_palette = nullptr;
    QMenu *m_recentMenu, *m_layoutMenu;
    QByteArray m_firstLayout;
    bool m_compact = false, m_welcomeAsked = false, m_closing = false;
    bool m_foldedOnCache = false; // how the results were before a page that has none folded them
    bool m_sessionWanted = true, m_methodWanted = true, m_resultsWanted = true; // docks the user did not hide
};

} // namespace winnow
