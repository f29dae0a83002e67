#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"
#include "views/prompt_data.h"

#include <array>

namespace winnow {

/// Information against attention, one point a token, with medians, counts of the quadrants and the tokens that the method
/// keeps and information alone would drop.
class PromptScatter final : public PictureView {
    Q_OBJECT
public:
    explicit PromptScatter(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptScatter"); }
    QString title() const override { return tr("Information and attention"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;

    enum class Kind { Kept, Cut, Rescued }; // Rescued: kept, though among the lowest information
    Kind kindOf(int token) const;
    /// Tokens left below, right below, left above, right above of the medians of information and attention.
    std::array<int, 4> quadrants() const { return m_quadrants; }
    int tokenAt(const QPointF &point) const;
    QPointF pointOf(int token) const;

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
    PlotFrame frameIn(const QRectF &body) const;
    void refreshPoints();
    void moveTo(int token, Gesture gesture);

    PromptDataPtr m_of;
    std::vector<float> m_information, m_attention;
    std::vector<bool> m_byInformation; // [n] information alone would keep it
    std::array<int, 4> m_quadrants{};
    double m_middleInformation = 0, m_middleAttention = 0, m_correlation = 0;
};

} // namespace winnow
