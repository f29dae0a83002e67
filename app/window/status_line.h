#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QLabel;

namespace winnow {

class Look;
class Workbench;

/// Measures how long the event loop did not turn: a precise timer that should have fired and did not.
class StallWatch : public QObject {
    Q_OBJECT
public:
    explicit StallWatch(QObject *parent = nullptr);
    /// Starts measuring; what happened before the window stood does not count.
    void start();
    double longestMs() const { return m_longestMs; }
    void reset();

Q_SIGNALS:
    void changed();

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_longestMs = 0;
};

/// The status bar: engine, memory, processor and threads, longest stall, selection; separated by thin lines.
class StatusLine : public QWidget {
    Q_OBJECT
public:
    StatusLine(Workbench &bench, StallWatch &stalls, Look &look, QWidget *parent = nullptr);
    void setCompact(bool compact) { m_compact = compact; refresh(); }
    /// Shows a sentence for some seconds instead of the rest (what an action does, "Copied").
    void showHint(const QString &text);
    QStringList parts() const;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void refresh();

    Workbench &m_bench;
    StallWatch &m_stalls;
    Look &m_look;
    QStringList m_parts;
    QString m_hint;
    QTimer m_hintTimer;
    bool m_compact = false;
};

} // namespace winnow
