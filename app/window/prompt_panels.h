#pragma once

#include <QVector>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace winnow {

class Look;
class MeterBar;
class PanelHeader;
class Workbench;

/// What a compressed prompt saves: the reader's cache, its prefill, and the prefill with the time that compressing takes, which
/// is not hidden.
class PromptSavingsPanel : public QWidget {
    Q_OBJECT
public:
    PromptSavingsPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    void setDense(bool dense);
    /// The badge and the sentence as they are shown; empty = hidden.
    QString badgeText() const;
    QString payoffText() const;

private:
    void refresh();

    Workbench &m_bench;
    Look &m_look;
    PanelHeader *m_header;
    QVBoxLayout *m_body;
    MeterBar *m_cache, *m_prefill, *m_whole;
    QWidget *m_badge;
    QLabel *m_badgeIcon, *m_badgeText, *m_payoff;
};

/// From which answer on the same prompt compressing pays: compress once, then read short prompts instead of full ones.
/// @return 0 when it never does.
int payoffAnswer(double compressMs, double prefillMs, double fullPrefillMs);

/// Tokens, survivors, correlation and time of every stage; the shown one is marked, a click shows another.
class StagesPanel : public QWidget {
    Q_OBJECT
public:
    StagesPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {100, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    int rows() const;
    int shownRow() const;
    QRect rowRect(int row) const;
    void showStage(int row);

    Workbench &m_bench;
    Look &m_look;
};

} // namespace winnow
