#include "views/picture_view.h"

#include "views/type.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPaintEvent>

#include <cmath>

namespace winnow {

double figureHeadHeight() { return scaled(32); }

PictureView::PictureView(QWidget *parent)
    : RunView(parent)
    , m_data(std::make_shared<ViewData>())
    , m_theme(Theme::light())
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
}

void PictureView::setData(ViewDataPtr data)
{
    m_data = data ? std::move(data) : std::make_shared<ViewData>();
    if (dataChanged())
        invalidateBase();
    setAccessibleDescription(describe());
    update(); // the same picture may have another run marked
    Q_EMIT headerChanged();
}

void PictureView::setSelection(const Selection &selection)
{
    if (selection == m_selection)
        return;
    const Selection before = m_selection;
    m_selection = selection;
    if (followSelection(before)) {
        invalidateBase();
        Q_EMIT headerChanged();
    }
    setAccessibleDescription(describe());
    update();
}

void PictureView::setTheme(const Theme &theme)
{
    m_theme = theme;
    invalidateBase();
    Q_EMIT headerChanged();
}

void PictureView::paint(QPainter &painter, const QRectF &rect, const Theme &theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect, theme.surface);
    const double head = figureHeadHeight();
    const QRectF row(rect.left() + 14, rect.top(), rect.width() - 28, head);
    painter.setFont(typeFont(TypeRole::ViewTitle));
    painter.setPen(theme.t1);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, title());
    double x = QFontMetricsF(painter.font()).horizontalAdvance(title()) + 12;
    if (!note().isEmpty()) {
        painter.setFont(typeFont(TypeRole::Hint));
        painter.setPen(theme.t3);
        painter.drawText(row.adjusted(x, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, note());
        x += QFontMetricsF(painter.font()).horizontalAdvance(note()) + 16;
    }
    paintLegend(painter, row.adjusted(x, 0, 0, 0), legend(theme), theme);
    const QRectF body = rect.adjusted(0, head, 0, 0);
    painter.setClipRect(rect);
    paintBody(painter, body, theme);
    if (m_selection.pinned || m_selection.pair.hasLayers())
        paintMarks(painter, body, theme);
    painter.restore();
}

QRectF PictureView::bodyRect() const { return QRectF(rect()); }

void PictureView::invalidateBase()
{
    m_baseDirty = true;
    update();
}

int PictureView::markedRun() const
{
    if (m_selection.run >= 0 || m_data->current.index < 0)
        return m_selection.run;
    for (size_t i = 0; i < m_data->runs.size(); ++i)
        if (m_data->runs[i].index == m_data->current.index)
            return static_cast<int>(i);
    return -1;
}

void PictureView::request(Selection selection, Gesture gesture)
{
    selection.pinned = gesture == Gesture::Click;
    Q_EMIT selectionRequested(selection);
}

void PictureView::requestClear()
{
    Selection cleared;
    cleared.step = m_selection.step;
    cleared.run = m_selection.run;
    cleared.pair = m_selection.pair;
    Q_EMIT selectionRequested(cleared);
}

void PictureView::requestClearPair()
{
    Selection cleared;
    cleared.step = m_selection.step;
    cleared.run = m_selection.run;
    Q_EMIT selectionRequested(cleared);
}

void PictureView::paintEvent(QPaintEvent *)
{
    const double ratio = devicePixelRatioF();
    const QSize pixels(static_cast<int>(std::ceil(width() * ratio)), static_cast<int>(std::ceil(height() * ratio)));
    if (m_baseDirty || m_base.size() != pixels) {
        m_base = QPixmap(pixels);
        m_base.setDevicePixelRatio(ratio);
        m_base.fill(ground(m_theme));
        QPainter painter(&m_base);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setClipRect(rect());
        paintBody(painter, bodyRect(), m_theme);
        m_baseDirty = false;
        ++m_basePaints;
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, m_base);
    painter.setRenderHint(QPainter::Antialiasing);
    paintMarks(painter, bodyRect(), m_theme);
}

void PictureView::resizeEvent(QResizeEvent *event)
{
    RunView::resizeEvent(event);
    invalidateBase();
}

} // namespace winnow
