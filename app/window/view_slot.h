#pragma once

#include "views/run_view.h"

#include <QWidget>

#include <map>
#include <memory>

class QAction;
class QComboBox;
class QTabBar;
class QToolButton;

namespace winnow {

class Look;
class ViewFrame;
class Workbench;

/// A place of a page that shows one of several views: a frame with a chooser in its header; in narrow windows the choices
/// stand as tabs above. Views are made when first shown and keep their state.
class ViewSlot : public QWidget {
    Q_OBJECT
public:
    ViewSlot(Workbench &bench, Look &look, const QStringList &choices, QWidget *parent = nullptr);

    void showView(const QString &id);
    QString viewId() const { return m_id; }
    RunView *view() const;
    ViewFrame *frame() const { return m_frame; }
    void setTabbed(bool tabbed);
    /// How the choices are offered: a box that names the view, or an arrow behind the view's title.
    enum class Chooser { Box, Arrow };
    void setChooser(Chooser chooser);
    /// An action of the page at the top of the view's menu.
    void addMenuAction(QAction *action);
    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    void viewChanged();
    void exportAsked(winnow::RunView *view);
    void figureAsked(winnow::RunView *view);
    void copyImageAsked(winnow::RunView *view);
    void maximiseAsked();

private:
    RunView *ensure(const QString &id);
    bool ofPair() const;
    bool ofPrompt() const;
    QWidget *chooser() const;
    QString promptReason() const;
    bool ofWords() const;
    void addActions(RunView *view);
    void showTitle();
    void placeHeader();
    void refreshReason();

    Workbench &m_bench;
    Look &m_look;
    QStringList m_choices;
    QString m_id;
    ViewFrame *m_frame;
    QComboBox *m_chooser;
    QToolButton *m_arrow;
    Chooser m_chooserKind = Chooser::Box;
    QVector<QAction *> m_menuActions;
    QWidget *m_tabRow;
    QTabBar *m_tabs;
    std::map<QString, RunView *> m_views;
    bool m_tabbed = false;
};

/// Connects a view with the workbench: data, selection both ways, theme, accessible description.
void joinView(RunView *view, Workbench &bench, Look &look);

} // namespace winnow
