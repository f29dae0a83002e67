#include "views/word_scores.h"

#include "views/format.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace winnow {

namespace {

using Cell = PaintedTable::Cell;

Cell number(double value, int digits = 1) { return {format::decimals(value, digits), value, std::isnan(value) ? Cell::Tone::Quiet : Cell::Tone::Plain}; }

Cell percent(double share) { return number(share * 100); }

/// Half the width of the interval: "±0.6".
Cell interval(const WordScores &scores)
{
    const double half = (scores.high - scores.low) * 50;
    Cell cell = number(half);
    if (!std::isnan(half))
        cell.text = QStringLiteral("±") + cell.text;
    cell.tone = Cell::Tone::Quiet;
    return cell;
}

} // namespace

std::vector<WordErrorRow> countErrors(const WordData &data, const WordRun &run)
{
    std::map<std::pair<QString, QString>, WordErrorRow> counted;
    for (size_t line = 0; line < run.errors.size(); ++line) {
        const CutErrors &errors = run.errors[line];
        for (size_t i = 0; i < errors.words.size(); ++i) {
            const WordVerdict verdict = errors.words[i];
            if (verdict == WordVerdict::Right)
                continue;
            const WordSpan &span = run.lines[line].words[i];
            QStringList gold;
            for (const WordSpan &word : data.gold[line].words)
                if (word.first < span.end && word.end > span.first)
                    gold << data.lines[line].word(word);
            const QString kind = verdict == WordVerdict::Crossing ? QStringLiteral("crossing") : verdict == WordVerdict::Join ? QStringLiteral("falseJoin") : QStringLiteral("falseSplit");
            auto [entry, fresh] = counted.try_emplace({data.lines[line].word(span), gold.join(QStringLiteral(" / "))});
            if (fresh)
                entry->second = {static_cast<int>(line), span.first, span.end, 0, kind, entry->first.second, entry->first.first};
            ++entry->second.count;
        }
    }
    std::vector<WordErrorRow> rows;
    for (auto &[key, row] : counted)
        rows.push_back(std::move(row));
    std::stable_sort(rows.begin(), rows.end(), [](const WordErrorRow &a, const WordErrorRow &b) { return a.count > b.count; });
    return rows;
}

WordScoresView::WordScoresView(QWidget *parent)
    : PaintedTable(parent)
    , m_parts(new SegmentedControl({tr("All"), tr("Length"), tr("Errors")}, this))
{
    setAccessibleName(tr("Scores of the segmenters"));
    m_parts->hide();
    connect(m_parts, &SegmentedControl::chosen, this, [this](int index) { setPart(static_cast<Part>(index)); });
}

QVector<QWidget *> WordScoresView::headerControls() { return {m_parts}; }

void WordScoresView::setPart(Part part)
{
    const bool other = part != m_part;
    m_part = part;
    m_parts->setCurrent(static_cast<int>(part));
    if (other)
        sortBy(-1, Qt::AscendingOrder);
    fill();
    Q_EMIT headerChanged();
}

bool WordScoresView::dataChanged()
{
    fill();
    return true;
}

void WordScoresView::fill()
{
    m_errors.clear();
    if (!data().words)
        return setTable({}, {});
    switch (m_part) {
    case Part::Methods: return fillMethods();
    case Part::Lengths: return fillLengths();
    case Part::Errors: return fillErrors();
    }
}

void WordScoresView::fillMethods()
{
    std::vector<Row> rows;
    for (const WordRun &run : data().words->runs) {
        const WordScores &s = run.scores;
        Cell name{run.title, 0};
        const bool shown = run.run >= 0 && data().words->current() == &run;
        Cell f1 = percent(s.f1);
        f1.bold = shown;
        Cell speed{format::shortNumber(s.charactersPerSecond), s.charactersPerSecond, Cell::Tone::Plain};
        rows.push_back({{name, f1, interval(s), percent(s.recallIv), percent(s.recallOov), number(s.trainSeconds), percent(s.precision), percent(s.recall), percent(s.boundaryF1), number(s.exactLines, 0), percent(s.typeF1), number(s.meanLength, 2), speed}, run.run, run.run, shown});
    }
    setTable({{tr("Method"), {}, false, 96}, {tr("F1"), {}, true, 42}, {QStringLiteral("95 %"), {}, true, 44}, {tr("In list"), {}, true, 48}, {tr("New"), {}, true, 42}, {tr("Train"), QStringLiteral("s"), true, 54}, {tr("Precision"), {}, true, 68}, {tr("Recall"), {}, true, 52},
                 {tr("Boundary F1"), {}, true, 84}, {tr("Exact lines"), {}, true, 76}, {tr("Type F1"), {}, true, 60}, {tr("Mean length"), {}, true, 84}, {tr("Speed"), tr("chars/s"), true, 96}},
        std::move(rows));
}

void WordScoresView::fillLengths()
{
    std::vector<Row> rows;
    const WordRun *run = data().words->current();
    int id = 0;
    for (const WordLengthRow &length : run ? run->byLength : std::vector<WordLengthRow>())
        rows.push_back({{Cell{length.length, length.length.toDouble()}, {format::integer(length.gold), length.gold}, percent(length.f1), percent(length.precision), percent(length.recall)}, -1, id++});
    setTable({{tr("Characters"), {}, false, 70}, {tr("Gold words"), {}, true, 78}, {tr("F1"), {}, true, 48}, {tr("Precision"), {}, true, 66}, {tr("Recall"), {}, true, 52}}, std::move(rows));
}

void WordScoresView::fillErrors()
{
    std::vector<Row> rows;
    if (const WordRun *run = data().words->current())
        m_errors = run->errorRows.empty() ? countErrors(*data().words, *run) : run->errorRows;
    int id = 0;
    for (const WordErrorRow &error : m_errors)
        rows.push_back({{Cell{error.found, 0}, Cell{error.gold, 0, Cell::Tone::Quiet}, Cell{errorKindName(error.kind), 0, Cell::Tone::Quiet}, {format::integer(error.count), double(error.count)}, {format::integer(error.line + 1), double(error.line + 1)}}, -1, id++});
    setTable({{tr("Found"), {}, false, 70}, {tr("Gold"), {}, false, 92}, {tr("Kind"), {}, false, 72}, {tr("Times"), {}, true, 44}, {tr("Line"), {}, true, 40}}, std::move(rows));
}

void WordScoresView::rowChosen(int id)
{
    if (m_part == Part::Methods && id >= 0) {
        Q_EMIT activated(id);
    } else if (m_part == Part::Errors && id < static_cast<int>(m_errors.size())) {
        const WordErrorRow &error = m_errors[static_cast<size_t>(id)];
        Selection next = selection();
        next.word = {error.line, error.first, error.end, data().words->current() ? data().words->current()->run : -1};
        request(next, Gesture::Click);
    }
}

int WordScoresView::markedId() const
{
    const WordMark &mark = selection().word;
    if (m_part != Part::Errors || !mark.hasWord())
        return -1;
    for (size_t i = 0; i < m_errors.size(); ++i)
        if (m_errors[i].line == mark.line && m_errors[i].first == mark.first && m_errors[i].end == mark.end)
            return static_cast<int>(i);
    return -1;
}

QString WordScoresView::note() const
{
    if (!data().words || !emptyReason().isEmpty() || width() < scaled(400))
        return {}; // the parts need the room
    const WordRun *run = data().words->current();
    const QString name = run ? (run->run >= 0 ? runLetter(run->run) : run->title) : QString();
    switch (m_part) {
    case Part::Methods: return tr("%1 lines").arg(format::integer(static_cast<double>(data().words->lines.size())));
    case Part::Lengths: return name;
    case Part::Errors: return tr("%1, %2 kinds").arg(name).arg(m_errors.size());
    }
    return {};
}

QString WordScoresView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    if (!data().words->hasGold())
        return tr("No gold words. Scores need lines whose words are known: open a treebank, or text in the bar format.");
    return m_part == Part::Lengths && rows().empty() ? tr("No scores by length. They come with the result of the shown method.") : m_part == Part::Errors && rows().empty() ? tr("No errors. Every word of the shown method is a gold word.") : QString();
}

QString WordScoresView::caption() const
{
    if (!data().words)
        return {};
    const QString lines = tr("%1, %2 lines").arg(data().words->input).arg(data().words->lines.size());
    const WordRun *run = data().words->current();
    switch (m_part) {
    case Part::Methods: return tr("Word scores in percent on %1; 95 % interval by paired bootstrap over lines; recall of words in and not in the list; seconds of training.").arg(lines);
    case Part::Lengths: return tr("Word scores of %1 in percent by length of the word in characters, %2.").arg(run ? run->title : QString(), lines);
    case Part::Errors: return tr("Words of %1 that are not in gold, equal ones counted together, %2.").arg(run ? run->title : QString(), lines);
    }
    return {};
}

QString WordScoresView::csv() const { return tableCsv(); }

QString WordScoresView::describe() const
{
    if (!data().words)
        return {};
    QStringList said;
    for (const WordRun &run : data().words->runs)
        said << tr("%1 F1 %2").arg(run.title, format::decimals(run.scores.f1 * 100, 1));
    return said.join(QStringLiteral(", "));
}

QJsonObject WordScoresView::saveState() const
{
    QJsonObject state = PaintedTable::saveState();
    state[QStringLiteral("part")] = static_cast<int>(m_part);
    return state;
}

void WordScoresView::restoreState(const QJsonObject &state)
{
    setPart(static_cast<Part>(std::clamp(state.value(QStringLiteral("part")).toInt(0), 0, 2)));
    PaintedTable::restoreState(state);
}

} // namespace winnow
