#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"
#include "views/prompt_data.h"

namespace winnow {

/// How a method came to its cuts: ranked contexts and segments of LLMLingua, unit values of Selective-Context, word values of
/// LLMLingua-2, with what they are held against.
class PromptTrace final : public PictureView {
    Q_OBJECT
public:
    explicit PromptTrace(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptTrace"); }
    QString title() const override;
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    /// Unit or word under a point, -1 = none.
    int unitAt(const QPointF &point) const;
    int segmentAt(const QPointF &point) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Parts {
        QRectF contexts, lower; // lower: segments or units
    };
    Parts partsOf(const QRectF &body) const;
    PlotFrame unitFrame(const QRectF &area) const;
    PlotFrame segmentFrame(const QRectF &area) const;
    void paintContexts(QPainter &painter, const QRectF &area, const Theme &theme) const;
    void paintSegments(QPainter &painter, const QRectF &area, const Theme &theme) const;
    void paintUnits(QPainter &painter, const QRectF &area, const Theme &theme) const;
    int firstTokenOf(const PromptUnit &unit) const;
    QString unitSentence(int index) const;
    QString segmentSentence(int index) const;
    void mark(const QPointF &point, Gesture gesture);

    PromptDataPtr m_of;
    int m_hover = -1; // unit or segment
};

} // namespace winnow
