#pragma once

#include "views/legend.h"

#include <QWidget>

namespace winnow {

/// One row of legend entries; what does not fit is left out, the tooltip names all of them.
class LegendRow : public QWidget {
    Q_OBJECT
public:
    explicit LegendRow(QWidget *parent = nullptr);
    void setEntries(const QVector<LegendEntry> &entries, const Theme &theme);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {0, 16}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QVector<LegendEntry> m_entries;
    Theme m_theme;
};

} // namespace winnow
