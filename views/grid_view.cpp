#include "views/grid_view.h"

#include "views/format.h"
#include "views/ticks.h"
#include "views/type.h"

#include <QPaintEngine>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kAxisRow = 18, kBarRow = 20, kBarWidth = 90, kBarHeight = 8;

} // namespace

// Marks stand on any colour: a light halo around the line keeps them visible.
void paintHaloRect(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(255, 255, 255, 217), 1));
    painter.drawRect(rect.adjusted(-1.25, -1.25, 1.25, 1.25));
    painter.drawRect(rect.adjusted(1.25, 1.25, -1.25, -1.25));
    painter.setPen(QPen(theme.mark, 1.5));
    painter.drawRect(rect);
}

void paintRangeBar(QPainter &painter, const QRectF &rect, const QString &low, const QString &high, HeatColors colors, const Theme &theme)
{
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    const QFontMetricsF metrics(painter.font());
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, low);
    const double x = rect.left() + metrics.horizontalAdvance(low) + 8;
    QImage bar(256, 1, QImage::Format_RGB32);
    for (int i = 0; i < 256; ++i)
        bar.setPixel(i, 0, colors == HeatColors::Cividis ? Theme::cividis(i / 255.0) : theme.diverging(i / 127.5 - 1));
    const double width = std::min(kBarWidth, rect.width() / 3);
    painter.drawImage(QRectF(x, rect.center().y() - kBarHeight / 2, width, kBarHeight), bar);
    const QRectF text = rect.adjusted(x - rect.left() + width + 8, 0, 0, 0);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(high, Qt::ElideRight, text.width()));
}

GridView::GridView(QWidget *parent)
    : PictureView(parent)
{
}

void GridView::setGrid(Grid grid)
{
    const bool otherShape = grid.rows != m_grid.rows || grid.columns != m_grid.columns;
    m_grid = std::move(grid);
    if (otherShape)
        m_window = {0, m_grid.rows, 0, m_grid.columns};
}

void GridView::setWindow(const HeatWindow &window)
{
    HeatWindow next{std::clamp(window.row0, 0, m_grid.rows), std::clamp(window.row1, 0, m_grid.rows),
        std::clamp(window.column0, 0, m_grid.columns), std::clamp(window.column1, 0, m_grid.columns)};
    if (next.rows() < 1 || next.columns() < 1)
        next = {0, m_grid.rows, 0, m_grid.columns};
    if (next == m_window)
        return;
    m_window = next;
    invalidateBase();
}

void GridView::setPooling(Pooling pooling)
{
    m_pooling = pooling;
    invalidateBase();
}

GridView::Plan GridView::planFor(const QRectF &body) const
{
    const Measures m = measures(theme());
    Plan plan;
    plan.barRow = body.height() >= scaled(110);
    plan.axisRow = body.height() >= scaled(56);
    const double below = (plan.axisRow ? scaled(kAxisRow) : 4) + (plan.barRow ? scaled(kBarRow) + 4 : 2);
    const double height = std::max(4.0, body.height() - m.top - below);
    const int groups = static_cast<int>(std::max<size_t>(1, m_grid.groups.size()));
    const int rows = m_grid.groups.size() > 1 ? m_grid.rows : std::max(1, m_window.rows());
    plan.gap = groups > 1 ? m.gap : 0;
    plan.rowHeight = std::min(scaled(m.maxRowHeight), std::max(1.0, (height - plan.gap * (groups - 1)) / rows));
    const double used = plan.rowHeight * rows + plan.gap * (groups - 1);
    const double left = body.left() + scaled(m.left);
    plan.plot = QRectF(left, body.top() + m.top, std::max(8.0, body.right() - m.right - left), used);
    return plan;
}

double GridView::figureHeight(double) const
{
    const Measures m = measures(theme());
    if (m.maxRowHeight > 1000 || m_grid.rows == 0)
        return 0; // rows of any height will do
    const auto groups = static_cast<double>(std::max<size_t>(1, m_grid.groups.size()));
    const double rows = scaled(m.maxRowHeight) * m_grid.rows + m.gap * (groups - 1);
    return figureHeadHeight() + std::max(scaled(110), m.top + rows + scaled(kAxisRow) + scaled(kBarRow) + 4);
}

int GridView::groupOf(int row) const
{
    int group = 0;
    for (const int rows : m_grid.groups) {
        if (row < rows)
            return group;
        row -= rows;
        ++group;
    }
    return std::max(0, group - 1);
}

QRectF GridView::rowRect(const Plan &plan, int row) const
{
    const int shift = m_grid.groups.size() > 1 ? 0 : m_window.row0;
    const double top = plan.plot.top() + (row - shift) * plan.rowHeight + groupOf(row) * plan.gap;
    return QRectF(plan.plot.left(), top, plan.plot.width(), plan.rowHeight);
}

QRectF GridView::groupRect(const Plan &plan, int group) const
{
    if (m_grid.groups.size() <= 1)
        return plan.plot;
    int first = 0;
    for (int g = 0; g < group; ++g)
        first += m_grid.groups[static_cast<size_t>(g)];
    const QRectF top = rowRect(plan, first);
    return QRectF(top.topLeft(), QSizeF(top.width(), plan.rowHeight * m_grid.groups[static_cast<size_t>(group)]));
}

QRectF GridView::columnRect(const Plan &plan, int column) const
{
    const double width = plan.plot.width() / std::max(1, m_window.columns());
    return QRectF(plan.plot.left() + (column - m_window.column0) * width, plan.plot.top(), width, plan.plot.height());
}

void GridView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_grid.rows == 0 || m_grid.columns == 0)
        return;
    const Plan plan = planFor(body);
    const bool vector = painter.paintEngine()->type() != QPaintEngine::Raster;
    const double ratio = vector ? 2 : painter.device()->devicePixelRatioF();
    int first = 0;
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    for (size_t g = 0; g < m_grid.groups.size(); ++g) {
        const bool single = m_grid.groups.size() == 1;
        const int rows = m_grid.groups[g];
        const HeatWindow part{single ? m_window.row0 : first, single ? m_window.row1 : first + rows, m_window.column0, m_window.column1};
        const QRectF rect = groupRect(plan, static_cast<int>(g));
        const QSize pixels(qRound(rect.width() * ratio), std::max(1, qRound(rect.height() * ratio)));
        const HeatData heat{m_grid.values, m_grid.rows, m_grid.columns, 0, 1};
        painter.drawImage(rect, heatImage(heat, part, pixels, m_pooling, HeatColors::Cividis, theme));
        paintGroupLabel(painter, QRectF(body.left(), rect.top(), rect.left() - body.left(), rect.height()), static_cast<int>(g), theme);
        first += rows;
    }
    paintRowLabels(painter, plan, body, theme, {});
    paintAxis(painter, plan, body, theme);
}

void GridView::paintRowLabels(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme, std::optional<int> marked) const
{
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(marked ? QFont::DemiBold : QFont::Normal);
    painter.setFont(font);
    painter.setPen(marked ? theme.mark : theme.t3);
    const double height = QFontMetricsF(font).height();
    const auto label = [&](int row) {
        const QRectF r = rowRect(plan, row);
        const QRectF box(body.left(), r.center().y() - height / 2, r.left() - 8 - body.left(), height);
        if (marked)
            painter.fillRect(box.adjusted(box.width() - QFontMetricsF(font).horizontalAdvance(rowLabel(row)) - 3, 0, 2, 0), theme.surface);
        painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter, rowLabel(row));
    };
    if (marked)
        return label(*marked);
    if (m_grid.groups.size() == 1) {
        const int count = std::clamp(static_cast<int>(plan.plot.height() / (height * 2.2)), 1, rowTickCount());
        for (const int row : indexTicks(m_window.row0, m_window.row1 - 1, count))
            label(row);
    } else if (plan.rowHeight >= height * 0.85) {
        for (int row = 0; row < m_grid.rows; ++row)
            label(row);
    }
}

void GridView::paintTick(QPainter &painter, const Plan &plan, int column, const QColor &color, bool bold) const
{
    QFont font = typeFont(TypeRole::Axis);
    font.setWeight(bold ? QFont::DemiBold : QFont::Normal);
    painter.setFont(font);
    const double x = columnRect(plan, column).center().x();
    const double y = plan.plot.bottom();
    painter.setPen(QPen(color, 1));
    painter.drawLine(QPointF(x, y), QPointF(x, y + 4));
    const QString text = format::integer(column);
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance(text) + 2;
    const double left = std::clamp(x - width / 2, plan.plot.left() - 6, plan.plot.right() + 8 - width);
    const QRectF box(left, y + 4, width, metrics.height());
    if (bold)
        clearTicksUnder(painter, plan, box.adjusted(-3, 0, 3, 0));
    painter.drawText(box, Qt::AlignHCenter | Qt::AlignTop, text);
}

// The marked index takes the place of tick labels it would touch.
void GridView::clearTicksUnder(QPainter &painter, const Plan &plan, const QRectF &box) const
{
    const QFontMetricsF metrics(typeFont(TypeRole::Axis));
    QRectF cleared = box;
    for (const int column : axisTicks(plan)) {
        const double half = metrics.horizontalAdvance(format::integer(column)) / 2 + 1;
        const double x = columnRect(plan, column).center().x();
        const QRectF label(x - half, box.top(), 2 * half, box.height());
        if (label.intersects(box))
            cleared |= label;
    }
    painter.fillRect(cleared, theme().surface);
}

std::vector<int> GridView::axisTicks(const Plan &plan) const
{
    const int count = std::clamp(static_cast<int>(plan.plot.width() / scaled(70)), 1, 4);
    return indexTicks(m_window.column0, m_window.column1 - 1, count);
}

QString GridView::poolingText(double plotWidth) const
{
    const double perPixel = m_window.columns() / std::max(1.0, plotWidth);
    if (perPixel <= 1.0)
        return {};
    const QString how = m_pooling == Pooling::Mean ? tr("mean") : tr("maximum");
    return tr(", %1 of %2 a pixel").arg(how, format::integer(std::ceil(perPixel)));
}

void GridView::paintAxis(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    if (!plan.axisRow)
        return;
    for (const int column : axisTicks(plan))
        paintTick(painter, plan, column, theme.t3, false);
    if (m_grid.promptColumns > 0 && m_grid.promptColumns < m_window.column1 && m_grid.promptColumns > m_window.column0) {
        const double x = columnRect(plan, m_grid.promptColumns).left();
        painter.setPen(QPen(theme.surface, 1, Qt::DashLine));
        painter.drawLine(QPointF(x, plan.plot.top()), QPointF(x, plan.plot.bottom()));
    }
    const QRectF row(plan.plot.left(), plan.plot.bottom() + scaled(kAxisRow) + 2, plan.plot.width(), scaled(kBarRow));
    if (!plan.barRow || row.bottom() > body.bottom() + 2)
        return;
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, columnTitle());
    if (!rangeText().isEmpty()) {
        const double title = QFontMetricsF(painter.font()).horizontalAdvance(columnTitle()) + 12;
        paintRangeBar(painter, row.adjusted(0, 0, -title, 0), QStringLiteral("0"), QStringLiteral("1 ") + rangeText() + poolingText(plan.plot.width()),
            HeatColors::Cividis, theme);
    }
}

void GridView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_grid.rows == 0 || m_grid.columns == 0)
        return;
    const Plan plan = planFor(body);
    const Cell cell = markedCell();
    const bool columnVisible = cell.column >= m_window.column0 && cell.column < m_window.column1;
    const bool rowVisible = cell.row >= (m_grid.groups.size() > 1 ? 0 : m_window.row0)
        && cell.row < (m_grid.groups.size() > 1 ? m_grid.rows : m_window.row1);
    if (columnVisible) {
        QRectF column = columnRect(plan, cell.column);
        if (column.width() < 3)
            column = QRectF(column.center().x() - 1.5, column.top(), 3, column.height());
        paintHaloRect(painter, column.adjusted(0, -1, 0, 1), theme);
        if (plan.axisRow)
            paintTick(painter, plan, cell.column, theme.mark, true);
    }
    if (rowVisible) {
        paintHaloRect(painter, rowRect(plan, cell.row).adjusted(-1, 0, 1, 0), theme);
        if (m_grid.groups.size() == 1 || plan.rowHeight >= scaled(9))
            paintRowLabels(painter, plan, body, theme, cell.row);
    }
    if (!m_rubber.isNull()) {
        painter.setPen(QPen(theme.accent, 1));
        QColor wash = theme.accent;
        wash.setAlphaF(0.18f);
        painter.setBrush(wash);
        painter.drawRect(m_rubber & plan.plot);
    }
}

} // namespace winnow
