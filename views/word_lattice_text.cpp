// What the lattice says in words: note, legend, caption, data.
#include "views/word_lattice.h"

#include "views/format.h"
#include "views/painted_table.h"

#include <algorithm>
#include <cmath>

namespace winnow {

QString WordLatticeView::note() const
{
    if (!lattice())
        return {};
    const QString who = lattice()->run >= 0 ? runLetter(lattice()->run) + QStringLiteral(", ") : QString();
    return who + tr("log₂ P of a word; best path bold");
}

QVector<LegendEntry> WordLatticeView::legend(const Theme &theme) const
{
    if (!lattice())
        return {};
    QVector<LegendEntry> entries;
    const auto add = [&](const char *kind, const QString &name, const QColor &color) {
        if (std::none_of(lattice()->edges.begin(), lattice()->edges.end(), [&](const LatticeEdge &edge) { return edge.kind == QLatin1String(kind); }))
            return;
        LegendEntry entry;
        entry.sample = LegendEntry::Sample::Bar;
        entry.fills = {color};
        entry.text = name;
        entries << entry;
    };
    add("number", tr("number"), theme.parts[1]);
    add("latin", tr("Latin"), theme.ok);
    if (!entries.isEmpty())
        add("dict", tr("list"), theme.parts[0]);
    return entries;
}

QString WordLatticeView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    if (!lattice() && selection().word.isSet())
        return tr("No candidate words yet. They come with the segmenter's answer for the marked line.");
    if (!lattice())
        return tr("No line marked. Click a word above: its line is shown with every candidate word.");
    return lattice()->edges.empty() ? tr("This method has no lattice. Choose LLACA or another dictionary method.") : QString();
}

QString WordLatticeView::caption() const
{
    if (!lattice() || !data().words || lattice()->paths.empty())
        return {};
    return tr("Candidate words of line %1; numbers: log₂ P; best path %2 with score %3.").arg(lattice()->line + 1).arg(lattice()->paths.front().words.join(QStringLiteral(" / ")), format::decimals(lattice()->paths.front().score, 2)) + licenceNote(data().words);
}

QString WordLatticeView::csv() const
{
    QString out = QStringLiteral("start,end,word,kind,count,prefix,S(prefix),log2 P,unigram,best\n");
    const auto number = [](double v) { return std::isfinite(v) ? QString::number(v, 'g', 9) : QString(); };
    if (lattice())
        for (const LatticeEdge &edge : lattice()->edges)
            out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7,%8,%9,%10\n").arg(edge.start).arg(edge.end).arg(csvText(wordOf(edge)), edge.kind, number(edge.count), csvText(edge.prefix), number(edge.prefixSum), number(edge.log2), number(edge.unigram)).arg(edge.best ? 1 : 0);
    return out;
}

QString WordLatticeView::describe() const
{
    if (!lattice() || m_edge < 0)
        return tr("No arc marked. Left and right move through the candidate words.");
    const LatticeEdge &edge = lattice()->edges[static_cast<size_t>(m_edge)];
    QStringList said{wordOf(edge)};
    for (const auto &[name, value] : edgeFacts(edge))
        said << name + QLatin1Char(' ') + value;
    return said.join(QStringLiteral(", ")) + (edge.best ? tr(", on the best path") : QString());
}

} // namespace winnow
