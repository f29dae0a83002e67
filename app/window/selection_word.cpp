// What the Selection panel says about a word.
#include "app/window/selection_panel.h"

#include "app/workbench/workbench.h"
#include "views/word_lines.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr qsizetype kRows = 5; // of the panel

    QString cutAt(const WordText &text, const CutLine &cut, const WordMark &mark)
    {
        QStringList words;
        for (const WordSpan &word : cut.words)
            if (word.first < mark.end && word.end > mark.first)
                words << text.word(word);
        return words.size() == 1 && words.front() == text.between(mark.first, mark.end) ? SelectionPanel::tr("one word") : words.join(QStringLiteral(" / "));
    }

} // namespace

SelectionFacts wordFacts(const Workbench &bench)
{
    SelectionFacts facts;
    const WordDataPtr &data = bench.words().data();
    const WordMark &mark = bench.selection().word;
    if (!data || !mark.hasWord() || mark.line >= static_cast<int>(data->lines.size()))
        return facts;
    const auto line = static_cast<size_t>(mark.line);
    const WordText &text = data->lines[line];
    facts.title = text.between(mark.first, mark.end);
    facts.place = mark.end - mark.first == 1 ? SelectionPanel::tr("line %1, %2").arg(mark.line + 1).arg(mark.end) : SelectionPanel::tr("line %1, %2 to %3").arg(mark.line + 1).arg(mark.first + 1).arg(mark.end);
    // What the method says of its own word comes before how the others cut there.
    WordFacts own;
    if (data->lattice && data->lattice->line == mark.line) {
        own = explainedFacts(*data->lattice, {mark.first, mark.end});
        for (const LatticeEdge &edge : data->lattice->edges) {
            const int first = data->lattice->points[static_cast<size_t>(edge.start)];
            const int last = data->lattice->points[static_cast<size_t>(edge.end) - 1] + static_cast<int>(data->lattice->characters[edge.end - 1].toUcs4().size());
            if (edge.kind == QLatin1String("dict") && first == mark.first && last == mark.end && own.isEmpty())
                own = edgeFacts(edge);
        }
    }
    if (data->hasGold())
        facts.rows.append({SelectionPanel::tr("Gold"), cutAt(text, data->gold[line], mark)});
    const qsizetype kept = std::min<qsizetype>(2, own.size());
    for (const WordRun &run : data->runs)
        if (facts.rows.size() < kRows - kept)
            facts.rows.append({run.run >= 0 ? runLetter(run.run) : run.title, cutAt(text, run.lines[line], mark)});
    for (const auto &fact : own)
        if (facts.rows.size() < kRows)
            facts.rows.append(fact);
    return facts;
}

} // namespace winnow
