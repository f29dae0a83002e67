#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"
#include "views/plot_frame.h"

namespace winnow {

/// Attention against rank: what the most attended tokens of the marked head, or of all heads, collect. Two borders are dragged:
/// critical tokens keep keys and values, marginal ones only values; the cost of both is said while they move.
class RankedMass final : public PictureView {
    Q_OBJECT
public:
    explicit RankedMass(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("rankedMass"); }
    QString title() const override { return tr("Ranked mass"); }
    QString note() const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    /// Tokens up to the first and up to the second border.
    int critical() const { return m_critical; }
    int marginal() const { return m_marginal; }
    void setBorders(int critical, int marginal);
    /// In tokens with key and value; a marginal one costs a half. @source smallkv.md 3 step 0.
    double cost() const { return m_critical + (m_marginal - m_critical) / 2.0; }
    /// Share of all attention on the first `rank` tokens.
    double massUpTo(int rank) const;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    enum class Border { None, Critical, Marginal };
    PlotFrame frameIn(const QRectF &body) const;
    Border borderAt(const QPointF &point) const;
    void collect();
    PairDataPtr pair() const { return data().pair; }

    std::vector<double> m_cumulative; // [tokens], share of the mass of the first i + 1 ranks
    std::vector<int> m_order; // tokens by rank
    PairMark m_head;
    double m_criticalShare = 0.10, m_marginalShare = 0.20; // of the tokens: they stay when another text is shown
    int m_critical = 0, m_marginal = 0;
    Border m_dragged = Border::None;
};

} // namespace winnow
