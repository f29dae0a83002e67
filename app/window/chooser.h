#pragma once

#include <QToolButton>

namespace winnow {

class Look;

/// A button with a quiet label, a value, a quiet note and a chevron; a click opens its menu.
class Chooser : public QToolButton {
    Q_OBJECT
public:
    Chooser(const QString &label, Look &look, QWidget *parent = nullptr);
    enum class Tone { Quiet, Error };
    void setValue(const QString &value, const QString &note = {}, Tone tone = Tone::Quiet);
    void setCompact(bool compact);
    /// Where several stand side by side in a small window: a shorter value, no note (both are in the tooltip).
    void setNarrow(bool narrow);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString shownNote() const { return m_narrow ? QString() : m_note; }
    int mostValue() const;
    QString shownLabel() const { return m_compact ? QString() : m_label; }

    Look &m_look;
    QString m_label, m_value, m_note;
    Tone m_tone = Tone::Quiet;
    bool m_compact = false, m_narrow = false;
};

/// The find box: a button that looks like an edit line and opens the palette.
class FindBox : public QToolButton {
    Q_OBJECT
public:
    FindBox(Look &look, QWidget *parent = nullptr);
    void setCompact(bool compact);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look &m_look;
    bool m_compact = false;
};

} // namespace winnow
