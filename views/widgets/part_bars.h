#pragma once

#include "views/theme.h"

#include <QString>
#include <QVector>
#include <QWidget>

namespace winnow {

/// A class of weights: how many parameters and how many bytes of the file it takes.
struct PartBar {
    QString name; // "attention"
    double parameters = 0, bytes = 0;
};

/// One row a part: name, a bar for its share of the parameters and one for its share of the bytes, numbers above them. The
/// last row sums up.
class PartBars : public QWidget {
    Q_OBJECT
public:
    explicit PartBars(QWidget *parent = nullptr);
    void setParts(QVector<PartBar> parts);
    void setTheme(const Theme &theme);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QVector<PartBar> m_parts;
    Theme m_theme;
};

/// "81.4 M", "1.54 B", "512": parameters as people count them.
QString parameterText(double parameters);

} // namespace winnow
