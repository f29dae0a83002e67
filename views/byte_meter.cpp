#include "views/byte_meter.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace winnow {

namespace {

QColor faded(QColor color, float alpha)
{
    color.setAlphaF(alpha);
    return color;
}

enum Kind { Nominal, Stored, Allocated, WithSmall };

/// Negative = the report does not say.
double bytesOf(const Savings &savings, int kind)
{
    switch (kind) {
    case Nominal: return savings.nominalBytes;
    case Stored: return savings.nativeBytes;
    case Allocated: return savings.allocatedBytes;
    default: return savings.nativeBytes >= 0 ? savings.nativeBytes + std::max(0.0, savings.slmCacheBytes) : -1;
    }
}

} // namespace

ByteMeter::ByteMeter(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Bytes of the cache per run"));
}

bool ByteMeter::dataChanged()
{
    m_rows.clear();
    for (const auto &[run, entry] : shownRuns(data()))
        if (entry->report) {
            const Savings savings = entry->report->savings();
            if (savings.nativeBytes >= 0 || savings.nominalBytes >= 0)
                m_rows.push_back({run, entry->index, entry->title, savings});
        }
    return true;
}

double ByteMeter::largest() const
{
    double most = 1;
    for (const Row &row : m_rows)
        most = std::max({most, row.savings.fullBytes, row.savings.allocatedBytes, bytesOf(row.savings, WithSmall), row.savings.nominalBytes});
    return most;
}

bool ByteMeter::hasPair() const
{
    return std::any_of(m_rows.begin(), m_rows.end(), [](const Row &row) { return row.savings.slmCacheBytes > 0; });
}

double ByteMeter::figureHeight(double) const
{
    return m_rows.empty() ? 0 : figureHeadHeight() + scaled(24) + scaled(26) * static_cast<double>(m_rows.size()) + 8;
}

ByteMeter::Plan ByteMeter::planFor(const QRectF &body) const
{
    const QFontMetricsF metrics(typeFont(TypeRole::Label));
    Plan plan;
    double widest = 0;
    for (const Row &row : m_rows)
        widest = std::max(widest, metrics.horizontalAdvance(row.title));
    const bool pair = hasPair();
    plan.columns = body.width() < scaled(420) ? std::vector<int>{pair ? WithSmall : Allocated} : std::vector<int>{Nominal, Stored, Allocated};
    if (pair && body.width() >= scaled(420))
        plan.columns.push_back(WithSmall);
    plan.columnWidth = scaled(pair ? 62 : 66);
    plan.nameWidth = scaled(16) + 8 + (body.width() >= scaled(300) ? std::min(widest, body.width() * 0.26) + 8 : 0);
    plan.top = body.top() + scaled(24);
    const double rows = static_cast<double>(std::max<size_t>(1, m_rows.size()));
    plan.rowHeight = std::clamp((body.height() - scaled(24) - 6) / rows, 9.0, scaled(26));
    plan.numbers = body.right() - 14 - static_cast<double>(plan.columns.size()) * plan.columnWidth;
    const double left = body.left() + 14 + plan.nameWidth;
    plan.bars = QRectF(left, plan.top, std::max(20.0, plan.numbers - left - 6), plan.rowHeight * rows);
    return plan;
}

void ByteMeter::paintRow(QPainter &painter, const Plan &plan, const QRectF &body, size_t index, const Theme &theme) const
{
    const Row &row = m_rows[index];
    const Savings &s = row.savings;
    const double y = plan.top + static_cast<double>(index) * plan.rowHeight;
    const double middle = y + plan.rowHeight / 2;
    const double size = std::min(scaled(16), plan.rowHeight - 2);
    const QColor color = theme.run(row.letter).color;
    if (row.letter >= 0)
        paintLetterChip(painter, QRectF(body.left() + 14, middle - size / 2, size, size), row.letter, theme);
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t2);
    const double nameLeft = body.left() + 14 + (row.letter >= 0 ? scaled(16) + 8 : 0);
    const QRectF name(nameLeft, y, plan.bars.left() - 8 - nameLeft, plan.rowHeight);
    if (name.width() > 16)
        painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(row.title, Qt::ElideMiddle, name.width()));
    const double scale = plan.bars.width() / largest();
    const double height = std::min(scaled(10), plan.rowHeight * 0.6);
    const auto bar = [&](double bytes) { return QRectF(plan.bars.left(), middle - height / 2, std::max(0.0, bytes) * scale, height); };
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.hair);
    painter.drawRoundedRect(QRectF(plan.bars.left(), middle - height / 2, plan.bars.width(), height), 2, 2);
    if (s.allocatedBytes > s.nativeBytes)
        painter.fillRect(bar(s.allocatedBytes), faded(color, 0.45f));
    painter.fillRect(bar(s.nativeBytes), color);
    if (s.slmCacheBytes > 0) {
        const double from = bar(std::max(s.nativeBytes, s.allocatedBytes)).right() + 1;
        painter.fillRect(QRectF(from, middle - height / 2, std::max(0.0, s.slmCacheBytes * scale - 1), height), theme.parts[1]);
    }
    if (s.nominalBytes >= 0) {
        const double x = plan.bars.left() + s.nominalBytes * scale;
        painter.fillRect(QRectF(x - 1, middle - height / 2 - 3, 2, height + 6), theme.t1);
    }
    painter.setPen(theme.t1);
    double x = plan.numbers;
    for (const int kind : plan.columns) {
        drawTabular(painter, QRectF(x, y, plan.columnWidth, plan.rowHeight), Qt::AlignRight, format::mebibytes(bytesOf(s, kind)));
        x += plan.columnWidth;
    }
}

void ByteMeter::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_rows.empty())
        return;
    const Plan plan = planFor(body);
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t3);
    const QString heads[] = {tr("Nominal"), tr("Stored"), tr("Allocated"), tr("With small")};
    double x = plan.numbers;
    for (const int kind : plan.columns) {
        painter.drawText(QRectF(x, body.top(), plan.columnWidth, scaled(22)), Qt::AlignRight | Qt::AlignVCenter, heads[kind]);
        x += plan.columnWidth;
    }
    for (size_t i = 0; i < m_rows.size(); ++i)
        paintRow(painter, plan, body, i, theme);
}

void ByteMeter::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Plan plan = planFor(body);
    for (size_t i = 0; i < m_rows.size(); ++i) {
        if (selection().run < 0 || m_rows[i].run != selection().run)
            continue;
        painter.setPen(QPen(theme.mark, 1.5));
        painter.setBrush(Qt::NoBrush);
        const double y = plan.top + static_cast<double>(i) * plan.rowHeight;
        painter.drawRoundedRect(QRectF(body.left() + 9, y + 1, body.width() - 18, plan.rowHeight - 2), 3, 3);
    }
}

int ByteMeter::rowAt(const QPointF &point) const
{
    const Plan plan = planFor(bodyRect());
    const int row = static_cast<int>(std::floor((point.y() - plan.top) / plan.rowHeight));
    return row >= 0 && row < static_cast<int>(m_rows.size()) ? row : -1;
}

void ByteMeter::mouseMoveEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    Selection next = selection();
    next.run = row < 0 ? selection().run : m_rows[static_cast<size_t>(row)].run;
    if (next.run != selection().run)
        request(next, Gesture::Hover);
}

void ByteMeter::mousePressEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    if (event->button() != Qt::LeftButton || row < 0)
        return;
    Selection next = selection();
    next.run = m_rows[static_cast<size_t>(row)].run;
    request(next, Gesture::Click);
}

void ByteMeter::mouseDoubleClickEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    if (row >= 0 && m_rows[static_cast<size_t>(row)].letter >= 0)
        Q_EMIT activated(m_rows[static_cast<size_t>(row)].letter);
}

void ByteMeter::keyPressEvent(QKeyEvent *event)
{
    if (m_rows.empty() || (event->key() != Qt::Key_Up && event->key() != Qt::Key_Down)) {
        if (event->key() == Qt::Key_Escape)
            return requestClear();
        return PictureView::keyPressEvent(event);
    }
    int row = -1;
    for (size_t i = 0; i < m_rows.size(); ++i)
        row = m_rows[i].run == selection().run ? static_cast<int>(i) : row;
    row = std::clamp(row + (event->key() == Qt::Key_Down ? 1 : -1), 0, static_cast<int>(m_rows.size()) - 1);
    Selection next = selection();
    next.run = m_rows[static_cast<size_t>(row)].run;
    request(next, Gesture::Click);
}

QString ByteMeter::note() const
{
    if (m_rows.empty())
        return {};
    const double full = m_rows.front().savings.fullBytes;
    return full > 0 ? tr("MiB, full cache %1").arg(format::mebibytes(full)) : tr("MiB");
}

QVector<LegendEntry> ByteMeter::legend(const Theme &theme) const
{
    if (m_rows.empty())
        return {};
    QVector<LegendEntry> entries{{LegendEntry::Sample::Fills, {theme.t2}, {}, {}, tr("stored"), {}},
        {LegendEntry::Sample::Fills, {faded(theme.t2, 0.45f)}, {}, {}, tr("rounding to pages"), {}}};
    if (hasPair())
        entries.push_back({LegendEntry::Sample::Fills, {theme.parts[1]}, {}, {}, tr("small model’s cache"), {}});
    entries.push_back({LegendEntry::Sample::Text, {}, {}, {}, tr("| nominal"), theme.t1});
    return entries;
}

QString ByteMeter::emptyReason() const
{
    return m_rows.empty() ? tr("No bytes counted yet. Move the budget or pin a setting.") : QString();
}

QString ByteMeter::caption() const
{
    return tr("Bytes of the KV cache per run in MiB: solid = stored, pale = rounding to pages up to what is allocated, tick = nominal%1.").arg(hasPair() ? tr(", amber = the small model’s own cache") : QString());
}

QString ByteMeter::csv() const
{
    QString out = QStringLiteral("run,method,nominal bytes,stored bytes,allocated bytes,small model cache bytes,full bytes,nominal only\n");
    const auto number = [](double value) { return value < 0 ? QString() : QString::number(value, 'f', 0); };
    for (const Row &row : m_rows)
        out += QStringLiteral("%1,\"%2\",%3,%4,%5,%6,%7,%8\n")
                   .arg(row.letter < 0 ? QStringLiteral("preview") : runLetter(row.letter), row.title, number(row.savings.nominalBytes),
                       number(row.savings.nativeBytes), number(row.savings.allocatedBytes), number(row.savings.slmCacheBytes), number(row.savings.fullBytes),
                       row.savings.nominalOnly ? QStringLiteral("1") : QStringLiteral("0"));
    return out;
}

QString ByteMeter::describe() const
{
    for (const Row &row : m_rows)
        if (row.run == selection().run)
            return tr("%1: nominal %2, stored %3, allocated %4%5%6.")
                .arg(row.title, format::bytes(row.savings.nominalBytes), format::bytes(row.savings.nativeBytes), format::bytes(row.savings.allocatedBytes),
                    row.savings.slmCacheBytes > 0 ? tr(", with the small model’s cache %1").arg(format::bytes(bytesOf(row.savings, WithSmall))) : QString(),
                    row.savings.nominalOnly ? tr(", nominal only") : QString());
    return tr("Nothing marked.");
}

} // namespace winnow
