#include "views/kept_positions.h"

#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <limits>

namespace winnow {

KeptPositions::KeptPositions(QWidget *parent)
    : GridView(parent)
{
    setAccessibleName(tr("Kept positions, one row per run"));
}

bool KeptPositions::dataChanged()
{
    m_rows.clear();
    for (const auto &[run, entry] : shownRuns(data()))
        if (KeptGridPtr kept = m_grids.gridOf(entry->report))
            m_rows.push_back({run, entry->index, entry->title, entry->budget, std::move(kept)});
    m_grids.dropUnused();
    fill();
    return true;
}

void KeptPositions::fill()
{
    Grid grid;
    grid.rows = static_cast<int>(m_rows.size());
    grid.groups.assign(m_rows.size(), 1);
    for (const Row &row : m_rows)
        grid.columns = std::max(grid.columns, row.kept->decodes() ? row.kept->width() : row.kept->tokens());
    const int step = selection().step;
    for (const Row &row : m_rows) {
        const KeptGrid &kept = *row.kept;
        grid.promptColumns = kept.tokens();
        const auto total = static_cast<float>(kept.layers() * kept.heads());
        for (int p = 0; p < grid.columns; ++p) {
            const bool known = p < kept.width() && (p < kept.tokens() || p - kept.tokens() <= step);
            grid.values.push_back(known ? static_cast<float>(kept.headsKeptAll(p, step)) / total : std::numeric_limits<float>::quiet_NaN());
        }
    }
    setGrid(std::move(grid));
}

bool KeptPositions::followSelection(const Selection &before)
{
    const bool decodes = std::any_of(m_rows.begin(), m_rows.end(), [](const Row &r) { return r.kept->decodes(); });
    if (before.step == selection().step || !decodes)
        return false;
    fill();
    return true;
}

GridView::Measures KeptPositions::measures(const Theme &) const
{
    const QFontMetricsF metrics(typeFont(TypeRole::Label));
    double widest = 40;
    for (const Row &row : m_rows)
        widest = std::max(widest, metrics.horizontalAdvance(row.title));
    Measures m;
    m.left = (14 + 24 + std::min(widest, width() * 0.22) + 14) / scaled(1);
    m.gap = 5;
    m.maxRowHeight = 14;
    return m;
}

Selection KeptPositions::selectionFor(int row, int column) const
{
    Selection next = selection();
    next.run = m_rows[static_cast<size_t>(row)].run;
    next.token = column;
    return next;
}

GridView::Cell KeptPositions::markedCell() const
{
    Cell cell{-1, selection().token};
    for (size_t i = 0; i < m_rows.size(); ++i)
        if (selection().run >= 0 && m_rows[i].run == selection().run)
            cell.row = static_cast<int>(i);
    return cell;
}

void KeptPositions::paintGroupLabel(QPainter &painter, const QRectF &rect, int group, const Theme &theme) const
{
    const Row &row = m_rows[static_cast<size_t>(group)];
    const double size = std::min(scaled(16), std::max(8.0, rect.height() + 4));
    if (rect.height() < 7)
        return;
    if (row.letter >= 0)
        paintLetterChip(painter, QRectF(rect.left() + 14, rect.center().y() - size / 2, size, size), row.letter, theme);
    const QFont font = typeFont(TypeRole::Label);
    painter.setFont(font);
    painter.setPen(theme.t2);
    const QRectF words(rect.left() + 14 + (row.letter >= 0 ? scaled(16) + 8 : 0), rect.center().y() - 12, 0, 24);
    const double space = rect.right() - 10 - words.left();
    painter.drawText(QRectF(words.left(), words.top(), space, 24), Qt::AlignLeft | Qt::AlignVCenter,
        QFontMetricsF(font).elidedText(row.title, Qt::ElideMiddle, space));
}

void KeptPositions::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Cell cell = cellAt(event->position());
    if (cell.row >= 0 && m_rows[static_cast<size_t>(cell.row)].letter >= 0)
        Q_EMIT activated(m_rows[static_cast<size_t>(cell.row)].letter);
    GridView::mouseDoubleClickEvent(event);
}

QString KeptPositions::note() const
{
    if (m_rows.empty())
        return {};
    const KeptGrid &kept = *m_rows.front().kept;
    const bool oneBudget = std::all_of(m_rows.begin(), m_rows.end(), [&](const Row &row) { return row.budget == m_rows.front().budget; });
    const QString heads = tr("mean of %1 heads").arg(kept.layers() * kept.heads());
    return oneBudget ? tr("%1, budget %2, one row per run").arg(heads, m_rows.front().budget) : tr("%1, one row per run").arg(heads);
}

QString KeptPositions::emptyReason() const
{
    return m_rows.empty() ? tr("No run keeps a set of tokens yet. Move the budget or pin a setting.") : QString();
}

QString KeptPositions::caption() const
{
    return tr("Share of all KV heads of all layers that keep a position, one row per run; 0 = evicted in all, 1 = kept in all.");
}

QString KeptPositions::csv() const
{
    QString out = QStringLiteral("run,method,budget,position,share of heads\n");
    for (size_t i = 0; i < m_rows.size(); ++i)
        for (int p = 0; p < grid().columns; ++p)
            out += QStringLiteral("%1,\"%2\",%3,%4,%5\n")
                       .arg(m_rows[i].letter < 0 ? QStringLiteral("preview") : runLetter(m_rows[i].letter), m_rows[i].title, m_rows[i].budget)
                       .arg(p)
                       .arg(static_cast<double>(grid().values[i * static_cast<size_t>(grid().columns) + static_cast<size_t>(p)]), 0, 'g', 9);
    return out;
}

QString KeptPositions::describe() const
{
    const int token = selection().token;
    if (m_rows.empty() || token < 0 || token >= grid().columns)
        return tr("Nothing marked.");
    QStringList parts;
    for (size_t i = 0; i < m_rows.size(); ++i)
        parts << tr("%1 %2").arg(m_rows[i].letter < 0 ? tr("preview") : runLetter(m_rows[i].letter),
            format::percent(static_cast<double>(grid().values[i * static_cast<size_t>(grid().columns) + static_cast<size_t>(token)])));
    return tr("Position %1, kept by: %2.").arg(token).arg(parts.join(QStringLiteral(", ")));
}

} // namespace winnow
