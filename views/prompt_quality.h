#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"

class QActionGroup;

namespace winnow {

/// Quality against the achieved rate: one line a run that was swept, random deletion with the band of its seeds; measured
/// points are filled, forecasts hollow.
class PromptQuality final : public PictureView {
    Q_OBJECT
public:
    explicit PromptQuality(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptQuality"); }
    QString title() const override { return tr("Quality against rate"); }
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    enum class Y { DeltaNll, Kl, AnswerSurvival, NumberSurvival, KeptInformation };
    /// The wanted measure, or the first one that was measured.
    Y shownY() const;
    void setY(Y y);

    struct Hit {
        int line = -1, point = -1;
        bool operator==(const Hit &) const = default;
    };
    Hit pointAt(const QPointF &position) const;
    QPointF pointPosition(const Hit &hit) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Point {
        double x = 0, y = 0, low = 0, high = 0; // x in percent
        bool band = false, forecast = false, unmatched = false;
        QString budget;
    };
    struct Line {
        int run = -1, letter = -1;
        QString name;
        std::vector<Point> points; // x ascending
    };
    std::vector<Line> linesOf(Y y) const;
    PlotFrame frameIn(const QRectF &body) const;
    void paintPoints(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;
    void paintLabels(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;
    double labelCost(const PlotFrame &frame, const QRectF &box, const std::vector<QRectF> &taken) const;
    QString sentence(const Hit &hit) const;
    QString yText(double y) const;
    Hit markedPoint() const;
    void hover(const Hit &hit);

    std::vector<Line> m_lines;
    Y m_y = Y::DeltaNll;
    Hit m_hover;
    QActionGroup *m_group;
};

} // namespace winnow
