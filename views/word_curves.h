#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"
#include "views/word_data.h"

class QAction;

namespace winnow {

/// F1 over what was varied: share of the lines a chat model split (learning curve), pieces, longest piece, lambda. Runs without
/// such a curve stand as reference lines.
class WordCurves final : public PictureView {
    Q_OBJECT
public:
    explicit WordCurves(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("wordCurves"); }
    QString title() const override;
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    /// Variable whose curves are shown: "share", "size", "maxPiece", "lambda".
    QString variable() const { return m_variable; }
    void setVariable(const QString &variable);

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    struct Point {
        int run = -1;
        double x = 0, y = 0, low = kNoNumber, high = kNoNumber;
        QPointF at;
    };
    PlotFrame frameIn(const QRectF &body) const;
    std::vector<const WordCurve *> shown() const;
    std::vector<const WordRun *> references() const;
    std::vector<Point> points(const PlotFrame &frame) const;
    const Point *nearest(const std::vector<Point> &points, const QPointF &where) const;
    void paintLabels(QPainter &painter, const PlotFrame &frame, const Theme &theme) const;

    QString m_variable = QStringLiteral("share");
    QVector<QAction *> m_actions; // one per variable
};

/// Name of what is varied, for choosers and axes.
QString curveVariableTitle(const QString &variable);
QString curveAxisTitle(const QString &variable);

} // namespace winnow
