#include "views/kept_map.h"

#include "views/format.h"

#include <limits>

namespace winnow {

KeptMap::KeptMap(QWidget *parent)
    : GridView(parent)
{
    setAccessibleName(tr("Kept share by layer and position"));
}

bool KeptMap::dataChanged()
{
    m_kept = m_grids.gridOf(data().current.report);
    m_grids.dropUnused();
    fill();
    return true;
}

void KeptMap::fill()
{
    Grid grid;
    if (m_kept) {
        const int step = selection().step;
        // Rules that hold while decoding evict continuation tokens too; the others only choose among the prompt.
        const int columns = m_kept->decodes() ? m_kept->width() : m_kept->tokens();
        grid.rows = m_kept->layers();
        grid.columns = columns;
        grid.groups = {grid.rows};
        grid.promptColumns = m_kept->tokens();
        grid.values.reserve(static_cast<size_t>(grid.rows) * static_cast<size_t>(columns));
        for (int l = 0; l < grid.rows; ++l)
            for (int p = 0; p < columns; ++p)
                grid.values.push_back(p - m_kept->tokens() > step && p >= m_kept->tokens() // not read yet
                        ? std::numeric_limits<float>::quiet_NaN()
                        : static_cast<float>(m_kept->headsKept(l, p, step)) / static_cast<float>(m_kept->heads()));
    }
    setGrid(std::move(grid));
}

bool KeptMap::followSelection(const Selection &before)
{
    if (before.step == selection().step || !m_kept || !m_kept->decodes())
        return false;
    fill();
    return true;
}

GridView::Measures KeptMap::measures(const Theme &) const
{
    Measures m;
    m.left = 42;
    m.right = 14;
    return m;
}

Selection KeptMap::selectionFor(int row, int column) const
{
    Selection next = selection();
    next.layer = row;
    next.token = column;
    return next;
}

GridView::Cell KeptMap::markedCell() const { return {selection().layer, selection().token}; }

QString KeptMap::rangeText() const
{
    if (!m_kept)
        return {};
    const std::string &kind = m_kept->kept().headKind;
    const int heads = m_kept->heads();
    if (kind == "queryHead")
        return tr("share of %1 query heads").arg(heads);
    if (kind == "layer" || heads == 1)
        return tr("kept by the layer");
    return tr("share of %1 KV heads").arg(heads);
}

QString KeptMap::emptyReason() const
{
    if (m_kept)
        return {};
    return data().current.report ? tr("This method keeps no set of tokens. Choose one that evicts.")
                                 : tr("Nothing selected yet. Move the budget to see what each layer keeps.");
}

QString KeptMap::caption() const
{
    return tr("Share of the KV heads of each layer that keep a position, %1 at %2; 0 = evicted in all, 1 = kept in all.")
        .arg(data().current.title, data().current.budget);
}

QString KeptMap::csv() const
{
    QString out = QStringLiteral("layer,position,heads kept,heads\n");
    if (!m_kept)
        return out;
    for (int l = 0; l < grid().rows; ++l)
        for (int p = 0; p < grid().columns; ++p)
            out += QStringLiteral("%1,%2,%3,%4\n").arg(l).arg(p).arg(m_kept->headsKept(l, p, selection().step)).arg(m_kept->heads());
    return out;
}

QString KeptMap::describe() const
{
    const Selection &s = selection();
    if (!m_kept || s.token < 0 || s.token >= m_kept->width())
        return tr("Nothing marked. Arrow keys move the cell, Enter selects, Escape clears.");
    if (s.layer < 0 || s.layer >= m_kept->layers())
        return tr("Position %1, kept by %2 of %3 heads of all layers.")
            .arg(s.token)
            .arg(m_kept->headsKeptAll(s.token, s.step))
            .arg(m_kept->layers() * m_kept->heads());
    return tr("Layer %1, position %2, kept by %3 of %4 heads.")
        .arg(s.layer)
        .arg(s.token)
        .arg(m_kept->headsKept(s.layer, s.token, s.step))
        .arg(m_kept->heads());
}

} // namespace winnow
