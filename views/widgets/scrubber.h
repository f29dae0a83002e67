#pragma once

#include "views/theme.h"

#include <QWidget>

class QLabel;
class QTimer;
class QToolButton;

namespace winnow {

class BudgetSlider;

/// A row of steps: skip back, play, skip forward, slider, "24 of 64", "cache 104 of 344". Decode steps of a cache, or the
/// stages of a prompt method.
class Scrubber : public QWidget {
    Q_OBJECT
public:
    enum class Kind { Decode, Stage };

    explicit Scrubber(QWidget *parent = nullptr);
    void setKind(Kind kind);

    /// @param steps  continuation rows; 0 disables the row.
    void setSteps(int steps);
    int steps() const { return m_steps; }
    /// Step as in Selection: -1 = after the prompt, otherwise the 0-based row. No signal.
    void setStep(int step);
    int step() const;
    void setCacheText(const QString &text); // "cache 104 of 344"
    void setTheme(const Theme &theme);
    void setCompact(bool compact); // "Step", without the cache text
    bool isPlaying() const;
    void setPlaying(bool playing);

Q_SIGNALS:
    void stepChanged(int step); // by the user or while playing

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void go(int step);
    void refresh();
    void refreshName();

    Kind m_kind = Kind::Decode;
    int m_steps = 0;
    bool m_compact = false;
    QLabel *m_name, *m_count, *m_cache;
    QToolButton *m_back, *m_play, *m_forward;
    BudgetSlider *m_slider;
    QTimer *m_timer;
    Theme m_theme;
};

} // namespace winnow
