#pragma once

#include <QPlainTextEdit>
#include <QScrollArea>
#include <QTimer>

#include <map>

class QLabel;
class QVBoxLayout;

namespace winnow {

class JobRow;
class Look;
class Workbench;

/// One row per job: state, words, bar, done/total and time left, cancel or retry.
class JobsPanel : public QScrollArea {
    Q_OBJECT
public:
    JobsPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    int activeCount() const;
    int failedCount() const;

Q_SIGNALS:
    void countChanged();

private:
    void add(int id);
    void refresh(int id);

    Workbench &m_bench;
    Look &m_look;
    QVBoxLayout *m_rows;
    QLabel *m_empty;
    std::map<int, JobRow *> m_widgets;
};

/// What engine and window said, newest last.
class LogPanel : public QPlainTextEdit {
    Q_OBJECT
public:
    LogPanel(Workbench &bench, QWidget *parent = nullptr);
    void addLine(const QString &line);
};

} // namespace winnow
