#pragma once

#include "views/theme.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace winnow {

/// A 40 px row that says what happened and what to do: soft ground, icon, sentence, buttons, primary first.
class Banner : public QWidget {
    Q_OBJECT
public:
    enum class Tone { Error, Warning, Information, Done };

    explicit Banner(QWidget *parent = nullptr);
    void setTheme(const Theme &theme);
    /// @param bold  the first words, set semibold; may be empty.
    void showMessage(Tone tone, const QString &bold, const QString &sentence);
    /// Adds a button; the first one is the primary one. Removed by clearButtons().
    QPushButton *addButton(const QString &text, const QString &iconName = {});
    void clearButtons();
    void setClosable(bool closable);

Q_SIGNALS:
    void closed();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void refresh();
    QColor ink() const;
    QColor ground() const;

    QLabel *m_icon, *m_text;
    QHBoxLayout *m_buttons;
    QToolButton *m_close;
    Tone m_tone = Tone::Information;
    Theme m_theme;
};

} // namespace winnow
