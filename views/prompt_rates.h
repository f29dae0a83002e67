#pragma once

#include "views/picture_view.h"
#include "views/prompt_data.h"

namespace winnow {

/// Asked against achieved rate of every run, its tokens, and whether it led to the same answer as the full prompt.
class PromptRates final : public PictureView {
    Q_OBJECT
public:
    explicit PromptRates(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("promptRates"); }
    QString title() const override { return tr("Asked and achieved"); }
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    double figureHeight(double width) const override;

    /// Position in ViewData::runs of the row under a point, -1 = the preview, -2 = no run.
    int runAt(const QPointF &point) const;
    /// Pixels that names have in a view of this width.
    static double nameRoom(double width);
    /// Rate in percent as it stands in the table: "54.2 %"; the cell is coloured when it misses what was asked by a point.
    static bool missesAsked(double asked, double achieved) { return achieved - asked > 0.0101 || asked - achieved > 0.0101; }

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Row {
        int run = -2, letter = -1; // run: position in ViewData::runs, -1 preview, -2 the full prompt
        QString name, badge;
        double asked = 0, achieved = 0;
        int tokens = 0;
        enum class Same { Unknown, Yes, No } same = Same::Unknown;
        bool current = false, unmatched = false;
    };
    QRectF rowRect(const QRectF &body, int row) const;
    void paintRow(QPainter &painter, const QRectF &rect, const Row &row, const Theme &theme) const;
    void activate(int row);
    int rowAt(const QPointF &point) const;

    std::vector<Row> m_rows;
    int m_hover = -1;
};

} // namespace winnow
