#pragma once

#include "views/picture_view.h"

#include <QStringList>

class QScrollBar;

namespace winnow {

/// Base of views that are tables: sorted by a click on the head, scrolled, rows chosen by click and keys. Numbers stand right.
class PaintedTable : public PictureView {
    Q_OBJECT
public:
    explicit PaintedTable(QWidget *parent = nullptr);

    double figureHeight(double width) const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    struct Column {
        QString title, unit;
        bool number = true;
        double width = 60; // pixels at 100 %; the first text column takes what is left
    };
    struct Cell {
        QString text;
        double key = 0; // what it is sorted by, in columns of numbers
        enum class Tone { Plain, Quiet, Bad, Good } tone = Tone::Plain;
        bool bold = false, struck = false;
    };
    struct Row {
        std::vector<Cell> cells;
        int chip = -1; // letter before the first cell
        int id = 0; // what rowChosen() gets
        bool chosen = false; // the row the dock shows
    };
    /// Rows in the order they stand.
    const std::vector<int> &order() const { return m_order; }
    const std::vector<Row> &rows() const { return m_rows; }
    void sortBy(int column, Qt::SortOrder order); // -1 = as given
    /// Place of a row on the screen, by its position in order().
    QRectF rowRect(int position) const;
    QRectF headRect(int column) const;

protected:
    void setTable(std::vector<Column> columns, std::vector<Row> rows);
    /// Room above the head for something else.
    virtual double topMargin() const { return 0; }
    virtual double bottomMargin() const { return 0; }
    virtual void rowChosen(int id) = 0;
    virtual void rowOpened(int id) { (void)id; } // double click, Enter
    /// Id of the row with the linked mark; -1 = none.
    virtual int markedId() const { return -1; }
    virtual void paintAbove(QPainter &, const QRectF &, const Theme &) const {}
    void revealId(int id);
    QString tableCsv() const;

    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    std::vector<QRectF> columnsIn(const QRectF &body) const; // x and width; empty where there is no room
    void paintHead(QPainter &painter, const QRectF &body, const Theme &theme) const;
    void paintCell(QPainter &painter, const QRectF &rect, const Row &row, size_t column, const Theme &theme) const;
    double rowHeight() const;
    double headHeight() const;
    int firstRow() const;
    int visibleRows(const QRectF &body) const;
    int positionAt(const QPointF &point) const;
    void arrange();
    void updateScroll();

    std::vector<Column> m_columns;
    std::vector<Row> m_rows;
    std::vector<int> m_order;
    int m_sort = -1, m_current = -1;
    bool m_ascending = true;
    QScrollBar *m_scroll;
};

/// A field of a CSV line, quoted where it must be.
QString csvText(QString text);

} // namespace winnow
