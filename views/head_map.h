#pragma once

#include "views/grid_view.h"

namespace winnow {

/// Head x position of one layer: what each KV head keeps, runs below each other.
class HeadMap final : public GridView {
    Q_OBJECT
public:
    explicit HeadMap(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("headMap"); }
    QString title() const override { return tr("Kept"); }
    QString note() const override { return emptyReason().isEmpty() ? tr("layer %1").arg(m_layer) : QString(); }
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    int layer() const { return m_layer; }

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    Measures measures(const Theme &theme) const override;
    Selection selectionFor(int row, int column) const override;
    Cell markedCell() const override;
    QString rowLabel(int row) const override;
    void paintGroupLabel(QPainter &painter, const QRectF &rect, int group, const Theme &theme) const override;
    QString rangeText() const override { return tr("kept"); }

private:
    struct Row {
        int run = -1, letter = -1, head = 0;
        size_t group = 0;
    };
    struct Group {
        int run = -1, letter = -1;
        KeptGridPtr kept;
        int firstRow = 0;
    };
    void fill();
    Row rowAt(int row) const;

    KeptGridCache m_grids;
    std::vector<Group> m_groups;
    int m_layer = 0;
};

} // namespace winnow
