#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"

class QComboBox;

namespace winnow {

/// Step by step while decoding: how much of what the full cache attends to most is still held (Jaccard), how much attention is
/// lost, or how many tokens come back, one line per pinned run; the KL of the shown run on a second axis. A click moves the
/// decode step.
class SaliencyTimeline final : public PictureView {
    Q_OBJECT
public:
    explicit SaliencyTimeline(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("saliencyTimeline"); }
    QString title() const override { return tr("Saliency timeline"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QVector<QWidget *> headerControls() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    enum class Quantity { Jaccard, LostMass, Revivals };
    void setQuantity(Quantity quantity);
    Quantity quantity() const { return m_quantity; }
    /// Step under a point of the widget; -1 outside.
    int stepAt(const QPointF &point) const;
    int steps() const;

protected:
    bool dataChanged() override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Run {
        int letter = -1; // -1 = the preview
        QString title;
        ReportPtr report;
        std::vector<float> values[3]; // by Quantity, may be empty
        std::vector<float> kl;
    };
    static Run read(int letter, const QString &title, const ReportPtr &report);
    const std::vector<float> &valuesOf(const Run &run) const { return run.values[static_cast<size_t>(m_quantity)]; }
    QString quantityName() const;
    PlotFrame frameIn(const QRectF &body) const;
    ChartAxis klAxis() const;
    const Run *klRun() const;
    void go(int step);
    QString stepText(int step) const;

    std::vector<Run> m_runs;
    std::vector<Run> m_known; // what was read before, by report
    int m_shown = -1; // letter of the current run
    Quantity m_quantity = Quantity::Jaccard;
    QComboBox *m_choice;
};

} // namespace winnow
