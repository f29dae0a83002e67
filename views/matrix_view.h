#pragma once

#include "views/heat_image.h"
#include "views/pair_data.h"
#include "views/picture_view.h"

namespace winnow {

/// Base of the small matrices of two models: square cells, one axis a model, dots at the best column of a row, one cell marked.
class MatrixView : public PictureView {
    Q_OBJECT
public:
    explicit MatrixView(QWidget *parent = nullptr);

    QString csv() const override;
    QString describe() const override;
    double figureHeight(double width) const override;

    struct Cell {
        int row = -1, column = -1;
        bool valid() const { return row >= 0 && column >= 0; }
        bool operator==(const Cell &) const = default;
    };
    /// Cell under a point of the widget; both -1 where none is hit.
    Cell cellAt(const QPointF &point) const;
    QRectF cellRect(Cell cell) const;
    int rows() const { return m_matrix.rows; }
    int columns() const { return m_matrix.columns; }
    float value(Cell cell) const;
    const std::vector<int> &best() const { return m_matrix.best; }

protected:
    struct Matrix {
        std::vector<float> values; // [rows, columns], NaN = masked
        int rows = 0, columns = 0;
        float low = 0, high = 1;
        std::vector<int> best; // best column of each row, -1 = none; empty = no dots
        QString rowTitle, columnTitle; // "1.5B layer, 28"
    };
    void setMatrix(Matrix matrix);
    const Matrix &matrix() const { return m_matrix; }
    PairDataPtr pair() const { return data().pair; }

    /// What a click on a cell marks.
    virtual PairMark markFor(Cell cell) const = 0;
    virtual Cell markedCell() const = 0;
    /// "Layer 17 with layer 10: cosine 0.935".
    virtual QString cellText(Cell cell) const = 0;
    virtual QString rowName() const = 0; // of the CSV
    virtual QString columnName() const = 0;

    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Plan {
        QRectF plot;
        double cell = 1;
        bool titleRow = true, barRow = true;
    };
    Plan planFor(const QRectF &body) const;
    static QRectF rectOf(const Plan &plan, Cell cell);
    void paintRowLabel(QPainter &painter, const Plan &plan, const QRectF &body, int row) const;
    void paintColumnLabel(QPainter &painter, const Plan &plan, int column) const;
    void paintLabels(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void paintFoot(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void paintDots(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void mark(Cell cell);

    Matrix m_matrix;
    Cell m_hover;
};

/// A number of a similarity table, three decimals; "–" where there is none.
QString similarityText(double value);

} // namespace winnow
