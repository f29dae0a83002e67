#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"

namespace winnow {

/// A bar for each layer of the large model: what replacing it would lose (1 - mean best score, or the measured delta of its block),
/// which layers the plan replaces, and those that never may be. A click asks to put a layer in or out.
class LayerPlanner final : public PictureView {
    Q_OBJECT
public:
    explicit LayerPlanner(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("layerPlanner"); }
    QString title() const override { return tr("Layer planner"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QSize minimumSizeHint() const override { return {160, 120}; }
    QSize sizeHint() const override { return {260, 168}; }

    bool isForbidden(int layer) const;
    bool isMapped(int layer) const;
    int layerAt(const QPointF &point) const;
    QRectF barRect(int layer) const;

Q_SIGNALS:
    void layerToggled(int layer);

protected:
    QColor ground(const Theme &theme) const override { return theme.dock; }
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Plan {
        QRectF plot;
        double step = 1;
    };
    Plan planFor(const QRectF &body) const;
    QRectF barIn(const Plan &plan, int layer) const;
    QString layerText(int layer) const;
    void paintLegendRow(QPainter &painter, const Plan &plan, const Theme &theme) const;
    PairDataPtr pair() const { return data().pair; }

    std::vector<double> m_heights; // [layers], NaN = not known
    double m_low = 0, m_high = 1;
    bool m_measured = false; // deltas of a profile instead of similarity
};

} // namespace winnow
