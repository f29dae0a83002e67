#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"

class QAction;
class QScrollBar;

namespace winnow {

/// Which head of the small model serves each head of the large one: score, margin, and the match's cosine without first tokens
/// where that was compared; of one layer or of all, sorted by any column. A click marks the pair.
class MatchedPairs final : public PictureView {
    Q_OBJECT
public:
    explicit MatchedPairs(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("matchedPairs"); }
    QString title() const override { return tr("Matched pairs"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    double figureHeight(double width) const override;

    enum class Column { Head, Match, Score, Margin, NoSink };
    enum class Scope { Layer, All };
    Column sortColumn() const { return m_sort; }
    bool ascending() const { return m_ascending; }
    void sortBy(Column column, Qt::SortOrder order);
    void setScope(Scope scope);
    /// Those that have room in this width, in order: the margin goes first.
    std::vector<Column> columnsAt(double width) const;
    /// Cosine without first tokens of a head and its match; NaN where it was not compared.
    float withoutSink(int head) const;
    /// Flat heads in the order they stand.
    const std::vector<int> &order() const { return m_order; }

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Place {
        Column column;
        double left, right;
    };
    std::vector<Place> placesIn(const QRectF &body) const;
    /// The table of cosines without first tokens beside the shown one; null when that is it, or there is none.
    const PairTable *sinkFree() const;
    QString columnName(Column column) const;
    double keyOf(int head, Column column) const;
    double rowHeight() const;
    double headHeight() const;
    int visibleRows(const QRectF &body) const;
    int firstRow(const QRectF &body) const;
    int rowAt(const QPointF &point) const;
    int markedRow() const;
    void arrange();
    void updateScroll();
    void mark(int row);
    void reveal(int row);
    QString cellText(int head, Column column) const;
    PairDataPtr pair() const { return data().pair; }

    std::vector<int> m_order;
    int m_layer = 0;
    Scope m_scope = Scope::Layer;
    Column m_sort = Column::Head;
    bool m_ascending = true;
    QAction *m_oneLayer, *m_allLayers, *m_worst;
    QScrollBar *m_scroll;
};

} // namespace winnow
