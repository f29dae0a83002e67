#pragma once

#include "views/guided_heads.h"
#include "views/picture_view.h"
#include "views/token_layout.h"

#include <QPointer>

class QScrollBar;

namespace winnow {

class SegmentedControl;

/// The text itself, each token tinted by what became of it: all layers blended, one layer, or one head.
class TokenStrip final : public PictureView {
    Q_OBJECT
public:
    enum class Scope { AllLayers, Layer, Head };

    explicit TokenStrip(QWidget *parent = nullptr);

    QString viewId() const override { return QStringLiteral("tokens"); }
    QString title() const override { return tr("Tokens"); }
    QString caption() const override;
    QString csv() const override;
    QString describe() const override;
    QString emptyReason() const override;
    QVector<LegendEntry> legend(const Theme &theme) const override;
    QVector<QWidget *> headerControls() override;
    QJsonObject saveState() const override;
    void restoreState(const QJsonObject &state) override;
    double figureHeight(double width) const override;

    Scope scope() const { return m_scope; }
    void setScope(Scope scope);
    int layer() const { return m_layer; }
    int head() const { return m_head; }
    /// Token under a point of the widget, -1 beside the text.
    int tokenAt(const QPointF &point) const;
    /// Where a token stands in the widget (its first box).
    QRectF tokenRect(int token) const;
    /// Where classes change at every step: rank, classes so far and the deciding small heads of the shown head, or of the marked
    /// one where several are shown. Empty for other runs.
    QString hoverText(int token) const;
    /// Short labels ("All", "Layer 12", "Head") for narrow windows.
    void setCompact(bool compact);

protected:
    void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const override;
    bool dataChanged() override;
    bool followSelection(const Selection &before) override;
    QRectF bodyRect() const override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    /// What is drawn for a token: equal looks join into one fill.
    struct Look {
        TokenClass kind = TokenClass::Evicted;
        int share = 0; // heads that keep it
        bool fresh = false, hidden = false;
        bool operator==(const Look &) const = default;
    };
    Look lookOf(int token) const;
    int step() const;
    int headsInScope() const;
    ClassStyle styleOf(const Look &look, const Theme &theme) const;
    QColor fillOf(const Look &look, const Theme &theme) const;
    void computeLooks();
    void refreshLabels();
    void relayout();
    void paintLine(QPainter &painter, const QPointF &origin, const TokenLayout &layout, const TokenLayout::Line &line,
        const Theme &theme) const;
    std::shared_ptr<const TokenLayout> layoutFor(double width) const;
    void ensureVisible(int token);
    void moveTo(int token, Gesture gesture);
    void copySelectedText() const;

    std::shared_ptr<const TokenText> m_text;
    std::shared_ptr<const TokenLayout> m_layout;
    ReportPtr m_textOf;
    mutable ReportPtr m_servingOf; // whose heads are read
    mutable std::vector<ServingHead> m_serving;
    KeptGridCache m_grids;
    KeptGridPtr m_grid;
    std::vector<Look> m_looks; // one per token
    Scope m_scope = Scope::AllLayers;
    int m_layer = 0, m_head = 0;
    bool m_compact = false;
    int m_dragFrom = -1, m_dragTo = -1; // selected text, tokens
    bool m_dragging = false;
    QScrollBar *m_scroll;
    QPointer<SegmentedControl> m_segments;
};

} // namespace winnow
