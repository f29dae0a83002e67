#pragma once

#include "views/picture_view.h"

namespace winnow {

/// Bytes of the cache per run: solid = stored, pale = rounding up to what is allocated, tick = nominal, behind them a small
/// model's cache where there is one; the numbers beside it in the order nominal, stored, allocated, with the small model.
class ByteMeter final : public PictureView {
    Q_OBJECT
public:
    explicit ByteMeter(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("bytes"); }
    QString title() const override { return tr("Bytes"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    double figureHeight(double width) const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Row under a point of the widget, -1 for none.
    int rowAt(const QPointF &point) const;

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Row {
        int run = -1, letter = -1;
        QString title;
        Savings savings;
    };
    struct Plan {
        double rowHeight = 26, top = 0, nameWidth = 0, numbers = 0, columnWidth = 64;
        std::vector<int> columns; // kinds of bytes whose numbers are shown: all, or what decides where it is narrow
        QRectF bars;
    };
    Plan planFor(const QRectF &body) const;
    void paintRow(QPainter &painter, const Plan &plan, const QRectF &body, size_t index, const Theme &theme) const;
    double largest() const;
    bool hasPair() const; // some run has a small model

    std::vector<Row> m_rows;
};

} // namespace winnow
