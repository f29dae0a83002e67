#include "views/word_data.h"

#include "views/format.h"

#include <QCoreApplication>
#include <QTextBoundaryFinder>

#include <algorithm>
#include <cmath>
#include <set>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("words", text); }

} // namespace

WordText WordText::of(const QString &text)
{
    WordText line;
    line.text = text;
    std::vector<int> pointAt(static_cast<size_t>(text.size()) + 1, 0); // code point of each UTF-16 unit
    for (int i = 0; i < text.size(); ++i) {
        if (i > 0 && text[i].isLowSurrogate() && text[i - 1].isHighSurrogate()) {
            pointAt[static_cast<size_t>(i)] = line.size();
            continue;
        }
        pointAt[static_cast<size_t>(i)] = static_cast<int>(line.offsets.size());
        line.offsets.push_back(i);
    }
    pointAt.back() = static_cast<int>(line.offsets.size());
    line.offsets.push_back(static_cast<int>(text.size()));
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, text);
    int begin = 0;
    for (qsizetype end = finder.toNextBoundary(); end >= 0; end = finder.toNextBoundary()) {
        const int first = pointAt[static_cast<size_t>(begin)], last = pointAt[static_cast<size_t>(end)];
        if (last > first)
            line.cells.push_back({first, last, text[begin].isSpace()});
        begin = static_cast<int>(end);
    }
    return line;
}

QString WordText::between(int first, int end) const
{
    first = std::clamp(first, 0, size());
    end = std::clamp(end, first, size());
    const int begin = offsets[static_cast<size_t>(first)];
    return text.mid(begin, offsets[static_cast<size_t>(end)] - begin);
}

int WordText::cellOf(int point) const
{
    const auto after = std::upper_bound(cells.begin(), cells.end(), point, [](int p, const WordCell &cell) { return p < cell.end; });
    return static_cast<int>(after - cells.begin());
}

double WordText::cellPosition(double point) const
{
    const int cell = cellOf(static_cast<int>(point));
    if (cell >= static_cast<int>(cells.size()))
        return static_cast<double>(cells.size());
    const WordCell &at = cells[static_cast<size_t>(cell)];
    return cell + (point - at.first) / std::max(1, at.end - at.first);
}

int CutLine::wordAt(int point) const
{
    for (size_t i = 0; i < words.size(); ++i)
        if (point >= words[i].first && point < words[i].end)
            return static_cast<int>(i);
    return -1;
}

int CutErrors::wrong() const
{
    return static_cast<int>(std::count_if(words.begin(), words.end(), [](WordVerdict verdict) { return verdict != WordVerdict::Right; }));
}

double CutErrors::f1() const { return gold + found == 0 ? 1 : 2.0 * truePositive / (gold + found); }

CutErrors compareCuts(const CutLine &found, const CutLine &gold)
{
    CutErrors errors;
    errors.gold = static_cast<int>(gold.words.size());
    errors.found = static_cast<int>(found.words.size());
    // Ends of words are the boundaries: white space between two words belongs to neither.
    std::set<int> goldEnds, foundEnds;
    for (const WordSpan &word : gold.words)
        goldEnds.insert(word.end);
    for (const WordSpan &word : found.words)
        foundEnds.insert(word.end);
    const int last = std::max(goldEnds.empty() ? 0 : *goldEnds.rbegin(), foundEnds.empty() ? 0 : *foundEnds.rbegin());
    std::set<int> all = goldEnds;
    all.insert(foundEnds.begin(), foundEnds.end());
    all.erase(last);
    for (const int point : all) {
        const bool inGold = goldEnds.count(point) > 0, inFound = foundEnds.count(point) > 0;
        errors.boundaries.emplace_back(point, inGold && inFound ? BoundaryVerdict::Right : inFound ? BoundaryVerdict::FalseSplit : BoundaryVerdict::FalseJoin);
    }
    const auto falseSplit = [&](int point) { return point != last && goldEnds.count(point) == 0; };
    for (size_t i = 0; i < found.words.size(); ++i) {
        const WordSpan &word = found.words[i];
        if (std::find(gold.words.begin(), gold.words.end(), word) != gold.words.end()) {
            ++errors.truePositive;
            errors.words.push_back(WordVerdict::Right);
            continue;
        }
        const bool split = falseSplit(word.end) || (i > 0 && falseSplit(found.words[i - 1].end));
        const auto missed = goldEnds.upper_bound(word.first);
        const bool join = missed != goldEnds.end() && *missed < word.end;
        errors.words.push_back(split && join ? WordVerdict::Crossing : join ? WordVerdict::Join : WordVerdict::Split);
    }
    return errors;
}

const WordRun *WordData::find(int letter) const
{
    const auto it = std::find_if(runs.begin(), runs.end(), [&](const WordRun &run) { return run.run == letter; });
    return it == runs.end() ? nullptr : &*it;
}

int RibbonRow::count() const
{
    if (kind != Kind::KeptCache)
        return static_cast<int>(std::count_if(parts.begin(), parts.end(), [](const RibbonPart &part) { return part.kept; }));
    double kept = 0; // every layer and head keeps its own: their mean is what the budget says
    for (const RibbonPart &part : parts)
        kept += part.share;
    return static_cast<int>(std::lround(kept));
}

int TeacherLog::altered() const
{
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [](const TeacherLine &line) { return line.state != QLatin1String("exact"); }));
}

GoldLines alignGold(const std::vector<WordText> &lines, const std::vector<QStringList> &words)
{
    GoldLines gold;
    for (size_t i = 0; i < lines.size(); ++i) {
        const WordText &line = lines[i];
        CutLine cut;
        int point = 0;
        bool fits = true;
        const auto skipSpace = [&] {
            while (point < line.size() && line.between(point, point + 1).trimmed().isEmpty())
                ++point;
        };
        for (const QString &word : i < words.size() ? words[i] : QStringList()) {
            // White space inside a word of the list or of the line is no character of either.
            int first = -1;
            for (qsizetype at = 0; at < word.size() && fits; ++at) {
                if (word[at].isSpace())
                    continue;
                const qsizetype units = word[at].isHighSurrogate() ? 2 : 1;
                skipSpace();
                fits = point < line.size() && line.between(point, point + 1) == word.mid(at, units);
                first = first < 0 ? point : first;
                point += fits ? 1 : 0;
                at += units - 1;
            }
            if (fits && first >= 0)
                cut.words.push_back({first, point});
        }
        skipSpace();
        if (!fits || point != line.size()) {
            ++gold.misfits;
            cut.words.clear();
            for (const WordCell &cell : line.cells)
                if (!cell.space)
                    cut.words.push_back({cell.first, cell.end});
        }
        gold.lines.push_back(std::move(cut));
    }
    return gold;
}

QString missingWordsReason(const WordDataPtr &data)
{
    if (!data || data->lines.empty())
        return tr("No lines yet. Choose an input with text, or drop a segmented file on the window.");
    return data->problem;
}

namespace {

bool isMark(const QString &character)
{
    const QList<uint> points = character.toUcs4();
    return !points.isEmpty() && QChar::category(points.front()) >= QChar::Mark_NonSpacing && QChar::category(points.front()) <= QChar::Mark_Enclosing;
}

} // namespace

QString clusterAt(const QStringList &characters, qsizetype index)
{
    if (index > 0 && isMark(characters[index]))
        return {};
    QString cluster = characters[index];
    for (qsizetype next = index + 1; next < characters.size() && isMark(characters[next]); ++next)
        cluster += characters[next];
    return cluster;
}

QString standingAlone(const QString &character) { return isMark(character) ? QChar(0x25CC) + character : character; }

QString licenceNote(const WordDataPtr &data) { return data && !data->licence.isEmpty() ? tr(" Text: %1.").arg(data->licence) : QString(); }

QString errorKindName(const QString &kind)
{
    if (kind == QLatin1String("falseSplit"))
        return tr("false split");
    if (kind == QLatin1String("falseJoin"))
        return tr("false join");
    return kind == QLatin1String("crossing") ? tr("crossing") : kind;
}

WordFacts edgeFacts(const LatticeEdge &edge)
{
    WordFacts facts;
    const auto add = [&](const QString &name, const QString &value) { facts.append({name, value}); };
    if (edge.kind == QLatin1String("dict")) {
        add(tr("count"), format::integer(edge.count));
        add(tr("prefix"), edge.prefix.isEmpty() ? tr("root") : edge.prefix);
        add(tr("S"), format::integer(edge.prefixSum));
    }
    add(tr("log₂ P"), format::decimals(edge.log2, 2));
    if (edge.kind == QLatin1String("dict"))
        add(tr("unigram"), format::decimals(edge.unigram, 2));
    return facts;
}

} // namespace winnow
