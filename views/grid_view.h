#pragma once

#include "views/heat_image.h"
#include "views/picture_view.h"

#include <optional>

namespace winnow {

/// Base of the heat maps over positions: groups of rows above one position axis, zoomed by dragging, marked by row and
/// column. Cells are floats in 0..1, NaN is masked.
class GridView : public PictureView {
    Q_OBJECT
public:
    explicit GridView(QWidget *parent = nullptr);

    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    QVector<LegendEntry> legend(const Theme &) const override { return {}; }

    struct Cell {
        int row = -1, column = -1;
    };
    /// Cell under a point of the widget; -1 for what is not hit.
    Cell cellAt(const QPointF &point) const;
    QRectF cellRect(int row, int column) const;
    HeatWindow window() const { return m_window; }
    void setWindow(const HeatWindow &window);
    Pooling pooling() const { return m_pooling; }
    void setPooling(Pooling pooling);
    double figureHeight(double width) const override;

protected:
    // What a heat map is made of; set by dataChanged() of the subclass through setGrid().
    struct Grid {
        std::vector<float> values; // [rows, columns]
        int rows = 0, columns = 0;
        std::vector<int> groups; // rows per group, sum = rows
        int promptColumns = 0; // a thin line separates the continuation
    };
    struct Measures {
        double left = 30, right = 14, top = 6, gap = 5;
        double maxRowHeight = 1e9;
    };
    void setGrid(Grid grid);
    const Grid &grid() const { return m_grid; }

    virtual Measures measures(const Theme &theme) const = 0;
    virtual Selection selectionFor(int row, int column) const = 0;
    virtual Cell markedCell() const = 0;
    virtual QString rowLabel(int row) const = 0;
    /// Draws what stands left of a group (chips, names); `rect` spans the margin and the group's rows.
    virtual void paintGroupLabel(QPainter &, const QRectF &, int group, const Theme &) const { (void)group; }
    virtual QString columnTitle() const { return tr("position, tokens"); }
    /// Text right of the colour bar, which ends at 1.
    virtual QString rangeText() const = 0;
    virtual int rowTickCount() const { return 3; }

    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Plan { // where things stand for one body
        QRectF plot; // all groups with their gaps
        double rowHeight = 1, gap = 0;
        bool axisRow = true, barRow = true;
    };
    Plan planFor(const QRectF &body) const;
    int groupOf(int row) const;
    QRectF rowRect(const Plan &plan, int row) const;
    QRectF groupRect(const Plan &plan, int group) const;
    QRectF columnRect(const Plan &plan, int column) const;
    void paintRowLabels(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme, std::optional<int> marked) const;
    void paintAxis(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void paintTick(QPainter &painter, const Plan &plan, int column, const QColor &color, bool bold) const;
    void clearTicksUnder(QPainter &painter, const Plan &plan, const QRectF &box) const;
    std::vector<int> axisTicks(const Plan &plan) const;
    QString poolingText(double plotWidth) const;
    void finishZoom();

    Grid m_grid;
    HeatWindow m_window;
    Pooling m_pooling = Pooling::Mean;
    std::optional<QPointF> m_press;
    QRectF m_rubber;
};

/// An outline in the mark's colour with a light halo, for heat maps and pictures.
void paintHaloRect(QPainter &painter, const QRectF &rect, const Theme &theme);

/// The bar that states a colour range: its ends printed beside 8 px of colours.
void paintRangeBar(QPainter &painter, const QRectF &rect, const QString &low, const QString &high, HeatColors colors, const Theme &theme);

} // namespace winnow
