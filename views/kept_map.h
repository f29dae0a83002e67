#pragma once

#include "views/grid_view.h"

namespace winnow {

/// Layer x position: the share of a layer's KV heads that keep each position.
class KeptMap final : public GridView {
    Q_OBJECT
public:
    explicit KeptMap(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("keptMap"); }
    QString title() const override { return tr("Kept share"); }
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
    QString rowLabel(int row) const override { return QString::number(row); }
    QString rangeText() const override;

private:
    void fill();

    KeptGridCache m_grids;
    KeptGridPtr m_kept;
};

} // namespace winnow
