#pragma once

#include <QWidget>

class QLabel;
class QToolButton;

namespace winnow {

class Look;

/// Dock header: capitals at the left, a quiet note at the right, room for small buttons.
class PanelHeader : public QWidget {
    Q_OBJECT
public:
    PanelHeader(const QString &title, QWidget *parent = nullptr);
    void setNote(const QString &note);
    /// Adds a 22 px button at the right edge.
    QToolButton *addButton(const QString &name, const QString &tip, Look &look);

private:
    QLabel *m_title, *m_note;
};

/// A 1 px line between panels.
class HairLine : public QWidget {
    Q_OBJECT
public:
    HairLine(Look &look, QWidget *parent = nullptr);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look &m_look;
};

/// Two-column row of label (t2) and value (t1) right-aligned; the value is elided in the middle.
class FactRow : public QWidget {
    Q_OBJECT
public:
    FactRow(Look &look, QWidget *parent = nullptr);
    void set(const QString &label, const QString &value, const QString &tip = {});
    /// Colours the value of a row that is a difference.
    enum class Tone { Plain, Better, Worse };
    void setTone(Tone tone);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look &m_look;
    QString m_label, m_value;
    Tone m_tone = Tone::Plain;
};

} // namespace winnow
