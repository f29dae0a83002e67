#pragma once

#include "core/base/json.h"

#include <QToolBar>

class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace winnow {

struct Actions;
class Look;
class Workbench;

/// A button that shows "Model  SmolLM2-135M  CPU f32  v" and opens a menu.
class Chooser;
class FindBox;

/// The toolbar: model and input choosers, Run, Cancel, undo, redo and the find box.
class TopBar : public QToolBar {
    Q_OBJECT
public:
    TopBar(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);
    /// Labels shrink below 1200 px.
    void setCompact(bool compact);
    /// The second model is shown where a page or the chosen method uses one.
    void setSmallModelShown(bool shown);
    Chooser *smallModel() const { return m_small; }

Q_SIGNALS:
    void modelAsked(const QString &name); // one that must be fetched first
    void smallModelAsked(const QString &name); // likewise; empty = the chooser as it is
    void addTextAsked();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();
    /// Shortens the names of the models where the bar is too short for them.
    void fit();
    enum class Role { Model, SmallModel };
    void fillModelMenu(Role role);
    void addModels(QMenu *menu, const Json &models, Role role);
    void fillInputMenu();
    void refreshRun();

    Workbench &m_bench;
    Look &m_look;
    const Actions &m_actions;
    Chooser *m_model, *m_small, *m_input;
    QPushButton *m_run, *m_cancel;
    FindBox *m_find;
    QToolButton *m_undo, *m_redo, *m_pane;
    QWidget *m_row;
    bool m_compact = false;
};

} // namespace winnow
