#include "views/layer_matrix.h"

#include <QAction>
#include <QActionGroup>

#include <algorithm>
#include <cmath>

namespace winnow {

QString missingPairReason(const PairDataPtr &pair)
{
    return pair && pair->table ? QString() : LayerMatrix::tr("Nothing compared yet. Choose a small model that shares the tokenizer of the large one.");
}

LayerMatrix::LayerMatrix(QWidget *parent)
    : MatrixView(parent)
    , m_best(new QAction(tr("Best Pair of Heads"), this))
    , m_mean(new QAction(tr("Mean over Heads"), this))
{
    setAccessibleName(tr("Similarity by layer"));
    auto *group = new QActionGroup(this);
    for (QAction *action : {m_best, m_mean}) {
        action->setCheckable(true);
        group->addAction(action);
        addAction(action);
    }
    m_best->setChecked(true);
    connect(m_best, &QAction::triggered, this, [this] { setPooling(HeadPooling::Best); });
    connect(m_mean, &QAction::triggered, this, [this] { setPooling(HeadPooling::Mean); });
}

void LayerMatrix::setPooling(HeadPooling pooling)
{
    if (pooling == m_pooling)
        return;
    m_pooling = pooling;
    (pooling == HeadPooling::Best ? m_best : m_mean)->setChecked(true);
    fill();
    invalidateBase();
    Q_EMIT headerChanged();
}

bool LayerMatrix::dataChanged()
{
    fill();
    return true;
}

void LayerMatrix::fill()
{
    Matrix matrix;
    if (const PairDataPtr shown = pair(); shown && shown->table) {
        matrix.rows = shown->large.layers();
        matrix.columns = shown->small.layers();
        matrix.values = layerTable(*shown, m_pooling);
        matrix.low = shown->table->low;
        matrix.high = shown->table->high;
        if (m_pooling == HeadPooling::Mean) { // means lie lower: their own range, or nothing would be told apart
            std::vector<float> finite = matrix.values;
            std::erase_if(finite, [](float v) { return !std::isfinite(v); });
            const auto [least, most] = std::minmax_element(finite.begin(), finite.end());
            if (!finite.empty() && *most - *least > 1e-6F) {
                matrix.low = std::floor(*least * 20) / 20;
                matrix.high = std::ceil(*most * 20) / 20;
            }
        }
        matrix.rowTitle = tr("%1 layer, %2").arg(shown->large.shortName).arg(matrix.rows);
        matrix.columnTitle = tr("%1 layer, %2").arg(shown->small.shortName).arg(matrix.columns);
        for (int r = 0; r < matrix.rows; ++r) {
            int best = -1;
            for (int c = 0; c < matrix.columns; ++c) {
                const float v = matrix.values[static_cast<size_t>(r) * static_cast<size_t>(matrix.columns) + static_cast<size_t>(c)];
                const float top = best < 0 ? -1e30F : matrix.values[static_cast<size_t>(r) * static_cast<size_t>(matrix.columns) + static_cast<size_t>(best)];
                if (!std::isnan(v) && v > top)
                    best = c;
            }
            matrix.best.push_back(best);
        }
    }
    setMatrix(std::move(matrix));
}

bool LayerMatrix::followSelection(const Selection &before)
{
    // Labels beside the marked index give way, so the picture follows the cell.
    return before.pair.layer != selection().pair.layer || before.pair.smallLayer != selection().pair.smallLayer;
}

PairMark LayerMatrix::markFor(Cell cell) const { return bestHeads(*pair(), cell.row, cell.column); }

MatrixView::Cell LayerMatrix::markedCell() const
{
    const PairMark &mark = selection().pair;
    return mark.hasLayers() ? Cell{mark.layer, mark.smallLayer} : Cell{};
}

QString LayerMatrix::cellText(Cell cell) const
{
    const QString how = m_pooling == HeadPooling::Best ? tr("best %1") : tr("mean %1");
    return tr("%1 layer %2 with %3 layer %4: %5 %6")
        .arg(pair()->large.shortName)
        .arg(cell.row)
        .arg(pair()->small.shortName)
        .arg(cell.column)
        .arg(how.arg(metricWord(pair()->table->metric)), similarityText(static_cast<double>(value(cell))));
}

QString LayerMatrix::note() const
{
    if (!pair() || !pair()->table)
        return {};
    return tr("%1, %2").arg(m_pooling == HeadPooling::Best ? tr("best head pair") : tr("mean of head pairs"), metricWord(pair()->table->metric));
}

QString LayerMatrix::caption() const
{
    if (!pair() || !pair()->table)
        return {};
    const QString how = m_pooling == HeadPooling::Best ? tr("Best pair of heads") : tr("Mean over the pairs of heads");
    return tr("%1 of each pair of layers of %2 (rows) and %3 (columns), %4 over %5 tokens of %6; dots mark the best column of a row.")
        .arg(how, pair()->large.name, pair()->small.name, metricWord(pair()->table->metric))
        .arg(pair()->tokens)
        .arg(pair()->inputName.isEmpty() ? tr("the text") : pair()->inputName);
}

QString LayerMatrix::emptyReason() const { return missingPairReason(pair()); }

QJsonObject LayerMatrix::saveState() const { return {{QStringLiteral("pooling"), m_pooling == HeadPooling::Mean ? QStringLiteral("mean") : QStringLiteral("best")}}; }

void LayerMatrix::restoreState(const QJsonObject &state)
{
    setPooling(state.value(QStringLiteral("pooling")).toString() == QLatin1String("mean") ? HeadPooling::Mean : HeadPooling::Best);
}

} // namespace winnow
