#pragma once

#include "views/theme.h"

#include <QPointer>
#include <QWidget>

namespace winnow {

/// The 3 px ring around the control that has the keyboard: one overlay for a window, shown after Tab and arrow keys, not
/// after a click.
class FocusRing : public QWidget {
    Q_OBJECT
public:
    /// Watches the focus inside `window`, which becomes the parent.
    explicit FocusRing(QWidget *window);
    void setTheme(const Theme &theme);

protected:
    void paintEvent(QPaintEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void follow(QWidget *target);
    void place();

    QPointer<QWidget> m_target;
    bool m_byKeyboard = false;
    Theme m_theme;
};

} // namespace winnow
