// What the Selection panel says about a pair of heads.
#include "app/window/selection_panel.h"

#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/matrix_view.h"
#include "views/token_text.h"

#include <cmath>

namespace winnow {
namespace {

    /// The word of a metric at the head of a row: "Cosine", "Jaccard".
    QString rowName(const PairTable &table)
    {
        if (table.metric == QLatin1String("cosine_nosink"))
            return table.skipSinks == 1 ? SelectionPanel::tr("Without first token") : SelectionPanel::tr("Without first %1").arg(table.skipSinks);
        return table.topCount > 0 ? SelectionPanel::tr("%1, top %2").arg(metricTitle(table.metric)).arg(table.topCount) : metricTitle(table.metric);
    }

    void layerRows(SelectionFacts &facts, const PairData &data, const PairMark &mark)
    {
        const std::vector<float> best = layerTable(data, HeadPooling::Best), mean = layerTable(data, HeadPooling::Mean);
        const size_t at = static_cast<size_t>(mark.layer) * static_cast<size_t>(data.small.layers()) + static_cast<size_t>(mark.smallLayer);
        facts.rows.append({SelectionPanel::tr("Best pair of heads"), similarityText(static_cast<double>(best[at]))});
        facts.rows.append({SelectionPanel::tr("Mean of heads"), similarityText(static_cast<double>(mean[at]))});
    }

    void headRows(SelectionFacts &facts, const PairData &data, const PairMark &mark)
    {
        const int row = mark.layer * data.large.heads() + mark.head, column = mark.smallLayer * data.small.heads() + mark.smallHead;
        const PairTable &shown = *data.table;
        facts.rows.append({rowName(shown), similarityText(static_cast<double>(shown.value(row, column)))});
        const bool matched = shown.match[static_cast<size_t>(row)] == column;
        if (matched)
            facts.rows.append({SelectionPanel::tr("Margin to second"), similarityText(static_cast<double>(shown.margin[static_cast<size_t>(row)]))});
        else
            facts.rows.append({SelectionPanel::tr("Best is %1").arg(format::headAddress(matchOf(data, row).smallLayer, matchOf(data, row).smallHead)), similarityText(static_cast<double>(shown.score[static_cast<size_t>(row)]))});
        for (const char *metric : {"cosine", "cosine_nosink", "jaccard"})
            for (const PairTablePtr &table : data.tables)
                if (table != data.table && table->metric == QLatin1String(metric) && facts.rows.size() < 4)
                    facts.rows.append({rowName(*table), similarityText(static_cast<double>(table->value(row, column)))});
    }

} // namespace

SelectionFacts pairFacts(const Workbench &bench)
{
    SelectionFacts facts;
    const PairDataPtr &data = bench.viewData()->pair;
    const PairMark &mark = bench.selection().pair;
    const bool inside = data && data->table && mark.hasLayers() && mark.layer < data->large.layers() && mark.smallLayer < data->small.layers() && mark.head < data->large.heads() && mark.smallHead < data->small.heads();
    if (!inside)
        return facts;
    if (mark.hasHeads()) {
        facts.title = SelectionPanel::tr("%1 with %2").arg(format::headAddress(mark.layer, mark.head), format::headAddress(mark.smallLayer, mark.smallHead));
        facts.place = SelectionPanel::tr("heads");
        headRows(facts, *data, mark);
    } else {
        facts.title = SelectionPanel::tr("%1 with %2").arg(mark.layer).arg(mark.smallLayer);
        facts.place = SelectionPanel::tr("layers");
        layerRows(facts, *data, mark);
    }
    const int token = bench.selection().token;
    QString key = QStringLiteral("–");
    if (token >= 0 && token < data->pieces.size()) {
        std::vector<std::string> pieces;
        for (const QString &piece : data->pieces)
            pieces.push_back(piece.toStdString());
        key = QStringLiteral("%1 “%2”").arg(token).arg(TokenText::fromPieces(pieces, {}).label(token));
    }
    facts.rows.append({SelectionPanel::tr("Key token"), key});
    return facts;
}

} // namespace winnow
