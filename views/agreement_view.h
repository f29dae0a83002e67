#pragma once

#include "views/picture_view.h"

namespace winnow {

/// Jaccard index of the kept sets of two reports: mean over layers and heads of |A and B| / |A or B|; NaN when the shapes
/// differ. Heads where both keep nothing count as 1.
double keptJaccard(const KeptTokens &a, const KeptTokens &b);

/// Agreement between runs: a triangle of Jaccard indices with the numbers in the cells.
class AgreementView final : public PictureView {
    Q_OBJECT
public:
    explicit AgreementView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("agreement"); }
    QString title() const override { return tr("Agreement"); }
    QString note() const override;
    QString caption() const override;
    double figureHeight(double width) const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    struct Cell {
        int row = -1, column = -1;
    };
    Cell cellAt(const QPointF &point) const;
    double value(int row, int column) const;

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Row {
        int run = -1, letter = -1;
        QString title, budget;
        KeptGridPtr kept;
    };
    struct Plan {
        double left = 0, top = 0, cell = 25;
    };
    Plan planFor(const QRectF &body) const;
    QRectF cellRect(const Plan &plan, int row, int column) const;
    void computeValues();
    QString runName(int row) const;

    KeptGridCache m_grids;
    std::vector<Row> m_rows;
    std::vector<double> m_values; // [rows, rows], lower triangle
    Cell m_hover;
};

} // namespace winnow
