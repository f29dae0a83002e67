// What the automaton says in words: note, legend, caption, data.
#include "views/word_automaton.h"

#include "views/painted_table.h"

namespace winnow {

QString WordAutomaton::note() const
{
    return lattice() && !lattice()->nodes.empty() ? tr("%1 of %2").arg(m_step).arg(stepCount()) : QString();
}

QVector<LegendEntry> WordAutomaton::legend(const Theme &theme) const
{
    LegendEntry word, fail, pre;
    word.sample = LegendEntry::Sample::Box;
    word.fills = {theme.kept.fill, theme.t2};
    word.text = tr("word, count of S");
    fail.sample = LegendEntry::Sample::DashedBar;
    fail.fills = {theme.parts[1]};
    fail.text = tr("fail");
    pre.sample = LegendEntry::Sample::DashedBar;
    pre.fills = {theme.parts[3]};
    pre.text = tr("prefix");
    return {word, fail, pre};
}

QString WordAutomaton::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    if (!lattice())
        return tr("No line marked. Click a word above: the automaton walks over its line.");
    return lattice()->nodes.empty() ? tr("This method has no automaton. Choose LLACA or another dictionary method.") : QString();
}

QString WordAutomaton::caption() const
{
    return lattice() ? tr("Trie nodes that line %1 touches, counts of words, fail links dashed, prefix links dotted; step %2 of %3.").arg(lattice()->line + 1).arg(m_step).arg(stepCount()) : QString();
}

QString WordAutomaton::csv() const
{
    QString out = QStringLiteral("id,parent,label,depth,word,count,sum,pre,fail\n");
    if (lattice())
        for (const TrieNode &node : lattice()->nodes)
            out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7,%8,%9\n").arg(node.id).arg(node.parent).arg(csvText(node.label)).arg(node.depth).arg(csvText(node.word)).arg(node.count).arg(node.sum).arg(node.pre).arg(node.fail);
    return out;
}

QString WordAutomaton::describe() const
{
    const int node = currentNode();
    if (node < 0)
        return emptyReason();
    const QStringList borders = m_step > 0 ? lattice()->steps[static_cast<size_t>(m_step) - 1].borders : QStringList();
    return tr("step %1 of %2, state %3, words that end here: %4").arg(m_step).arg(stepCount()).arg(stateWord(node), borders.isEmpty() ? tr("none") : borders.join(QStringLiteral(", ")));
}

} // namespace winnow
