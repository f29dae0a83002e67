#include "views/agreement_view.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

// Eight mask bits from any bit position; positions of a head are rarely aligned to bytes.
unsigned bitsAt(const std::vector<uint8_t> &mask, size_t bit)
{
    const size_t byte = bit / 8;
    const unsigned low = byte < mask.size() ? mask[byte] : 0u;
    const unsigned high = byte + 1 < mask.size() ? mask[byte + 1] : 0u;
    return ((low | high << 8) >> (bit % 8)) & 0xffu;
}

} // namespace

double keptJaccard(const KeptTokens &a, const KeptTokens &b)
{
    if (a.layers != b.layers || a.heads != b.heads || a.tokens != b.tokens || a.tokens == 0 || a.axis != b.axis)
        return std::numeric_limits<double>::quiet_NaN();
    const auto tokens = static_cast<size_t>(a.tokens);
    const auto rows = static_cast<size_t>(a.layers * a.heads);
    double sum = 0;
    for (size_t row = 0; row < rows; ++row) {
        int both = 0, any = 0;
        for (size_t t = 0; t < tokens; t += 8) {
            const unsigned inside = tokens - t >= 8 ? 0xffu : (1u << (tokens - t)) - 1u;
            const unsigned x = bitsAt(a.mask, row * tokens + t) & inside;
            const unsigned y = bitsAt(b.mask, row * tokens + t) & inside;
            both += std::popcount(x & y);
            any += std::popcount(x | y);
        }
        sum += any == 0 ? 1.0 : static_cast<double>(both) / any;
    }
    return sum / static_cast<double>(rows);
}

AgreementView::AgreementView(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("Agreement between runs"));
}

bool AgreementView::dataChanged()
{
    std::vector<Row> rows;
    for (const auto &[run, entry] : shownRuns(data()))
        if (KeptGridPtr kept = m_grids.gridOf(entry->report))
            rows.push_back({run, entry->index, entry->title, entry->budget, std::move(kept)});
    m_grids.dropUnused();
    const auto same = [](const Row &a, const Row &b) { return a.kept == b.kept && a.run == b.run && a.letter == b.letter && a.title == b.title; };
    if (std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), same))
        return false;
    m_rows = std::move(rows);
    m_hover = {};
    computeValues();
    return true;
}

void AgreementView::computeValues()
{
    const size_t n = m_rows.size();
    m_values.assign(n * n, std::numeric_limits<double>::quiet_NaN());
    for (size_t r = 1; r < n; ++r)
        for (size_t c = 0; c < r; ++c)
            m_values[r * n + c] = m_values[c * n + r] = keptJaccard(m_rows[r].kept->kept(), m_rows[c].kept->kept());
}

double AgreementView::value(int row, int column) const
{
    const auto n = static_cast<int>(m_rows.size());
    if (row < 0 || column < 0 || row >= n || column >= n)
        return std::numeric_limits<double>::quiet_NaN();
    return m_values[static_cast<size_t>(row * n + column)];
}

AgreementView::Plan AgreementView::planFor(const QRectF &body) const
{
    QFont bold = typeFont(TypeRole::Label); // names of pinned runs are written like this
    bold.setWeight(QFont::DemiBold);
    const QFontMetricsF metrics(bold);
    double widest = 30;
    for (const Row &row : m_rows)
        widest = std::max(widest, metrics.horizontalAdvance(row.title));
    Plan plan;
    plan.left = body.left() + 14 + std::min(widest, body.width() * 0.42) + 8;
    plan.top = body.top() + 6;
    const double count = static_cast<double>(std::max<size_t>(1, m_rows.size()));
    plan.cell = std::clamp(std::min((body.right() - 12 - plan.left) / count, (body.bottom() - 34 - plan.top) / count), 6.0, scaled(26));
    return plan;
}

double AgreementView::figureHeight(double) const
{
    return m_rows.empty() ? 0 : figureHeadHeight() + 6 + scaled(26) * static_cast<double>(m_rows.size()) + 34;
}

QRectF AgreementView::cellRect(const Plan &plan, int row, int column) const
{
    return QRectF(plan.left + column * plan.cell, plan.top + row * plan.cell, plan.cell, plan.cell);
}

void AgreementView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const auto n = static_cast<int>(m_rows.size());
    if (n == 0)
        return;
    const Plan plan = planFor(body);
    QFont label = typeFont(TypeRole::Label);
    QFont number = typeFont(TypeRole::Axis);
    number.setPixelSize(std::max(7, std::min(number.pixelSize(), static_cast<int>(plan.cell * 0.46))));
    for (int r = 0; r < n; ++r) {
        const Row &row = m_rows[static_cast<size_t>(r)];
        label.setWeight(row.letter >= 0 ? QFont::DemiBold : QFont::Normal);
        painter.setFont(label);
        painter.setPen(row.letter >= 0 ? theme.run(row.letter).color : theme.t2);
        const QRectF words(body.left() + 14, cellRect(plan, r, 0).top(), plan.left - body.left() - 14 - 8, plan.cell);
        painter.drawText(words, Qt::AlignRight | Qt::AlignVCenter, QFontMetricsF(label).elidedText(row.title, Qt::ElideMiddle, words.width()));
        painter.setFont(number);
        for (int c = 0; c <= r; ++c) {
            const QRectF cell = cellRect(plan, r, c).adjusted(0, 0, -1, -1);
            const double v = value(r, c);
            painter.fillRect(cell, std::isnan(v) ? theme.masked : QColor(Theme::cividis(v)));
            if (r == c || plan.cell < 15)
                continue;
            painter.setPen(std::isnan(v) ? theme.t3 : v < 0.55 ? QColor(Qt::white) : QColor(0x15, 0x17, 0x1A));
            painter.drawText(cell, Qt::AlignCenter, std::isnan(v) ? QStringLiteral("–") : v >= 0.995 ? QStringLiteral("1") : format::decimals(v, 2).mid(1));
        }
        if (row.letter >= 0 && plan.cell >= 15 && r + 1 < n) // the column's letter stands in its diagonal cell
            paintLetterChip(painter, QRectF(QPointF(), QSizeF(scaled(14), scaled(14))).translated(cellRect(plan, r, r).center() - QPointF(scaled(7.5), scaled(7.5))), row.letter, theme);
    }
    const QRectF note(plan.left, plan.top + n * plan.cell + 4, body.right() - plan.left - 8, 20);
    if (note.bottom() > body.bottom() + 2)
        return;
    const double bar = std::min(90.0, note.width() / 3);
    QImage colors(64, 1, QImage::Format_RGB32);
    for (int i = 0; i < 64; ++i)
        colors.setPixel(i, 0, Theme::cividis(i / 63.0));
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    painter.drawText(note, Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("0"));
    painter.drawImage(QRectF(note.left() + 14, note.center().y() - 4, bar, 8), colors);
    painter.drawText(note.adjusted(14 + bar + 8, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("1 same set"));
}

void AgreementView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const Plan plan = planFor(body);
    painter.setBrush(Qt::NoBrush);
    const auto outline = [&](const QRectF &cell) {
        painter.setPen(QPen(QColor(255, 255, 255, 217), 3));
        painter.drawRect(cell);
        painter.setPen(QPen(theme.mark, 1.5));
        painter.drawRect(cell);
    };
    for (int r = 0; r < static_cast<int>(m_rows.size()); ++r) {
        if (selection().run < 0 || m_rows[static_cast<size_t>(r)].run != selection().run)
            continue;
        outline(QRectF(plan.left, cellRect(plan, r, 0).top(), plan.cell * (r + 1), plan.cell).adjusted(0, 0, -1, -1));
    }
    if (m_hover.row >= 0)
        outline(cellRect(plan, m_hover.row, m_hover.column).adjusted(0, 0, -1, -1));
}

AgreementView::Cell AgreementView::cellAt(const QPointF &point) const
{
    const Plan plan = planFor(bodyRect());
    const int column = static_cast<int>(std::floor((point.x() - plan.left) / plan.cell));
    const int row = static_cast<int>(std::floor((point.y() - plan.top) / plan.cell));
    if (row < 0 || row >= static_cast<int>(m_rows.size()) || column < 0 || column >= row)
        return {};
    return {row, column};
}

void AgreementView::mouseMoveEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (cell.row == m_hover.row && cell.column == m_hover.column)
        return;
    m_hover = cell;
    setAccessibleDescription(describe());
    QToolTip::showText(event->globalPosition().toPoint(), cell.row < 0 ? QString() : describe(), this);
    update();
}

void AgreementView::mousePressEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (event->button() != Qt::LeftButton || cell.row < 0)
        return;
    Selection next = selection();
    next.run = m_rows[static_cast<size_t>(cell.row)].run;
    request(next, Gesture::Click);
}

void AgreementView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (cell.row >= 0 && m_rows[static_cast<size_t>(cell.row)].letter >= 0)
        Q_EMIT activated(m_rows[static_cast<size_t>(cell.row)].letter);
}

void AgreementView::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    m_hover = {};
    update();
}

void AgreementView::keyPressEvent(QKeyEvent *event)
{
    const auto n = static_cast<int>(m_rows.size());
    if (n < 2)
        return PictureView::keyPressEvent(event);
    Cell cell = m_hover.row < 0 ? Cell{1, 0} : m_hover;
    switch (event->key()) {
    case Qt::Key_Left: --cell.column; break;
    case Qt::Key_Right: ++cell.column; break;
    case Qt::Key_Up: --cell.row; break;
    case Qt::Key_Down: ++cell.row; break;
    case Qt::Key_Escape:
        m_hover = {};
        requestClear();
        return update();
    case Qt::Key_Return:
    case Qt::Key_Enter: {
        Selection next = selection();
        next.run = m_rows[static_cast<size_t>(cell.row)].run;
        return request(next, Gesture::Click);
    }
    default: return PictureView::keyPressEvent(event);
    }
    cell.row = std::clamp(cell.row, 1, n - 1);
    cell.column = std::clamp(cell.column, 0, cell.row - 1);
    m_hover = cell;
    setAccessibleDescription(describe());
    update();
}

QString AgreementView::runName(int row) const
{
    const Row &r = m_rows[static_cast<size_t>(row)];
    return r.letter < 0 ? r.title : runLetter(r.letter) + QLatin1Char(' ') + r.title;
}

QString AgreementView::note() const
{
    if (m_rows.empty())
        return {};
    const bool oneBudget = std::all_of(m_rows.begin(), m_rows.end(), [&](const Row &row) { return row.budget == m_rows.front().budget; });
    return oneBudget ? tr("Jaccard, %1").arg(m_rows.front().budget) : tr("Jaccard");
}

QString AgreementView::emptyReason() const
{
    return m_rows.size() < 2 ? tr("Needs two runs. Pin a second setting to see how much the kept sets agree.") : QString();
}

QString AgreementView::caption() const
{
    return tr("Jaccard index of the kept sets of each pair of runs, mean over layers and heads; 1 = the same set.");
}

QString AgreementView::csv() const
{
    QString out = QStringLiteral("run,other run,jaccard\n");
    for (int r = 1; r < static_cast<int>(m_rows.size()); ++r)
        for (int c = 0; c < r; ++c)
            out += QStringLiteral("\"%1\",\"%2\",%3\n").arg(runName(r), runName(c), QString::number(value(r, c), 'g', 9));
    return out;
}

QString AgreementView::describe() const
{
    if (m_hover.row < 0)
        return tr("Nothing marked. Arrow keys move the cell.");
    const double v = value(m_hover.row, m_hover.column);
    const QString shared = std::isnan(v) ? tr("not comparable, their sets have different shapes") : tr("Jaccard %1").arg(format::decimals(v, 3));
    return tr("%1 and %2: %3").arg(runName(m_hover.row), runName(m_hover.column), shared);
}

} // namespace winnow
