#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"

namespace winnow {

/// Heads against later rows of the text: where the best head of the small model is no longer the match. Heads of the layers that
/// the plan replaces, or all of them while it replaces none.
class ConsistencyMap final : public PictureView {
    Q_OBJECT
public:
    explicit ConsistencyMap(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("consistencyMap"); }
    QString title() const override { return tr("Consistency"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Flat heads from top to bottom.
    const std::vector<int> &heads() const { return m_heads; }
    bool agrees(int head, int window) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QRectF plotIn(const QRectF &body) const;
    int windows() const { return static_cast<int>(m_series.x.size()); }
    int rowAt(const QPointF &point) const;
    int markedRow() const;
    void mark(int row);
    QString rowText(int row) const;
    PairDataPtr pair() const { return data().pair; }

    PairSeries m_series;
    std::vector<int> m_heads;
};

} // namespace winnow
