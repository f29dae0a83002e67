#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"

namespace winnow {

/// Attention of the marked pair of heads: large model, small model, and their difference; log scale, masked above the diagonal. A
/// click marks a key position.
class AttentionMaps final : public PictureView {
    Q_OBJECT
public:
    explicit AttentionMaps(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("attentionMaps"); }
    QString title() const override { return tr("Attention maps"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    double figureHeight(double width) const override;

    static constexpr double kLowest = 1e-4, kHighest = 0.5; // of the log scale
    /// Half the range of the difference: nearly all cells lie within.
    double differenceRange() const { return m_range; }
    /// Key position under a point, -1 where no map is.
    int keyAt(const QPointF &point) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Plan {
        QRectF plot[3];
        double foot = 0; // top of the row of ranges
    };
    Plan planFor(const QRectF &body) const;
    void paintTitles(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintRanges(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void mark(int key, Gesture gesture);
    PairDataPtr pair() const { return data().pair; }
    const PairMaps *maps() const { return pair() ? pair()->maps.get() : nullptr; }

    std::shared_ptr<const PairMaps> m_of;
    std::vector<float> m_large, m_small, m_difference; // [tokens, tokens] as drawn
    double m_range = 0.1;
};

/// Place of a weight on the log scale, 0..1.
float attentionShade(float weight);

} // namespace winnow
