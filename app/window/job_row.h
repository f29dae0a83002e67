#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace winnow {

class Look;
class MeterBar;
class Workbench;
struct Job;

/// One job in the Jobs panel; wide: one line, narrow: words above the bar.
class JobRow : public QWidget {
    Q_OBJECT
public:
    JobRow(Workbench &bench, Look &look, int id, QWidget *parent = nullptr);
    void refresh();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    QString statusText(const Job &job) const;
    void place();

    Workbench &m_bench;
    Look &m_look;
    int m_id;
    QLabel *m_icon, *m_words, *m_status;
    MeterBar *m_bar;
    QPushButton *m_fitting, *m_retry;
    QToolButton *m_close;
};

} // namespace winnow
