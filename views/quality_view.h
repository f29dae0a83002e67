#pragma once

#include "views/chart_axis.h"
#include "views/picture_view.h"

#include <QPointer>
#include <QPolygonF>

#include <functional>
#include <optional>

class QComboBox;

namespace winnow {

/// Quality against bytes, kept tokens or the share of replaced layers: one line per run that was swept, measured points filled,
/// forecasts hollow.
class QualityView final : public PictureView {
    Q_OBJECT
public:
    enum class X { Stored, Nominal, Tokens, Effective, Replaced };
    enum class Y { DeltaNll, Kl, Top1, Nll };
    enum class Scale { Linear, Log };

    explicit QualityView(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("quality"); }
    QString title() const override;
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QVector<QWidget *> headerControls() override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    void setAxes(X x, Y y);
    void setScales(Scale x, Scale y);
    X xAxis() const { return m_xKind; }
    Y yAxis() const { return m_yKind; }

    struct Hit {
        int line = -1, point = -1;
        bool operator==(const Hit &) const = default;
    };
    Hit pointAt(const QPointF &position) const;
    QPointF pointPosition(const Hit &hit) const;

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Point {
        double x = 0, y = 0, low = 0, high = 0;
        bool band = false, forecast = false;
        QString budget;
    };
    struct Line {
        int run = -1, letter = -1; // position in ViewData::runs, letter index
        QString name;
        bool reference = false; // one point of the baseline: a dotted line
        std::vector<Point> points; // x ascending
    };
    struct Plan {
        QRectF plot;
        ChartAxis x, y;
        QPointF at(double px, double py) const;
    };
    struct Label {
        QRectF box;
        size_t line = 0; // kFrontLabel = the Pareto front's name
    };
    static constexpr size_t kFrontLabel = static_cast<size_t>(-1);

    std::vector<Line> linesOf(const ViewData &data) const;
    std::optional<double> aloneIn(const ViewData &data) const;
    bool samePicture(const std::vector<Line> &lines) const;
    Plan planFor(const QRectF &body) const;
    bool usesDirectLabels() const;
    size_t curveCount() const;
    std::vector<Point> paretoFront() const;
    bool isBetter(double a, double b) const; // of two y values
    double shownX(double x) const; // bytes in MiB, shares in percent
    bool overBytes() const { return m_xKind != X::Tokens && m_xKind != X::Replaced; }
    QString xTitle() const;
    QString yTitle() const;
    QString yText(double y) const;
    QString xText(double x) const;
    void paintAxes(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const;
    void paintAlone(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintReference(QPainter &painter, const Plan &plan, const Line &line, const Theme &theme) const;
    QPolygonF frontSteps(const Plan &plan) const; // empty when the front is not shown
    void paintFront(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintPoints(QPainter &painter, const Plan &plan, const Theme &theme) const;
    void paintEdge(QPainter &painter, const Plan &plan, const Line &line, const Point &point, const Theme &theme) const;
    void paintLabels(QPainter &painter, const Plan &plan, const Theme &theme) const;
    std::vector<Label> placeLabels(const Plan &plan) const;
    QRectF placeNear(const Plan &plan, const std::vector<QPointF> &anchors, double width, const std::vector<Label> &labels) const;
    double coverCost(const Plan &plan, const QRectF &candidate, const std::vector<Label> &labels) const;
    void paintTooltip(QPainter &painter, const Plan &plan, const QRectF &body, const Hit &hit, const Theme &theme) const;
    std::vector<std::pair<QString, QString>> tooltipRows(const Hit &hit) const;
    Hit markedPoint() const;
    void hover(const Hit &hit);
    void addActions();
    void addAxis(const QString &title, const QStringList &choices, const std::function<void(int)> &choose);
    static QStringList xChoices();
    static QStringList yChoices();
    bool hasCurve(X x, Y y) const; // something was measured on these axes
    X usualX() const; // stored bytes, with the small model's cache where some run has one
    void refreshChoices();

    std::vector<Line> m_lines;
    std::optional<double> m_alone; // of the small model by itself, on the shown axis
    X m_xKind = X::Stored;
    bool m_axesChosen = false; // by a person or a session; before, a small model's cache counts where there is one
    Y m_yKind = Y::DeltaNll;
    Scale m_xScale = Scale::Linear, m_yScale = Scale::Linear;
    bool m_showFront = true, m_showBands = true;
    Hit m_hover;
    QPointer<QComboBox> m_xChoice, m_yChoice;
};

} // namespace winnow
