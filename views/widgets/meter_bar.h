#pragma once

#include "views/theme.h"

#include <QWidget>

namespace winnow {

/// One saving or progress as a bar: name left and value right above it, or the bar alone when both are empty.
class MeterBar : public QWidget {
    Q_OBJECT
public:
    explicit MeterBar(QWidget *parent = nullptr);
    void setText(const QString &name, const QString &value);
    /// @param solid  filled part, 0..1
    /// @param pale   end of the pale part behind it (rounding to pages), 0..1; below solid = none
    void setValue(double solid, double pale = 0);
    void setColor(const QColor &color); // invalid = accent
    void setBarHeight(double px);
    void setTheme(const Theme &theme);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {60, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_name, m_value;
    double m_solid = 0, m_pale = 0, m_barHeight = 7;
    QColor m_color;
    Theme m_theme;
};

} // namespace winnow
