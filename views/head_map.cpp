#include "views/head_map.h"

#include "views/legend.h"
#include "views/type.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

HeadMap::HeadMap(QWidget *parent)
    : GridView(parent)
{
    setAccessibleName(tr("Kept positions by head, one layer"));
}

bool HeadMap::dataChanged()
{
    m_groups.clear();
    for (const auto &[run, entry] : shownRuns(data()))
        if (KeptGridPtr kept = m_grids.gridOf(entry->report))
            m_groups.push_back({run, entry->index, std::move(kept), 0});
    m_grids.dropUnused();
    fill();
    return true;
}

void HeadMap::fill()
{
    Grid grid;
    int layers = 0;
    for (const Group &group : m_groups) {
        grid.columns = std::max(grid.columns, group.kept->decodes() ? group.kept->width() : group.kept->tokens());
        layers = std::max(layers, group.kept->layers());
    }
    m_layer = std::clamp(m_layer, 0, std::max(0, layers - 1));
    const int step = selection().step;
    for (Group &group : m_groups) {
        group.firstRow = grid.rows;
        const KeptGrid &kept = *group.kept;
        grid.groups.push_back(kept.heads());
        grid.rows += kept.heads();
        grid.promptColumns = kept.tokens();
        for (int h = 0; h < kept.heads(); ++h)
            for (int p = 0; p < grid.columns; ++p) {
                const bool known = m_layer < kept.layers() && p < kept.width() && (p < kept.tokens() || p - kept.tokens() <= step);
                grid.values.push_back(!known ? std::numeric_limits<float>::quiet_NaN() : kept.keptAt(m_layer, h, p, step) ? 1.0f : 0.0f);
            }
    }
    setGrid(std::move(grid));
}

bool HeadMap::followSelection(const Selection &before)
{
    const Selection &now = selection();
    const bool otherLayer = now.pinned && now.layer >= 0 && now.layer != m_layer;
    const bool decodes = std::any_of(m_groups.begin(), m_groups.end(), [](const Group &g) { return g.kept->decodes(); });
    if (!otherLayer && (before.step == now.step || !decodes))
        return false;
    if (otherLayer)
        m_layer = now.layer;
    fill();
    return true;
}

GridView::Measures HeadMap::measures(const Theme &) const
{
    Measures m;
    m.left = 64;
    m.gap = 6;
    m.maxRowHeight = 18;
    return m;
}

HeadMap::Row HeadMap::rowAt(int row) const
{
    for (size_t g = m_groups.size(); g-- > 0;)
        if (row >= m_groups[g].firstRow)
            return {m_groups[g].run, m_groups[g].letter, row - m_groups[g].firstRow, g};
    return {};
}

Selection HeadMap::selectionFor(int row, int column) const
{
    const Row at = rowAt(row);
    Selection next = selection();
    next.layer = m_layer;
    next.head = at.head;
    next.run = at.run;
    next.token = column;
    return next;
}

GridView::Cell HeadMap::markedCell() const
{
    const Selection &s = selection();
    Cell cell{-1, s.token};
    if (s.head < 0 || (s.layer >= 0 && s.layer != m_layer))
        return cell;
    const int run = markedRun();
    for (const Group &group : m_groups)
        if (group.run == run && s.head < group.kept->heads())
            cell.row = group.firstRow + s.head;
    return cell;
}

QString HeadMap::rowLabel(int row) const { return QString::number(rowAt(row).head); }

void HeadMap::paintGroupLabel(QPainter &painter, const QRectF &rect, int group, const Theme &theme) const
{
    const Group &g = m_groups[static_cast<size_t>(group)];
    const double size = std::min(scaled(16), rect.height());
    const QRectF chip(rect.left() + 18, rect.center().y() - size / 2, size, size);
    if (g.letter >= 0)
        return paintLetterChip(painter, chip, g.letter, theme);
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    painter.drawText(QRectF(rect.left(), chip.top(), rect.width() - 22, size), Qt::AlignRight | Qt::AlignVCenter, tr("now"));
}

QString HeadMap::emptyReason() const
{
    return m_groups.empty() ? tr("Nothing selected yet. Move the budget to see what each head keeps.") : QString();
}

QString HeadMap::caption() const
{
    return tr("Positions kept by each KV head of layer %1, one group of rows per run; yellow = kept, blue = evicted.").arg(m_layer);
}

QString HeadMap::csv() const
{
    QString out = QStringLiteral("run,layer,head,position,kept\n");
    for (const Group &group : m_groups)
        for (int h = 0; h < group.kept->heads(); ++h)
            for (int p = 0; p < grid().columns; ++p) {
                const float value = grid().values[static_cast<size_t>(group.firstRow + h) * static_cast<size_t>(grid().columns) + static_cast<size_t>(p)];
                if (!std::isnan(value))
                    out += QStringLiteral("%1,%2,%3,%4,%5\n")
                               .arg(group.letter < 0 ? QStringLiteral("preview") : runLetter(group.letter))
                               .arg(m_layer)
                               .arg(h)
                               .arg(p)
                               .arg(value > 0.5f ? 1 : 0);
            }
    return out;
}

QString HeadMap::describe() const
{
    const Cell cell = markedCell();
    if (cell.row < 0 || cell.column < 0 || cell.column >= grid().columns || cell.row >= grid().rows)
        return tr("Layer %1. Nothing marked.").arg(m_layer);
    const Row row = rowAt(cell.row);
    const float value = grid().values[static_cast<size_t>(cell.row) * static_cast<size_t>(grid().columns) + static_cast<size_t>(cell.column)];
    const QString who = row.letter < 0 ? tr("Preview") : tr("Run %1").arg(runLetter(row.letter));
    return tr("%1, layer %2, head %3, position %4: %5.")
        .arg(who)
        .arg(m_layer)
        .arg(row.head)
        .arg(cell.column)
        .arg(std::isnan(value) ? tr("not read yet") : value > 0.5f ? tr("kept") : tr("evicted"));
}

QJsonObject HeadMap::saveState() const
{
    QJsonObject state = GridView::saveState();
    state[QStringLiteral("layer")] = m_layer;
    return state;
}

void HeadMap::restoreState(const QJsonObject &state)
{
    m_layer = std::max(0, state.value(QStringLiteral("layer")).toInt(m_layer));
    fill();
    GridView::restoreState(state);
    Q_EMIT headerChanged();
}

} // namespace winnow
