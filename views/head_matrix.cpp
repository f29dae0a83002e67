#include "views/head_matrix.h"

#include "views/format.h"
#include "views/layer_matrix.h"

#include <algorithm>

namespace winnow {

HeadMatrix::HeadMatrix(QWidget *parent)
    : MatrixView(parent)
{
    setAccessibleName(tr("Similarity by head of two layers"));
}

bool HeadMatrix::dataChanged()
{
    fill();
    return true;
}

void HeadMatrix::fill()
{
    Matrix matrix;
    if (const PairDataPtr shown = pair(); shown && shown->table) {
        m_layer = std::clamp(m_layer, 0, std::max(0, shown->large.layers() - 1));
        m_smallLayer = std::clamp(m_smallLayer, 0, std::max(0, shown->small.layers() - 1));
        matrix.rows = shown->large.heads();
        matrix.columns = shown->small.heads();
        matrix.low = shown->table->low;
        matrix.high = shown->table->high;
        matrix.rowTitle = tr("%1 head").arg(shown->large.shortName);
        matrix.columnTitle = tr("%1 head").arg(shown->small.shortName);
        for (int head = 0; head < matrix.rows; ++head) {
            const int row = m_layer * matrix.rows + head;
            for (int other = 0; other < matrix.columns; ++other)
                matrix.values.push_back(shown->table->value(row, m_smallLayer * matrix.columns + other));
            const PairMark match = matchOf(*shown, row);
            matrix.best.push_back(match.smallLayer == m_smallLayer ? match.smallHead : -1);
        }
    }
    setMatrix(std::move(matrix));
}

bool HeadMatrix::followSelection(const Selection &before)
{
    const PairMark &now = selection().pair;
    if (now.hasLayers() && (now.layer != m_layer || now.smallLayer != m_smallLayer)) {
        m_layer = now.layer;
        m_smallLayer = now.smallLayer;
        fill();
        return true;
    }
    return before.pair != now;
}

PairMark HeadMatrix::markFor(Cell cell) const { return {m_layer, cell.row, m_smallLayer, cell.column}; }

MatrixView::Cell HeadMatrix::markedCell() const
{
    const PairMark &mark = selection().pair;
    return mark.hasHeads() && mark.layer == m_layer && mark.smallLayer == m_smallLayer ? Cell{mark.head, mark.smallHead} : Cell{};
}

QString HeadMatrix::cellText(Cell cell) const
{
    return tr("%1 with %2: %3 %4")
        .arg(format::headAddress(m_layer, cell.row), format::headAddress(m_smallLayer, cell.column), metricWord(pair()->table->metric),
            similarityText(static_cast<double>(value(cell))));
}

QString HeadMatrix::note() const { return emptyReason().isEmpty() ? tr("layer %1 with layer %2").arg(m_layer).arg(m_smallLayer) : QString(); }

QString HeadMatrix::caption() const
{
    if (!pair() || !pair()->table)
        return {};
    return tr("Heads of layer %1 of %2 (rows) against heads of layer %3 of %4 (columns), %5 over %6 tokens; dots mark heads whose best match of all is here.")
        .arg(m_layer)
        .arg(pair()->large.name)
        .arg(m_smallLayer)
        .arg(pair()->small.name, metricWord(pair()->table->metric))
        .arg(pair()->tokens);
}

QString HeadMatrix::emptyReason() const { return missingPairReason(pair()); }

QJsonObject HeadMatrix::saveState() const { return {{QStringLiteral("layer"), m_layer}, {QStringLiteral("smallLayer"), m_smallLayer}}; }

void HeadMatrix::restoreState(const QJsonObject &state)
{
    m_layer = std::max(0, state.value(QStringLiteral("layer")).toInt(m_layer));
    m_smallLayer = std::max(0, state.value(QStringLiteral("smallLayer")).toInt(m_smallLayer));
    fill();
    invalidateBase();
    Q_EMIT headerChanged();
}

} // namespace winnow
