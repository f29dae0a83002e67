#pragma once

#include "views/grid_view.h"

namespace winnow {

/// One row per run: the share of all heads of all layers that keep each position.
class KeptPositions final : public GridView {
    Q_OBJECT
public:
    explicit KeptPositions(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("keptPositions"); }
    QString title() const override { return tr("Kept positions"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    Measures measures(const Theme &theme) const override;
    Selection selectionFor(int row, int column) const override;
    Cell markedCell() const override;
    QString rowLabel(int) const override { return {}; }
    void paintGroupLabel(QPainter &painter, const QRectF &rect, int group, const Theme &theme) const override;
    QString rangeText() const override { return tr("share of all heads"); }
    void mouseDoubleClickEvent(QMouseEvent *event) override;

private:
    struct Row {
        int run = -1, letter = -1;
        QString title, budget;
        KeptGridPtr kept;
    };
    void fill();

    KeptGridCache m_grids;
    std::vector<Row> m_rows;
};

} // namespace winnow
