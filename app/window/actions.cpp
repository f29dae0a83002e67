#include "app/window/actions.h"

#include "app/window/look.h"

#include <QActionGroup>
#include <QCoreApplication>
#include <QKeySequence>
#include <QWidget>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("Actions", text); }

    QAction *make(QWidget *window, const QString &text, const QKeySequence &shortcut, const QString &tip = {})
    {
        auto *action = new QAction(text, window);
        action->setShortcut(shortcut);
        action->setShortcutContext(Qt::WindowShortcut);
        QString plain = text;
        plain.remove(QLatin1Char('&')).remove(QStringLiteral("…"));
        const QString key = shortcut.toString(QKeySequence::NativeText);
        const QString said = tip.isEmpty() ? plain : tip;
        action->setToolTip(key.isEmpty() ? said : QStringLiteral("%1 (%2)").arg(said, key));
        action->setStatusTip(said);
        window->addAction(action);
        return action;
    }

    void makeFileActions(Actions &a, QWidget *w)
    {
        a.newSession = make(w, tr("&New Session"), QKeySequence::New);
        a.openModel = make(w, tr("&Open Model…"), QKeySequence::Open, tr("Open a GGUF file or a Hugging Face folder"));
        a.openSmallModel = make(w, tr("Open S&mall Model…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M), tr("Choose the second model of methods and pages that compare two"));
        a.openSession = make(w, tr("Open &Session…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O));
        a.openDemo = make(w, tr("Open the &Demo Session"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D));
        a.addText = make(w, tr("&Add Text File…"), QKeySequence(Qt::CTRL | Qt::Key_T), tr("Add a text file as an input"));
        a.pasteText = make(w, tr("Add Text from &Clipboard"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V));
        a.browseData = make(w, tr("&Browse Data Set…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B), tr("Read the records of a data set file, and take one as a prompt or its lines to the Words page"));
        a.save = make(w, tr("&Save"), QKeySequence::Save);
        a.saveAs = make(w, tr("Save &As…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
        a.exportFigure = make(w, tr("&Export View…"), QKeySequence(Qt::CTRL | Qt::Key_E), tr("Export the focused view as PNG, SVG, PDF or CSV"));
        a.exportReport = make(w, tr("Export &Report…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E));
        a.settings = make(w, tr("Se&ttings…"), QKeySequence(Qt::CTRL | Qt::Key_Comma));
        a.quit = make(w, tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q));
        a.settings->setMenuRole(QAction::PreferencesRole);
        a.quit->setMenuRole(QAction::QuitRole);
    }

    void makeEditActions(Actions &a, QWidget *w)
    {
        a.undo = make(w, tr("&Undo"), QKeySequence::Undo);
        a.redo = make(w, tr("&Redo"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z));
        a.copyCommand = make(w, tr("&Copy as Command"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), tr("Copy the winnow-cli command that repeats the active run"));
        a.copyTable = make(w, tr("Copy &Table"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_C));
        a.find = make(w, tr("&Find…"), QKeySequence(Qt::CTRL | Qt::Key_K), tr("Find an action, method, input or run"));
        a.rename = make(w, tr("Re&name"), QKeySequence(Qt::Key_F2), tr("Rename the selected input, run, figure or note"));
        a.remove = make(w, tr("&Delete"), QKeySequence(), tr("Delete the selected input, run, figure or note"));
    }

    void makeViewActions(Actions &a, QWidget *w)
    {
        a.toggleSession = make(w, tr("&Session Dock"), QKeySequence(Qt::CTRL | Qt::Key_1));
        a.toggleMethod = make(w, tr("&Method Dock"), QKeySequence(Qt::CTRL | Qt::Key_2));
        a.toggleResults = make(w, tr("&Results Dock"), QKeySequence(Qt::CTRL | Qt::Key_3));
        a.toggleRibbon = make(w, tr("Alignment Ri&bbon"), QKeySequence(Qt::CTRL | Qt::Key_4), tr("Follows the marked line from characters over words and tokens to what prompt and cache keep"));
        for (QAction *action : {a.toggleSession, a.toggleMethod, a.toggleResults, a.toggleRibbon})
            action->setCheckable(true);
        auto *themes = new QActionGroup(w);
        a.themeSystem = make(w, tr("Theme Like the S&ystem"), QKeySequence());
        a.themeLight = make(w, tr("&Light Theme"), QKeySequence());
        a.themeDark = make(w, tr("&Dark Theme"), QKeySequence());
        for (QAction *action : {a.themeSystem, a.themeLight, a.themeDark}) {
            action->setCheckable(true);
            themes->addAction(action);
        }
        a.saveLayout = make(w, tr("Sa&ve Layout…"), QKeySequence());
        a.resetLayout = make(w, tr("&Reset Layout"), QKeySequence());
        a.nextView = make(w, tr("&Next Pane"), QKeySequence(Qt::Key_F6), tr("Move the focus to the next pane"));
        a.welcome = make(w, tr("&Welcome Page"), QKeySequence(Qt::CTRL | Qt::Key_0));
    }

    void makeModelActions(Actions &a, QWidget *w)
    {
        a.reloadModel = make(w, tr("&Load Model"), QKeySequence(Qt::CTRL | Qt::Key_L));
        a.startEngine = make(w, tr("&Start Engine Again"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R));
        a.stopEngine = make(w, tr("Sto&p Engine"), QKeySequence());
        a.similarity = make(w, tr("Si&milarity Page"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I), tr("Whether two models look at the same things"));
        a.modelInfo = make(w, tr("Model &Page"), QKeySequence(Qt::CTRL | Qt::Key_I), tr("What the model consists of, how it reads a prompt, and what it writes"));
    }

    void makeRunActions(Actions &a, QWidget *w)
    {
        a.run = make(w, tr("&Run"), QKeySequence(Qt::CTRL | Qt::Key_R), tr("Measure the current setting"));
        a.runAll = make(w, tr("Measure &All Unmeasured Runs"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_R));
        a.cancel = make(w, tr("&Cancel"), QKeySequence(Qt::CTRL | Qt::Key_Period), tr("Cancel all jobs"));
        a.pin = make(w, tr("&Pin Setting"), QKeySequence(Qt::CTRL | Qt::Key_P), tr("Pin the current setting as a run"));
        a.sweep = make(w, tr("S&weep…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W), tr("Measure methods at several budgets"));
        a.generate = make(w, tr("&Generate Text…"), QKeySequence(Qt::CTRL | Qt::Key_G), tr("Generate with the full cache and under the active run"));
        a.labels = make(w, tr("Keep &Labels…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L), tr("Align a text with a shortened one: which words stay, variation rate and alignment gap"));
        a.differencesOnly = make(w, tr("&Differences Only"), QKeySequence(Qt::CTRL | Qt::Key_D));
        a.differencesOnly->setCheckable(true);
        a.exportTable = make(w, tr("&Export Table…"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_E));
        a.baseline = make(w, tr("Active Run as &Baseline"), QKeySequence(Qt::CTRL | Qt::Key_B));
        a.shortcuts = make(w, tr("&Keyboard Shortcuts"), QKeySequence(Qt::Key_F1));
        a.about = make(w, tr("&About Winnow"), QKeySequence());
        a.about->setMenuRole(QAction::AboutRole);
    }

} // namespace

Actions makeActions(QWidget *window)
{
    Actions actions {};
    makeFileActions(actions, window);
    makeEditActions(actions, window);
    makeViewActions(actions, window);
    makeModelActions(actions, window);
    makeRunActions(actions, window);
    return actions;
}

QVector<QAction *> Actions::all() const
{
    return {newSession, openModel, openSmallModel, openSession, openDemo, addText, pasteText, browseData, save, saveAs, exportFigure, exportReport, settings, quit, undo, redo,
        copyCommand, copyTable, rename, remove, toggleSession, toggleMethod, toggleResults, toggleRibbon, themeSystem, themeLight, themeDark, saveLayout,
        resetLayout, nextView, welcome, reloadModel, startEngine, stopEngine, modelInfo, similarity, run, runAll, cancel, pin, sweep, generate, labels, differencesOnly,
        exportTable, baseline, shortcuts, about};
}

void setActionIcons(const Actions &a, const Look &look)
{
    const std::pair<QAction *, const char *> icons[] = {{a.newSession, "document-new"}, {a.openModel, "document-open"}, {a.openSmallModel, "document-open"}, {a.similarity, "view-grid"}, {a.openSession, "folder-open"},
        {a.openDemo, "media-playback-start"}, {a.addText, "text-x-generic"}, {a.pasteText, "edit-copy"}, {a.browseData, "table"}, {a.save, "document-save"}, {a.exportFigure, "document-export"},
        {a.exportReport, "document-export"}, {a.settings, "configure"}, {a.undo, "edit-undo"}, {a.redo, "edit-redo"}, {a.copyCommand, "utilities-terminal"},
        {a.copyTable, "edit-copy"}, {a.find, "edit-find"}, {a.run, "media-playback-start"}, {a.runAll, "media-playback-start"}, {a.cancel, "process-stop"},
        {a.pin, "window-pin"}, {a.sweep, "office-chart-line"}, {a.exportTable, "document-export"}, {a.startEngine, "view-refresh"},
        {a.reloadModel, "view-refresh"}, {a.toggleSession, "view-left-pane"}, {a.generate, "text-x-generic"}, {a.modelInfo, "dialog-information"}};
    for (const auto &[action, name] : icons)
        action->setIcon(look.icon(QString::fromLatin1(name)));
}

} // namespace winnow
