#pragma once

#include <QWidget>

class QScrollArea;
class QTabBar;
class QVBoxLayout;

namespace winnow {

struct Actions;
class ChecksPanel;
class Look;
class MethodPanel;
class SavingsPanel;
class SelectionPanel;
class Workbench;

/// The right dock: Method, Savings and Checks below each other; in small windows as tabs with the selection.
class MethodDock : public QWidget {
    Q_OBJECT
public:
    MethodDock(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);
    void setCompact(bool compact);
    MethodPanel *form() const { return m_form; }

Q_SIGNALS:
    void closeAsked();

private:
    void arrange();

    QVBoxLayout *m_layout;
    QTabBar *m_tabs;
    QWidget *m_methodHead, *m_lineOne, *m_lineTwo;
    MethodPanel *m_form;
    SavingsPanel *m_savings;
    ChecksPanel *m_checks;
    SelectionPanel *m_selection;
    QScrollArea *m_scroll;
    bool m_compact = false;
};

} // namespace winnow
