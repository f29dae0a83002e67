#pragma once

#include "views/theme.h"

#include <QCheckBox>

namespace winnow {

/// A check box drawn as a switch: label left, 28 x 16 px track right.
class SwitchBox : public QCheckBox {
    Q_OBJECT
public:
    explicit SwitchBox(const QString &text, QWidget *parent = nullptr);
    void setTheme(const Theme &theme);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;
    bool hitButton(const QPoint &point) const override { return rect().contains(point); }

private:
    Theme m_theme;
};

} // namespace winnow
