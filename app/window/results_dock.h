#pragma once

#include <QWidget>

class QLabel;
class QSplitter;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace winnow {

struct Actions;
class ComparePanel;
class JobsPanel;
class LogPanel;
class Look;
class MeterBar;
class Workbench;

/// The bottom dock: Compare, Jobs and Log as tabs; wide windows with jobs put Jobs and Log beside Compare; folded to its tab
/// row on demand or when the window is small.
class ResultsDock : public QWidget {
    Q_OBJECT
public:
    ResultsDock(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);

    ComparePanel *compare() const { return m_compare; }
    JobsPanel *jobs() const { return m_jobs; }
    LogPanel *log() const { return m_log; }
    void setCompact(bool compact);
    void setFolded(bool folded);
    bool folded() const { return m_folded; }
    enum class Tab { Compare, Jobs, Log };
    void showTab(Tab tab);

Q_SIGNALS:
    void foldedChanged();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void arrange();
    void refreshTitles();

    Workbench &m_bench;
    Look &m_look;
    QTabBar *m_leftTabs, *m_rightTabs;
    QWidget *m_leftHead, *m_rightHead, *m_left, *m_right;
    QSplitter *m_split;
    QStackedWidget *m_leftStack, *m_rightStack;
    ComparePanel *m_compare;
    JobsPanel *m_jobs;
    LogPanel *m_log;
    QToolButton *m_fold;
    MeterBar *m_progress;
    QLabel *m_progressText;
    bool m_compact = false, m_folded = false, m_split2 = false, m_sideBefore = false;
};

} // namespace winnow
