#pragma once

#include "views/picture_view.h"

#include <optional>

namespace winnow {

/// Histogram of the ranking scores of one layer or head, with the cut between kept and evicted as a line to drag.
class ScoreHistogram final : public PictureView {
    Q_OBJECT
public:
    explicit ScoreHistogram(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("scores"); }
    QString title() const override { return tr("Scores"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    struct Bin {
        int kept = 0, evicted = 0;
    };
    const std::vector<Bin> &bins() const { return m_bins; }
    bool isLog() const { return m_log; }
    /// Score at the cut: the lowest that is kept by ranking; nothing when nothing was ranked away.
    std::optional<double> cut() const { return m_cut; }
    /// Fraction of the tokens that a cut at this score would keep, protected ones included.
    double fractionAt(double score) const;

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Sample {
        float score = 0;
        int head = 0, token = 0;
        bool kept = false;
    };
    void collect();
    QRectF plotRect(const QRectF &body) const;
    double positionOf(double score) const; // 0..1
    double scoreAtPosition(double share) const;
    int tallest() const;
    void paintAxes(QPainter &painter, const QRectF &plot, const QRectF &body, const Theme &theme) const;
    int nearestToken(double score) const;
    int ranked(int direction) const;

    KeptGridCache m_grids;
    KeptGridPtr m_kept;
    int m_layer = 0, m_head = -1; // -1 = all heads of the layer
    std::vector<Sample> m_samples; // ranked ones, by score
    std::vector<Bin> m_bins;
    int m_protected = 0, m_belowRange = 0;
    bool m_log = false;
    double m_low = 0, m_high = 1;
    std::optional<double> m_cut, m_dragged;
};

} // namespace winnow
