#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"
#include "views/token_layout.h"

class QScrollBar;

namespace winnow {

/// The text once for every run, line under line, with what each one cuts; tokens on which the runs disagree are tinted.
class PromptRows final : public PictureView {
    Q_OBJECT
public:
    explicit PromptRows(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptRows"); }
    QString title() const override { return tr("Text by method"); }
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    double figureHeight(double width) const override;
    int tokenAt(const QPointF &point) const;
    bool isDisputed(int token) const { return token >= 0 && static_cast<size_t>(token) < m_disputed.size() && m_disputed[static_cast<size_t>(token)]; }

protected:
    bool dataChanged() override;
    QRectF bodyRect() const override;
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
    std::shared_ptr<const TokenLayout> layoutFor(double width) const;
    double groupHeight(const TokenLayout &layout) const;
    void paintLine(QPainter &painter, const QPointF &origin, const TokenLayout &layout, const TokenLayout::Line &line, const Row &row, const Theme &theme) const;
    void relayout();
    void moveTo(int token, Gesture gesture);

    std::vector<Row> m_rows;
    std::vector<bool> m_disputed;
    std::shared_ptr<const TokenLayout> m_layout;
    QScrollBar *m_scroll;
};

} // namespace winnow
