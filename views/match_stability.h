#pragma once

#include "views/pair_data.h"
#include "views/picture_view.h"
#include "views/plot_frame.h"

class QToolButton;

namespace winnow {

class SegmentedControl;

/// Does a match found on some tokens hold: mean score and agreement against the length of the span it was found on, or against
/// later rows of the text.
class MatchStability final : public PictureView {
    Q_OBJECT
public:
    explicit MatchStability(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("matchStability"); }
    QString title() const override { return tr("Match stability"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QVector<QWidget *> headerControls() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    enum class Against { LaterRows, Span };
    Against against() const { return m_against; }
    void setAgainst(Against against);

Q_SIGNALS:
    /// The user asks for matches on spans of several lengths.
    void spansRequested();

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &, const QRectF &, const Theme &) const override { }
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    struct Line {
        QString name;
        const std::vector<double> *values = nullptr;
        int color = 0; // of Theme::parts
    };
    std::vector<Line> lines() const;
    PlotFrame frameIn(const QRectF &body) const;
    QString pointText(size_t index) const;
    PairDataPtr pair() const { return data().pair; }

    PairSeries m_series;
    Against m_against = Against::LaterRows;
    SegmentedControl *m_choice;
    QToolButton *m_measure;
};

} // namespace winnow
