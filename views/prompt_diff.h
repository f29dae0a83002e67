#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

class QScrollBar;

namespace winnow {

/// How far the runs keep the same tokens: Jaccard indices as a triangle, beside it the tokens they disagree on.
class PromptDiff final : public PictureView {
    Q_OBJECT
public:
    explicit PromptDiff(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptDiff"); }
    QString title() const override { return tr("Agreement of methods"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Tokens that some of the runs keep and some cut, ascending.
    const std::vector<int> &disputed() const { return m_disputed; }
    double value(int row, int column) const;
    int tokenAt(const QPointF &point) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Row {
        int run = -1, letter = -1;
        PromptDataPtr prompt;
    };
    QRectF triangle(const QRectF &body) const;
    QRectF list(const QRectF &body) const;
    void paintTriangle(QPainter &painter, const QRectF &area, const Theme &theme) const;
    QString headText(const QFontMetricsF &metrics, double room) const;
    void paintToken(QPainter &painter, const QRectF &row, int token, const Theme &theme) const;
    void paintChip(QPainter &painter, const QPointF &at, const Row &row, const Theme &theme) const;
    void relayout();
    void moveTo(int token, Gesture gesture);

    std::vector<Row> m_rows;
    std::vector<double> m_values; // [rows, rows]
    std::vector<int> m_disputed;
    QScrollBar *m_scroll;
};

} // namespace winnow
