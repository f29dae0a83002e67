#pragma once

#include <QAction>
#include <QObject>
#include <QVector>

class QWidget;

namespace winnow {

class Look;
class Workbench;

/// Every command of the window, once: menus, toolbar, palette and shortcuts share these.
struct Actions {
    QAction *newSession, *openModel, *openSmallModel, *openSession, *openDemo, *addText, *pasteText, *browseData, *save, *saveAs, *exportFigure, *exportReport, *settings, *quit;
    QAction *undo, *redo, *copyCommand, *copyTable, *find, *rename, *remove;
    QAction *toggleSession, *toggleMethod, *toggleResults, *toggleRibbon, *themeSystem, *themeLight, *themeDark, *saveLayout, *resetLayout, *nextView, *welcome;
    QAction *reloadModel, *startEngine, *stopEngine, *modelInfo, *similarity;
    QAction *run, *runAll, *cancel, *pin, *sweep, *generate, *labels;
    QAction *differencesOnly, *exportTable, *baseline;
    QAction *shortcuts, *about;

    /// All of them in menu order, for the palette.
    QVector<QAction *> all() const;
};

/// Makes the actions with names, shortcuts and icons; nothing is connected yet.
Actions makeActions(QWidget *window);
/// Sets the icons for the current theme.
void setActionIcons(const Actions &actions, const Look &look);

} // namespace winnow
