#pragma once

#include "views/pair_costs.h"
#include "views/picture_view.h"
#include "views/plot_frame.h"

namespace winnow {

/// What two models take together: the large one's keys and values, the small one's cache and weights and copies on the host as
/// stacked bars beside the full cache, work and time of a token, and how bytes grow with the context up to where they pay off.
/// Shows the current run; where that has no small model, what the marked layers of a comparison would take.
class PairMemory final : public PictureView {
    Q_OBJECT
public:
    explicit PairMemory(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("pairMemory"); }
    QString title() const override { return tr("Memory of both models"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    double figureHeight(double width) const override;

    const std::optional<PairCosts> &costs() const { return m_costs; }
    /// What the growth chart says about the break-even point.
    QString breakEvenText() const;

    struct Part {
        QString name;
        double bytes = 0;
        int color = 0; // of Theme::parts; -1 = outlined, not resident
    };
    /// Of the full cache (first) and of what is taken instead.
    std::vector<Part> parts(bool full) const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &, const QRectF &, const Theme &) const override { }
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Areas {
        QRectF bars, facts, chart;
    };
    using Fact = std::pair<QString, QString>;
    Areas areasIn(const QRectF &body) const;
    std::vector<Fact> facts() const;
    PlotFrame frameIn(const QRectF &chart) const;
    double chartEnd() const; // largest context of the chart
    void paintBars(QPainter &painter, const QRectF &area, const Theme &theme) const;
    void paintFacts(QPainter &painter, const QRectF &area, const Theme &theme) const;
    void paintGrowth(QPainter &painter, const QRectF &area, const Theme &theme) const;

    std::optional<PairCosts> m_costs;
};

} // namespace winnow
