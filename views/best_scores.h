#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"
#include "views/plot_frame.h"

namespace winnow {

/// Histogram of the best score of every head of the large model, with the same against shuffled heads beside it and the chance
/// lines where the metric has them.
class BestScores final : public PictureView {
    Q_OBJECT
public:
    explicit BestScores(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("bestScores"); }
    QString title() const override { return tr("Best scores"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    struct Bin {
        double low = 0, high = 0;
        int matched = 0, control = 0;
    };
    const std::vector<Bin> &bins() const { return m_bins; }

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    PlotFrame frameIn(const QRectF &body) const;
    int binAt(const QPointF &point) const;
    void paintControl(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;
    void paintChance(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;
    void paintNames(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;
    void mark(int head);
    int markedHead() const;
    PairDataPtr pair() const { return data().pair; }

    std::vector<Bin> m_bins;
    std::vector<int> m_byScore; // heads, ascending
    bool m_hasControl = false;
};

} // namespace winnow
