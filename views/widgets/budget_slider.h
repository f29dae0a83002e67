#pragma once

#include "views/theme.h"

#include <QSlider>

namespace winnow {

/// A slider with the accent groove, a 14 px handle and a focus ring; a click on the groove jumps there.
class BudgetSlider : public QSlider {
    Q_OBJECT
public:
    explicit BudgetSlider(QWidget *parent = nullptr);
    void setTheme(const Theme &theme);
    /// Thin marks on the groove where the values lie, for sliders with few of them.
    void setStopsShown(bool shown);
    QSize sizeHint() const override { return {160, 22}; }
    QSize minimumSizeHint() const override { return {60, 22}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    double handleX() const;
    int valueAt(double x) const;

    bool m_stops = false;
    Theme m_theme;
};

} // namespace winnow
