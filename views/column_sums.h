#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"
#include "views/plot_frame.h"

namespace winnow {

/// How much attention each position gets from all later ones, by the marked head of each model. The first token, which often gets
/// most, is cut at a height that lets the others be read.
class ColumnSums final : public PictureView {
    Q_OBJECT
public:
    explicit ColumnSums(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("columnSums"); }
    QString title() const override { return tr("Column sums"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Highest value of the axis.
    double top() const { return m_axis.hi; }
    bool firstIsCut() const { return m_cut; }

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    PlotFrame frameIn(const QRectF &body) const;
    void collect();
    void paintLine(QPainter &painter, const PlotFrame &frame, const std::vector<float> &sums, const QColor &color) const;
    void mark(int token);
    PairDataPtr pair() const { return data().pair; }

    PairMark m_heads;
    std::vector<float> m_large, m_small; // [tokens]
    ChartAxis m_axis;
    bool m_cut = false;
};

} // namespace winnow
