#pragma once

#include "views/picture_view.h"
#include "views/word_data.h"

class QComboBox;
class QScrollBar;

namespace winnow {

/// Lines with the words of every segmenter, gold on top of each group, errors marked; below the marked line the alignment ribbon.
/// A click marks a word in every row.
class WordLines final : public PictureView {
    Q_OBJECT
public:
    explicit WordLines(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordLines"); }
    QString title() const override { return tr("Lines"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    enum class Filter { All, Wrong, Right };
    enum class Sort { Text, MostErrors, LowestF1, Longest };
    void setFilter(Filter filter);
    void setSort(Sort sort);
    /// Lines in the order they stand.
    const std::vector<int> &order() const { return m_order; }
    /// Scrolls so that a line is at the top.
    void showLine(int line);
    void setCompact(bool compact);

    /// What stands under a point: line, code point, and the row (letter of a run, -1 the preview, kGoldRow).
    static constexpr int kGoldRow = -2;
    struct Hit {
        int line = -1, point = -1, row = kGoldRow;
    };
    Hit hitAt(const QPointF &point) const;
    /// Box of a word in the row of a run (or kGoldRow), as far as the line is laid out in one chunk.
    QRectF wordRect(int line, int row, const WordSpan &word) const;
    double contentHeight() const { return m_heights.empty() ? 0 : m_heights.back(); }

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct Chunk { // cells [first, last) of a line that stand in one row of cells
        int first = 0, last = 0;
    };
    /// Where things stand for one width.
    struct Grid {
        double cellsLeft = 0, right = 0, cell = 26, row = 26, gap = 18, top = 0;
    };
    Grid gridIn(const QRectF &body) const;
    /// Offsets of cells from the left edge of a chunk.
    double cellX(const WordText &text, const Chunk &chunk, double cell, const Grid &grid) const;
    std::vector<Chunk> chunksOf(const WordText &text, const Grid &grid) const;
    double ribbonHeight(int line) const;
    double groupHeight(int line, const Grid &grid) const;
    int rowCount() const; // rows of a chunk without the ribbon
    void arrange(); // order, then heights
    void measure();
    void updateScroll();
    double groupTop(int position) const { return position == 0 ? 0 : m_heights[static_cast<size_t>(position) - 1]; }
    int positionAt(double y) const;
    void paintGroup(QPainter &painter, const Grid &grid, double top, int line, const Theme &theme) const;
    void paintRow(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const CutLine &cut, const CutErrors *errors, bool gold, const Theme &theme) const;
    void paintCells(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const Theme &theme) const;
    void paintBoundaries(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const CutErrors &errors, const Theme &theme) const;
    void paintRibbon(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, bool named, const Theme &theme) const;
    void paintSide(QPainter &painter, const Grid &grid, double top, int line, const WordRun *run, const Theme &theme) const;
    QVector<QRectF> markRects(const QRectF &body, const Grid &grid) const;
    QVector<QRectF> spanRects(const Grid &grid, double top, const WordText &text, int row, const WordSpan &span) const;
    const CutLine *cutOf(int line, int row) const;
    const std::shared_ptr<const WordData> &words() const { return data().words; }
    WordMark markAt(const Hit &hit) const;
    void moveMark(int step);
    void changeRow(int step);
    double scrollOffset() const;

    std::vector<int> m_order;
    std::vector<double> m_heights; // running sums over m_order
    Filter m_filter = Filter::All;
    Sort m_sort = Sort::Text;
    bool m_compact = false;
    QComboBox *m_filterBox, *m_sortBox;
    QScrollBar *m_scroll;
};

} // namespace winnow
