// What the Selection panel says about a token of a prompt.
#include "app/window/selection_panel.h"

#include "app/workbench/workbench.h"
#include "views/format.h"

#include <cmath>

namespace winnow {
namespace {

    QString ranked(const std::vector<float> &values, int token, const QString &value)
    {
        const int rank = PromptData::rankOf(values, token);
        return rank > 0 ? QStringLiteral("%1, %2").arg(value, format::integer(rank)) : value;
    }

    bool has(const std::vector<float> &values, int token) { return static_cast<size_t>(token) < values.size() && !std::isnan(values[static_cast<size_t>(token)]); }

    void scoreRows(SelectionFacts &facts, const PromptData &prompt, int token)
    {
        if (prompt.scores.empty())
            return;
        const PromptScores &scores = prompt.scores.front();
        const auto at = static_cast<size_t>(token);
        if (has(scores.information, token))
            facts.rows.append({SelectionPanel::tr("Information"), SelectionPanel::tr("%1 nats").arg(format::decimals(static_cast<double>(scores.information[at]), 2))});
        if (has(scores.attention, token))
            facts.rows.append({SelectionPanel::tr("Attention"), format::decimals(static_cast<double>(scores.attention[at]), 3)});
        if (!has(scores.fused, token))
            return;
        const bool pair = !scores.information.empty() && !scores.attention.empty();
        const double value = static_cast<double>(pair ? fusedShares(scores.fused)[at] : scores.fused[at]);
        facts.rows.append({pair ? SelectionPanel::tr("Fused, rank") : SelectionPanel::tr("Value, rank"), ranked(scores.fused, token, format::shortNumber(value))});
    }

} // namespace

SelectionFacts promptFacts(const Workbench &bench)
{
    SelectionFacts facts;
    const RunEntry &current = bench.viewData()->current;
    const int token = bench.selection().token;
    if (!current.prompt || token < 0 || token >= current.prompt->tokens())
        return facts;
    const PromptData &prompt = *current.prompt;
    facts.title = QStringLiteral("“%1”").arg(prompt.text->label(token));
    facts.place = SelectionPanel::tr("token %1").arg(token);
    scoreRows(facts, prompt, token);
    const int removed = prompt.stageOf[static_cast<size_t>(token)];
    facts.rows.append({SelectionPanel::tr("Cut"), removed == 0 ? (prompt.isProtected[static_cast<size_t>(token)] ? SelectionPanel::tr("no, protected") : SelectionPanel::tr("no")) : prompt.stageCount > 1 ? SelectionPanel::tr("stage %1 of %2").arg(removed).arg(prompt.stageCount) : SelectionPanel::tr("yes")});
    QStringList others;
    for (const RunEntry &run : bench.viewData()->runs)
        if (run.prompt && run.index != current.index && run.prompt->ids == prompt.ids && run.prompt->stageOf[static_cast<size_t>(token)] > 0)
            others << runLetter(run.index);
    facts.rows.append({removed > 0 ? SelectionPanel::tr("Also cut by") : SelectionPanel::tr("Cut by"), others.isEmpty() ? QStringLiteral("–") : others.join(QStringLiteral(", "))});
    return facts;
}

} // namespace winnow
