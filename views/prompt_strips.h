#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

namespace winnow {

/// Information, attention and fused score of every token as bars on one axis of original positions; what the shown stage has
/// cut is grey. Shows the scores of the first stage, or those the shown stage selected on with what information gained or lost.
class PromptStrips final : public PictureView {
    Q_OBJECT
public:
    explicit PromptStrips(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptStrips"); }
    QString title() const override { return tr("Per token"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    QSize minimumSizeHint() const override { return {220, 100}; }

    enum class Scores { First, Shown };
    Scores scores() const { return m_scores; }
    void setScores(Scores scores);
    /// Token under a horizontal position of the widget, -1 beside the strips.
    int tokenAt(double x) const;
    double tokenX(int token) const;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Strip {
        QString name, unit;
        std::vector<float> values, before; // before: of the first stage, where the change is shown
        double top = 1; // value of the full height; higher bars are cut there
    };
    struct Plan {
        QRectF plot; // of all strips
        double height = 10, gap = 4;
        QRectF strip(size_t index) const { return {plot.left(), plot.top() + static_cast<double>(index) * (height + gap), plot.width(), height}; }
    };
    Plan planFor(const QRectF &body) const;
    void refreshStrips();
    void paintStrip(QPainter &painter, const QRectF &rect, const Strip &strip, const Theme &theme) const;
    void paintAxis(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintChange(QPainter &painter, const QRectF &rect, const Strip &strip, int token, const Theme &theme) const;
    QRectF barAt(const QRectF &rect, int token, double share) const;
    int stage() const;
    void moveTo(int token, Gesture gesture);

    PromptDataPtr m_of;
    std::vector<Strip> m_strips;
    double m_correlation = 0;
    Scores m_scores = Scores::First;
};

} // namespace winnow
