#pragma once

#include "views/theme.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace winnow {

/// What a view shows instead of nothing: an icon, one bold line what is missing, one sentence what to do, at most one button.
class EmptyState : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(QWidget *parent = nullptr);
    void setTheme(const Theme &theme);
    void setIconName(const QString &name);
    /// A reason of the form "What is missing. What to do." is split at its first full stop.
    void setReason(const QString &reason);
    void setText(const QString &missing, const QString &whatToDo);
    void setButton(const QString &text); // empty = none

Q_SIGNALS:
    void buttonClicked();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    QLabel *m_icon, *m_missing, *m_whatToDo;
    QPushButton *m_button;
    QString m_iconName;
    Theme m_theme;
};

} // namespace winnow
