#pragma once

#include "views/picture_view.h"
#include "views/plot_frame.h"

#include <QPointer>

class QAction;

namespace winnow {

class SegmentedControl;

/// Where attention goes when a small model stands in for keys that left: for each layer, or each head of one layer, a bar before
/// rescaling (critical, recent, marginal by the small model) and one after it, and a line at what is lost. Means over the steps.
class MassBars final : public PictureView {
    Q_OBJECT
public:
    enum class Scope { Layers, Heads };
    enum Part { Critical, Recent, Marginal, Lost, KeptAfter, MarginalAfter, kParts };

    explicit MassBars(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("massBars"); }
    QString title() const override { return tr("Attention mass"); }
    QString note() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QVector<QWidget *> headerControls() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;

    Scope scope() const { return m_scope; }
    void setScope(Scope scope);
    int layer() const { return m_layer; }
    int columns() const;
    /// Mass of a column: of a layer (mean over its heads) or of a head of the shown layer.
    double mass(int column, Part part) const;
    int columnAt(const QPointF &point) const;

protected:
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    PlotFrame frameIn(const QRectF &body) const;
    double step(const PlotFrame &frame) const { return frame.plot.width() / std::max(1, columns()); }
    int markedColumn() const;
    void mark(int column);
    QString columnText(int column) const;

    ReportPtr m_of;
    std::vector<double> m_mass; // [layers, heads, kParts]
    int m_layers = 0, m_heads = 0, m_kvHeads = 0, m_layer = 0;
    Scope m_scope = Scope::Layers;
    QAction *m_byLayer, *m_byHead;
    QPointer<SegmentedControl> m_segments;
};

} // namespace winnow
