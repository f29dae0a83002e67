#include "views/painted_table.h"

#include "views/type.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kRow = 27, kHead = 26, kPad = 14, kChip = 22;

} // namespace

QString csvText(QString text)
{
    if (text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')) || text.contains(QLatin1Char('\n')))
        text = QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    return text;
}

PaintedTable::PaintedTable(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

double PaintedTable::rowHeight() const { return scaled(kRow); }
double PaintedTable::headHeight() const { return scaled(kHead); }

void PaintedTable::setTable(std::vector<Column> columns, std::vector<Row> rows)
{
    m_columns = std::move(columns);
    m_rows = std::move(rows);
    arrange();
    invalidateBase();
}

void PaintedTable::sortBy(int column, Qt::SortOrder order)
{
    m_sort = column;
    m_ascending = order == Qt::AscendingOrder;
    arrange();
    invalidateBase();
}

void PaintedTable::arrange()
{
    m_order.resize(m_rows.size());
    for (size_t i = 0; i < m_order.size(); ++i)
        m_order[i] = static_cast<int>(i);
    if (m_sort >= 0 && m_sort < static_cast<int>(m_columns.size())) {
        const auto column = static_cast<size_t>(m_sort);
        const bool number = m_columns[column].number;
        std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) {
            const Cell &left = m_rows[static_cast<size_t>(a)].cells[column], &right = m_rows[static_cast<size_t>(b)].cells[column];
            if (!number)
                return m_ascending ? left.text < right.text : left.text > right.text;
            if (std::isnan(left.key) || std::isnan(right.key))
                return !std::isnan(left.key) && std::isnan(right.key); // what is not there comes last
            return m_ascending ? left.key < right.key : left.key > right.key;
        });
    }
    updateScroll();
}

int PaintedTable::visibleRows(const QRectF &body) const { return std::max(1, static_cast<int>((body.height() - topMargin() - bottomMargin() - headHeight() + 1) / rowHeight())); }

int PaintedTable::firstRow() const { return std::clamp(m_scroll->value(), 0, std::max(0, static_cast<int>(m_order.size()) - visibleRows(bodyRect()))); }

void PaintedTable::updateScroll()
{
    const int rows = static_cast<int>(m_order.size()), visible = visibleRows(bodyRect());
    const int bar = std::min(10, m_scroll->sizeHint().width()), top = qRound(topMargin() + headHeight());
    m_scroll->setGeometry(width() - bar, top, bar, std::max(0, height() - top - qRound(bottomMargin())));
    m_scroll->setRange(0, std::max(0, rows - visible));
    m_scroll->setPageStep(visible);
    m_scroll->setVisible(rows > visible);
}

double PaintedTable::figureHeight(double) const { return m_order.empty() ? 0 : figureHeadHeight() + topMargin() + bottomMargin() + headHeight() + rowHeight() * std::min<double>(60, static_cast<double>(m_order.size())) + 8; }

std::vector<QRectF> PaintedTable::columnsIn(const QRectF &body) const
{
    // From the right: numbers have their width; where room is short the last columns go first, the first column never.
    const double left = body.left() + kPad, right = body.right() - kPad;
    const bool chips = std::any_of(m_rows.begin(), m_rows.end(), [](const Row &row) { return row.chip >= 0; });
    size_t shown = m_columns.size();
    const double first = m_columns.empty() ? 0 : scaled(std::min(m_columns[0].width, 200.0)) + (chips ? scaled(kChip) : 0);
    const auto needed = [&] {
        double sum = first;
        for (size_t i = 1; i < shown; ++i)
            sum += scaled(m_columns[i].width);
        return sum;
    };
    while (shown > 1 && needed() > right - left)
        --shown;
    std::vector<QRectF> places(m_columns.size());
    double x = right;
    for (size_t i = shown; i-- > 1;) {
        const double width = scaled(m_columns[i].width);
        x -= width;
        places[i] = QRectF(x, 0, width, 1);
    }
    if (shown > 0)
        places[0] = QRectF(left, 0, x - left, 1);
    return places;
}

void PaintedTable::paintHead(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const std::vector<QRectF> places = columnsIn(body);
    const double top = body.top() + topMargin();
    const bool chips = std::any_of(m_rows.begin(), m_rows.end(), [](const Row &row) { return row.chip >= 0; });
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF metrics(painter.font());
    for (size_t i = 0; i < m_columns.size(); ++i) {
        if (places[i].width() <= 0)
            continue;
        const Column &column = m_columns[i];
        QRectF cell(places[i].left(), top, places[i].width(), headHeight());
        if (i == 0 && chips)
            cell.setLeft(cell.left() + scaled(kChip));
        const bool sorted = m_sort == static_cast<int>(i);
        const QString title = sorted ? (m_ascending ? QStringLiteral("↑ ") : QStringLiteral("↓ ")) + column.title : column.title;
        painter.setPen(sorted ? theme.t1 : theme.t2);
        const double unit = column.unit.isEmpty() ? 0 : metrics.horizontalAdvance(column.unit) + 4;
        const QString shown = metrics.elidedText(title, Qt::ElideRight, cell.width() - unit - (column.number ? 0 : 6));
        if (!column.number) {
            painter.drawText(cell, Qt::AlignLeft | Qt::AlignVCenter, shown);
            continue;
        }
        painter.drawText(cell.adjusted(0, 0, -unit, 0), Qt::AlignRight | Qt::AlignVCenter, shown);
        if (unit > 0) {
            painter.setPen(theme.t3);
            painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter, column.unit);
        }
    }
    painter.setPen(QPen(theme.hair, 1));
    painter.drawLine(QPointF(body.left(), std::round(top + headHeight()) - 0.5), QPointF(body.right(), std::round(top + headHeight()) - 0.5));
}

void PaintedTable::paintCell(QPainter &painter, const QRectF &rect, const Row &row, size_t column, const Theme &theme) const
{
    const Cell &cell = row.cells[column];
    QFont font = typeFont(TypeRole::Label);
    font.setBold(cell.bold);
    font.setStrikeOut(cell.struck);
    painter.setFont(font);
    painter.setPen(cell.tone == Cell::Tone::Bad ? theme.err : cell.tone == Cell::Tone::Good ? theme.ok : cell.tone == Cell::Tone::Quiet ? theme.t3 : theme.t1);
    if (m_columns[column].number) {
        drawTabular(painter, rect, Qt::AlignRight, cell.text);
        return;
    }
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(font).elidedText(cell.text, Qt::ElideMiddle, rect.width() - 6));
}

void PaintedTable::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    paintAbove(painter, QRectF(body.left(), body.top(), body.width(), topMargin()), theme);
    if (m_columns.empty())
        return;
    paintHead(painter, body, theme);
    const std::vector<QRectF> places = columnsIn(body);
    const bool screen = body == bodyRect();
    const bool chips = std::any_of(m_rows.begin(), m_rows.end(), [](const Row &row) { return row.chip >= 0; });
    double top = body.top() + topMargin() + headHeight();
    const double bottom = body.bottom() - bottomMargin();
    for (size_t i = screen ? static_cast<size_t>(firstRow()) : 0; i < m_order.size() && top < bottom - (screen ? 0 : rowHeight() / 2); ++i, top += rowHeight()) {
        const Row &row = m_rows[static_cast<size_t>(m_order[i])];
        if (row.chosen)
            painter.fillRect(QRectF(body.left(), std::round(top), body.width(), std::round(rowHeight())), theme.accentSoft);
        if (row.chip >= 0)
            paintLetterChip(painter, QRectF(places[0].left(), std::round(top + (rowHeight() - 16) / 2), 16, 16), row.chip, theme);
        for (size_t c = 0; c < std::min(row.cells.size(), m_columns.size()); ++c) {
            QRectF cell(places[c].left(), top, places[c].width(), rowHeight());
            if (c == 0 && chips)
                cell.setLeft(cell.left() + scaled(kChip));
            if (places[c].width() > 0)
                paintCell(painter, cell, row, c, theme);
        }
        painter.setPen(QPen(theme.grid, 1));
        painter.drawLine(QPointF(body.left(), std::round(top + rowHeight()) - 0.5), QPointF(body.right(), std::round(top + rowHeight()) - 0.5));
    }
}

void PaintedTable::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int marked = markedId();
    for (size_t i = 0; marked >= 0 && i < m_order.size(); ++i) {
        if (m_rows[static_cast<size_t>(m_order[i])].id != marked)
            continue;
        const int offset = static_cast<int>(i) - (body == bodyRect() ? firstRow() : 0);
        const double top = body.top() + topMargin() + headHeight() + offset * rowHeight();
        if (offset >= 0 && top + rowHeight() <= body.bottom() - bottomMargin() + rowHeight() / 2)
            painter.fillRect(QRectF(body.left(), std::round(top), 2, rowHeight()), theme.mark);
    }
    if (hasFocus() && m_current >= 0 && m_current < static_cast<int>(m_order.size())) {
        const QRectF row = rowRect(m_current);
        QColor ring = theme.accent;
        ring.setAlphaF(0.35F);
        painter.setPen(QPen(ring, 2));
        painter.setBrush(Qt::NoBrush);
        if (row.top() >= topMargin() + headHeight() - 1)
            painter.drawRoundedRect(row.adjusted(2, 1, -2, -1), 3, 3);
    }
}

QRectF PaintedTable::rowRect(int position) const
{
    return QRectF(0, topMargin() + headHeight() + (position - firstRow()) * rowHeight(), width(), rowHeight());
}

QRectF PaintedTable::headRect(int column) const
{
    const std::vector<QRectF> places = columnsIn(bodyRect());
    return QRectF(places[static_cast<size_t>(column)].left(), topMargin(), places[static_cast<size_t>(column)].width(), headHeight());
}

int PaintedTable::positionAt(const QPointF &point) const
{
    const double top = topMargin() + headHeight();
    if (point.y() < top || point.y() > height() - bottomMargin())
        return -1;
    const int position = firstRow() + static_cast<int>((point.y() - top) / rowHeight());
    return position < static_cast<int>(m_order.size()) ? position : -1;
}

void PaintedTable::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_columns.empty())
        return;
    if (const int position = positionAt(event->position()); position >= 0) {
        m_current = position;
        rowChosen(m_rows[static_cast<size_t>(m_order[static_cast<size_t>(position)])].id);
        update();
        return;
    }
    for (int c = 0; c < static_cast<int>(m_columns.size()); ++c) {
        if (!headRect(c).contains(event->position()))
            continue;
        if (m_sort != c)
            sortBy(c, m_columns[static_cast<size_t>(c)].number ? Qt::DescendingOrder : Qt::AscendingOrder);
        else if (m_ascending != m_columns[static_cast<size_t>(c)].number)
            sortBy(c, m_ascending ? Qt::DescendingOrder : Qt::AscendingOrder);
        else
            sortBy(-1, Qt::AscendingOrder);
    }
}

void PaintedTable::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (const int position = positionAt(event->position()); position >= 0)
        rowOpened(m_rows[static_cast<size_t>(m_order[static_cast<size_t>(position)])].id);
}

void PaintedTable::mouseMoveEvent(QMouseEvent *event)
{
    const bool head = event->position().y() >= topMargin() && event->position().y() < topMargin() + headHeight();
    setCursor(head || positionAt(event->position()) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void PaintedTable::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() / 40);
    event->accept();
}

void PaintedTable::revealId(int id)
{
    for (size_t i = 0; i < m_order.size(); ++i) {
        if (m_rows[static_cast<size_t>(m_order[i])].id != id)
            continue;
        const int position = static_cast<int>(i), visible = visibleRows(bodyRect());
        if (position < m_scroll->value())
            m_scroll->setValue(position);
        else if (position >= m_scroll->value() + visible)
            m_scroll->setValue(position - visible + 1);
    }
}

void PaintedTable::keyPressEvent(QKeyEvent *event)
{
    const int last = static_cast<int>(m_order.size()) - 1;
    const auto go = [&](int position) {
        if (last < 0)
            return;
        m_current = std::clamp(position, 0, last);
        const int id = m_rows[static_cast<size_t>(m_order[static_cast<size_t>(m_current)])].id;
        revealId(id);
        rowChosen(id);
        update();
    };
    switch (event->key()) {
    case Qt::Key_Up: return go(m_current - 1);
    case Qt::Key_Down: return go(m_current + 1);
    case Qt::Key_PageUp: return go(m_current - visibleRows(bodyRect()));
    case Qt::Key_PageDown: return go(m_current + visibleRows(bodyRect()));
    case Qt::Key_Home: return go(0);
    case Qt::Key_End: return go(last);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current >= 0 && m_current <= last)
            rowOpened(m_rows[static_cast<size_t>(m_order[static_cast<size_t>(m_current)])].id);
        return;
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

void PaintedTable::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

QString PaintedTable::tableCsv() const
{
    QStringList head;
    for (const Column &column : m_columns)
        head << csvText(column.unit.isEmpty() ? column.title : column.title + QLatin1Char(' ') + column.unit);
    QString out = head.join(QLatin1Char(',')) + QLatin1Char('\n');
    for (const int index : m_order) {
        QStringList fields;
        const Row &row = m_rows[static_cast<size_t>(index)];
        for (size_t c = 0; c < row.cells.size(); ++c)
            fields << (m_columns[c].number ? (std::isfinite(row.cells[c].key) ? QString::number(row.cells[c].key, 'g', 9) : QString()) : csvText(row.cells[c].text));
        out += fields.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return out;
}

QJsonObject PaintedTable::saveState() const { return {{QStringLiteral("sort"), m_sort}, {QStringLiteral("ascending"), m_ascending}}; }

void PaintedTable::restoreState(const QJsonObject &state)
{
    sortBy(std::max(-1, state.value(QStringLiteral("sort")).toInt(-1)), state.value(QStringLiteral("ascending")).toBool(true) ? Qt::AscendingOrder : Qt::DescendingOrder);
}

} // namespace winnow
