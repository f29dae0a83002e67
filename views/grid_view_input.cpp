#include "views/grid_view.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kDragThreshold = 5;

} // namespace

GridView::Cell GridView::cellAt(const QPointF &point) const
{
    Cell cell;
    if (m_grid.rows == 0 || m_grid.columns == 0)
        return cell;
    const Plan plan = planFor(bodyRect());
    if (!plan.plot.adjusted(-0.5, -0.5, 0.5, 0.5).contains(point))
        return cell;
    const double share = (point.x() - plan.plot.left()) / plan.plot.width();
    cell.column = std::clamp(m_window.column0 + static_cast<int>(share * m_window.columns()), m_window.column0, m_window.column1 - 1);
    const bool single = m_grid.groups.size() == 1;
    for (int row = single ? m_window.row0 : 0; row < (single ? m_window.row1 : m_grid.rows); ++row) {
        const QRectF rect = rowRect(plan, row);
        if (point.y() >= rect.top() && point.y() < rect.bottom())
            cell.row = row;
    }
    return cell;
}

QRectF GridView::cellRect(int row, int column) const
{
    const Plan plan = planFor(bodyRect());
    return rowRect(plan, row).intersected(columnRect(plan, column));
}

QJsonObject GridView::saveState() const
{
    QJsonObject state{{QStringLiteral("pooling"), m_pooling == Pooling::Max ? QStringLiteral("max") : QStringLiteral("mean")}};
    if (m_window.rows() != m_grid.rows || m_window.columns() != m_grid.columns) {
        state[QStringLiteral("rows")] = QStringLiteral("%1:%2").arg(m_window.row0).arg(m_window.row1);
        state[QStringLiteral("columns")] = QStringLiteral("%1:%2").arg(m_window.column0).arg(m_window.column1);
    }
    return state;
}

void GridView::restoreState(const QJsonObject &state)
{
    const auto range = [&](const char *name, int last) -> std::pair<int, int> {
        const QStringList parts = state.value(QLatin1String(name)).toString().split(QLatin1Char(':'));
        return parts.size() == 2 ? std::pair(parts[0].toInt(), parts[1].toInt()) : std::pair(0, last);
    };
    const auto [row0, row1] = range("rows", m_grid.rows);
    const auto [column0, column1] = range("columns", m_grid.columns);
    setPooling(state.value(QStringLiteral("pooling")).toString() == QLatin1String("max") ? Pooling::Max : Pooling::Mean);
    setWindow({row0, row1, column0, column1});
}

void GridView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_press) {
        const QPointF delta = event->position() - *m_press;
        if (delta.manhattanLength() > kDragThreshold || !m_rubber.isNull()) {
            m_rubber = QRectF(*m_press, event->position()).normalized();
            update();
        }
        return;
    }
    const Cell cell = cellAt(event->position());
    const Cell marked = markedCell();
    if (cell.row < 0 || (cell.row == marked.row && cell.column == marked.column))
        return;
    request(selectionFor(cell.row, cell.column), Gesture::Hover);
}

void GridView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton && cellAt(event->position()).column >= 0)
        m_press = event->position();
}

void GridView::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || !m_press)
        return;
    m_press.reset();
    if (!m_rubber.isNull())
        return finishZoom();
    const Cell cell = cellAt(event->position());
    if (cell.row >= 0)
        request(selectionFor(cell.row, cell.column), Gesture::Click);
}

void GridView::finishZoom()
{
    const Plan plan = planFor(bodyRect());
    // Clamped side by side: the intersection with a drag of no height would be empty.
    const auto within = [&plan](const QPointF &point) {
        return QPointF(std::clamp(point.x(), plan.plot.left(), plan.plot.right()),
            std::clamp(point.y(), plan.plot.top(), plan.plot.bottom()));
    };
    const QRectF area(within(m_rubber.topLeft()), within(m_rubber.bottomRight()));
    m_rubber = QRectF();
    const double width = plan.plot.width() / m_window.columns();
    HeatWindow next = m_window;
    next.column0 = m_window.column0 + static_cast<int>((area.left() - plan.plot.left()) / width);
    next.column1 = m_window.column0 + static_cast<int>((area.right() - plan.plot.left()) / width) + 1;
    // A flat drag means "these positions"; rows follow only where the drag spans some of them on purpose.
    if (m_grid.groups.size() == 1 && area.height() > 2 * plan.rowHeight && area.height() > 12) {
        next.row0 = m_window.row0 + static_cast<int>((area.top() - plan.plot.top()) / plan.rowHeight);
        next.row1 = m_window.row0 + static_cast<int>((area.bottom() - plan.plot.top()) / plan.rowHeight) + 1;
    }
    if (next.columns() >= 4)
        setWindow(next);
    update();
}

void GridView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        setWindow({0, m_grid.rows, 0, m_grid.columns});
}

void GridView::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().token >= 0)
        requestClear();
}

void GridView::keyPressEvent(QKeyEvent *event)
{
    if (m_grid.rows == 0 || m_grid.columns == 0)
        return PictureView::keyPressEvent(event);
    Cell cell = markedCell();
    const bool fresh = cell.row < 0 || cell.column < 0;
    switch (event->key()) {
    case Qt::Key_Left: --cell.column; break;
    case Qt::Key_Right: ++cell.column; break;
    case Qt::Key_Up: --cell.row; break;
    case Qt::Key_Down: ++cell.row; break;
    case Qt::Key_Home: cell.column = m_window.column0; break;
    case Qt::Key_End: cell.column = m_window.column1 - 1; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: break;
    case Qt::Key_Escape:
        if (!m_rubber.isNull()) {
            m_rubber = QRectF();
            m_press.reset();
            return update();
        }
        return requestClear();
    case Qt::Key_0: return setWindow({0, m_grid.rows, 0, m_grid.columns});
    default: return PictureView::keyPressEvent(event);
    }
    if (fresh)
        cell = {std::max(0, m_window.row0), std::max(0, m_window.column0)};
    cell.row = std::clamp(cell.row, 0, m_grid.rows - 1);
    cell.column = std::clamp(cell.column, 0, m_grid.columns - 1);
    request(selectionFor(cell.row, cell.column), Gesture::Click);
}

} // namespace winnow
