#pragma once

#include "views/kept_grid.h"
#include "views/run_view.h"

#include <QPixmap>

namespace winnow {

/// Base of the views that paint themselves: keeps the picture as a pixmap and draws only the marks when the selection
/// moves. A hidden view does not repaint; it catches up when it becomes visible.
class PictureView : public RunView {
    Q_OBJECT
public:
    explicit PictureView(QWidget *parent = nullptr);

    void setData(ViewDataPtr data) override;
    void setSelection(const Selection &selection) override;
    void setTheme(const Theme &theme) override;
    void paint(QPainter &painter, const QRectF &rect, const Theme &theme) const final;
    QSize minimumSizeHint() const override { return {220, 128}; }
    QSize sizeHint() const override { return {420, 260}; }

    /// How often the picture below the marks was painted (tests count it).
    int basePaints() const { return m_basePaints; }

protected:
    /// The picture without title, legend and marks.
    virtual void paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const = 0;
    /// The linked selection on top of it.
    virtual void paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const = 0;
    /// Takes over what it needs of data(); false when the picture stays the same.
    virtual bool dataChanged() { return true; }
    /// Takes over what the picture itself shows of a selection (layer, step); true when it must be painted again.
    virtual bool followSelection(const Selection &before) { (void)before; return false; }

    const ViewData &data() const { return *m_data; }
    const Selection &selection() const { return m_selection; }
    const Theme &theme() const { return m_theme; }
    /// What the picture stands on, on the screen.
    virtual QColor ground(const Theme &theme) const { return theme.surface; }
    /// Where the body lies on the screen; larger than the widget when it scrolls.
    virtual QRectF bodyRect() const;
    void invalidateBase();
    /// Position in ViewData::runs of the run to mark: the selected one, or the one that is shown; -1 = the preview.
    int markedRun() const;
    /// Emits selectionRequested for a hover or a click.
    enum class Gesture { Hover, Click };
    void request(Selection selection, Gesture gesture);
    /// Esc: clears token, layer, head; step and run stay, and a pair of heads on another page.
    void requestClear();
    /// Esc in a view of two models: clears the pair of heads and the token.
    void requestClearPair();

    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    ViewDataPtr m_data;
    Selection m_selection;
    Theme m_theme;
    QPixmap m_base;
    bool m_baseDirty = true;
    int m_basePaints = 0;
};

/// Height of the title row that paint() draws above the body in figures.
double figureHeadHeight();

} // namespace winnow
