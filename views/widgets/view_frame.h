#pragma once

#include "views/run_view.h"

#include <QWidget>

class QBoxLayout;
class QStackedLayout;

namespace winnow {

class EmptyState;
class LegendRow;
class ViewHeader;

/// A view with its header: title, controls, note, legend and buttons stay in step with the view; when the view has nothing
/// to draw its reason stands in its place. A slot of a page is a frame whose view can be exchanged.
class ViewFrame : public QWidget {
    Q_OBJECT
public:
    explicit ViewFrame(QWidget *parent = nullptr);

    /// Takes the view over as child; the one before is handed back to the caller without a parent.
    RunView *setView(RunView *view);
    RunView *view() const { return m_view; }
    ViewHeader *header() const { return m_header; }
    EmptyState *emptyState() const { return m_empty; }
    void setTheme(const Theme &theme); // and the view's
    /// A reason the page knows for having nothing to show, said instead of the view's own; empty = the view's.
    void setReason(const QString &reason);
    /// Puts the header into a row of the caller, beside tabs; nullptr = back above the view.
    void placeHeader(QBoxLayout *row);
    /// Opens the view's data as a table in a window of its own.
    void showTable();
    /// Reads the view's actions again into the menu.
    void refreshMenu();

Q_SIGNALS:
    void exportRequested();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();

    RunView *m_view = nullptr;
    ViewHeader *m_header;
    LegendRow *m_legend; // below the header, where the header has no room for it
    EmptyState *m_empty;
    QStackedLayout *m_stack;
    QString m_reason;
    Theme m_theme;
};

} // namespace winnow
