#include "views/matrix_view.h"

#include "views/format.h"
#include "views/grid_view.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kLeft = 34, kRight = 14, kTitleRow = 20, kAxisRow = 18, kBarRow = 20, kDot = 5;

} // namespace

QString similarityText(double value) { return format::decimals(value, 3); }

MatrixView::MatrixView(QWidget *parent)
    : PictureView(parent)
{
}

void MatrixView::setMatrix(Matrix matrix)
{
    m_matrix = std::move(matrix);
    m_hover = {};
}

float MatrixView::value(Cell cell) const
{
    if (cell.row < 0 || cell.column < 0 || cell.row >= m_matrix.rows || cell.column >= m_matrix.columns)
        return std::numeric_limits<float>::quiet_NaN();
    return m_matrix.values[static_cast<size_t>(cell.row) * static_cast<size_t>(m_matrix.columns) + static_cast<size_t>(cell.column)];
}

MatrixView::Plan MatrixView::planFor(const QRectF &body) const
{
    Plan plan;
    plan.titleRow = body.height() >= scaled(120);
    plan.barRow = body.height() >= scaled(150);
    const double top = plan.titleRow ? scaled(kTitleRow) : 6;
    const double below = scaled(kAxisRow) + (plan.barRow ? scaled(kBarRow) + 6 : 4);
    const double left = body.left() + scaled(kLeft);
    const double width = std::max(8.0, body.right() - scaled(kRight) - left), height = std::max(8.0, body.height() - top - below);
    plan.cell = std::max(1.0, std::min(width / std::max(1, m_matrix.columns), height / std::max(1, m_matrix.rows)));
    // Whole pixels keep all cells equally large; below that a fraction must do.
    if (plan.cell >= 6)
        plan.cell = std::floor(plan.cell);
    plan.plot = QRectF(left, body.top() + top, plan.cell * m_matrix.columns, plan.cell * m_matrix.rows);
    return plan;
}

double MatrixView::figureHeight(double width) const
{
    if (m_matrix.columns == 0)
        return 0;
    const double cell = std::min(scaled(18), (width - scaled(kLeft + kRight)) / m_matrix.columns);
    return figureHeadHeight() + scaled(kTitleRow) + std::max(scaled(60), cell * m_matrix.rows) + scaled(kAxisRow) + scaled(kBarRow) + 8;
}

QRectF MatrixView::rectOf(const Plan &plan, Cell cell)
{
    return {plan.plot.left() + cell.column * plan.cell, plan.plot.top() + cell.row * plan.cell, plan.cell, plan.cell};
}

QRectF MatrixView::cellRect(Cell cell) const { return rectOf(planFor(bodyRect()), cell); }

MatrixView::Cell MatrixView::cellAt(const QPointF &point) const
{
    const Plan plan = planFor(bodyRect());
    const Cell cell{static_cast<int>(std::floor((point.y() - plan.plot.top()) / plan.cell)), static_cast<int>(std::floor((point.x() - plan.plot.left()) / plan.cell))};
    const bool inside = cell.row >= 0 && cell.row < m_matrix.rows && cell.column >= 0 && cell.column < m_matrix.columns;
    return inside ? cell : Cell{};
}

void MatrixView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_matrix.rows == 0 || m_matrix.columns == 0)
        return;
    const Plan plan = planFor(body);
    const bool vector = painter.paintEngine()->type() != QPaintEngine::Raster;
    const double ratio = vector ? 2 : painter.device()->devicePixelRatioF();
    const QSize pixels(std::max(1, qRound(plan.plot.width() * ratio)), std::max(1, qRound(plan.plot.height() * ratio)));
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(plan.plot,
        heatImage({m_matrix.values, m_matrix.rows, m_matrix.columns, m_matrix.low, m_matrix.high}, {0, m_matrix.rows, 0, m_matrix.columns}, pixels, Pooling::Max, HeatColors::Cividis, theme));
    if (plan.titleRow) {
        painter.setFont(typeFont(TypeRole::Axis));
        painter.setPen(theme.t2);
        painter.drawText(QRectF(body.left() + 14, body.top(), body.width() - 28, scaled(kTitleRow) - 4), Qt::AlignLeft | Qt::AlignVCenter, m_matrix.rowTitle);
    }
    paintLabels(painter, plan, body, theme);
    paintDots(painter, plan, theme);
    paintFoot(painter, plan, body, theme);
}

void MatrixView::paintRowLabel(QPainter &painter, const Plan &plan, const QRectF &body, int row) const
{
    const double height = QFontMetricsF(painter.font()).height();
    const double y = rectOf(plan, {row, 0}).center().y();
    painter.drawText(QRectF(body.left(), y - height / 2, plan.plot.left() - 8 - body.left(), height), Qt::AlignRight | Qt::AlignVCenter, QString::number(row));
}

void MatrixView::paintColumnLabel(QPainter &painter, const Plan &plan, int column) const
{
    const double x = rectOf(plan, {0, column}).center().x();
    painter.drawText(QRectF(x - 20, plan.plot.bottom() + 4, 40, QFontMetricsF(painter.font()).height()), Qt::AlignHCenter | Qt::AlignTop, QString::number(column));
}

void MatrixView::paintLabels(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t3);
    const double height = QFontMetricsF(painter.font()).height();
    const Cell marked = markedCell();
    // A tick next to the marked index gives way to it.
    const auto clear = [&](int index, int mark, double needed) { return mark < 0 || index == mark || std::abs(index - mark) * plan.cell >= needed; };
    const int rowCount = std::clamp(static_cast<int>(plan.plot.height() / (height * 3)), 1, 3);
    for (const int row : indexTicks(0, m_matrix.rows - 1, rowCount))
        if (row != marked.row && clear(row, marked.row, height))
            paintRowLabel(painter, plan, body, row);
    const int columnCount = std::clamp(static_cast<int>(plan.plot.width() / scaled(60)), 1, 3);
    for (const int column : indexTicks(0, m_matrix.columns - 1, columnCount))
        if (column != marked.column && clear(column, marked.column, scaled(20)))
            paintColumnLabel(painter, plan, column);
}

void MatrixView::paintDots(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    if (m_matrix.best.empty() || plan.cell < 5)
        return;
    const double size = std::min(scaled(kDot), plan.cell * 0.5);
    painter.setPen(QPen(theme.kind == ThemeKind::Light ? theme.t1 : theme.bg, 1));
    painter.setBrush(QColor(Qt::white));
    for (size_t row = 0; row < m_matrix.best.size(); ++row) {
        if (m_matrix.best[row] < 0)
            continue;
        painter.drawEllipse(rectOf(plan, {static_cast<int>(row), m_matrix.best[row]}).center(), size / 2, size / 2);
    }
}

void MatrixView::paintFoot(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    const QRectF row(plan.plot.left(), plan.plot.bottom() + scaled(kAxisRow) + 2, std::max(plan.plot.width(), body.right() - 14 - plan.plot.left()), scaled(kBarRow));
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    const double titleWidth = metrics.horizontalAdvance(m_matrix.columnTitle);
    painter.setPen(theme.t2);
    // Under the axis, and never further right than the plot ends while that leaves room for the bar.
    const double right = std::max(plan.plot.right(), plan.plot.left() + titleWidth);
    const QRectF title(right - titleWidth - 2, row.top(), titleWidth + 2, row.height());
    painter.drawText(title, Qt::AlignRight | Qt::AlignVCenter, m_matrix.columnTitle);
    const double room = title.left() - row.left() - 12;
    if (!plan.barRow || row.bottom() > body.bottom() + 4 || room < scaled(110))
        return;
    const bool below = std::any_of(m_matrix.values.begin(), m_matrix.values.end(), [&](float v) { return v < m_matrix.low - 1e-6F; });
    const QString low = (below ? QStringLiteral("≤ ") : QString()) + format::tick(std::round(static_cast<double>(m_matrix.low) * 100) / 100);
    const QString high = format::tick(std::round(static_cast<double>(m_matrix.high) * 100) / 100);
    paintRangeBar(painter, QRectF(row.topLeft(), QSizeF(std::min(room, scaled(170)), row.height())), low, high, HeatColors::Cividis, theme);
    const double used = metrics.horizontalAdvance(low) + metrics.horizontalAdvance(high) + std::min(90.0, std::min(room, scaled(170)) / 3) + 16 + 18;
    const QString dots = tr("best in row");
    if (m_matrix.best.empty() || plan.cell < 5 || room < used + 16 + metrics.horizontalAdvance(dots))
        return;
    painter.setPen(QPen(theme.t1, 1));
    painter.setBrush(QColor(Qt::white));
    painter.drawEllipse(QPointF(row.left() + used + 3, row.center().y()), scaled(kDot) / 2, scaled(kDot) / 2);
    painter.setPen(theme.t2);
    painter.drawText(row.adjusted(used + 12, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, dots);
}

void MatrixView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Plan plan = planFor(body);
    const auto outline = [&](Cell cell) { return rectOf(plan, cell).adjusted(-2, -2, 2, 2); };
    if (m_hover.valid() && m_hover.row < m_matrix.rows && m_hover.column < m_matrix.columns) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(255, 255, 255, 217), 1.5));
        painter.drawRect(rectOf(plan, m_hover));
    }
    const Cell marked = markedCell();
    if (!marked.valid() || marked.row >= m_matrix.rows || marked.column >= m_matrix.columns)
        return;
    paintHaloRect(painter, outline(marked), theme);
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(theme.mark);
    paintRowLabel(painter, plan, body, marked.row);
    paintColumnLabel(painter, plan, marked.column);
}

void MatrixView::mark(Cell cell)
{
    Selection next = selection();
    next.pair = markFor(cell);
    request(next, Gesture::Click);
}

void MatrixView::mouseMoveEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (cell == m_hover)
        return;
    m_hover = cell;
    QToolTip::showText(event->globalPosition().toPoint(), cell.valid() ? cellText(cell) : QString(), this);
    update();
}

void MatrixView::mousePressEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (event->button() == Qt::LeftButton && cell.valid())
        mark(cell);
}

void MatrixView::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    m_hover = {};
    update();
}

void MatrixView::keyPressEvent(QKeyEvent *event)
{
    if (m_matrix.rows == 0 || m_matrix.columns == 0)
        return PictureView::keyPressEvent(event);
    const Cell marked = markedCell();
    Cell cell = marked;
    switch (event->key()) {
    case Qt::Key_Left: --cell.column; break;
    case Qt::Key_Right: ++cell.column; break;
    case Qt::Key_Up: --cell.row; break;
    case Qt::Key_Down: ++cell.row; break;
    case Qt::Key_Home: cell.column = 0; break;
    case Qt::Key_End: cell.column = m_matrix.columns - 1; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: break;
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
    if (!marked.valid())
        cell = {0, 0};
    cell.row = std::clamp(cell.row, 0, m_matrix.rows - 1);
    cell.column = std::clamp(cell.column, 0, m_matrix.columns - 1);
    mark(cell);
}

QString MatrixView::describe() const
{
    const Cell marked = markedCell();
    if (!marked.valid() || marked.row >= m_matrix.rows || marked.column >= m_matrix.columns)
        return tr("Nothing marked. Arrow keys move the cell.");
    return cellText(marked);
}

QString MatrixView::csv() const
{
    QString out = QStringLiteral("%1,%2,%3,best in row\n").arg(rowName(), columnName(), pair() && pair()->table ? pair()->table->metric : QStringLiteral("value"));
    for (int r = 0; r < m_matrix.rows; ++r)
        for (int c = 0; c < m_matrix.columns; ++c) {
            const float v = value({r, c});
            const bool best = !m_matrix.best.empty() && m_matrix.best[static_cast<size_t>(r)] == c;
            out += QStringLiteral("%1,%2,%3,%4\n").arg(r).arg(c).arg(std::isnan(v) ? QString() : QString::number(static_cast<double>(v), 'g', 9)).arg(best ? 1 : 0);
        }
    return out;
}

} // namespace winnow
