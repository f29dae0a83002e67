// Reports of segmenters, read into what the Words page shows.
#include "core/base/json_fields.h"
#include "views/word_data.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("words", text); }

    QString text(const std::string &word) { return QString::fromStdString(word); }

    /// Rows of a table by the names of its columns.
    class NamedRows {
    public:
        explicit NamedRows(const TableArtifact &table)
            : m_table(table)
        {
            for (size_t i = 0; i < table.columns.size(); ++i)
                m_columns[table.columns[i]] = i;
        }
        size_t size() const { return m_table.rows.is_array() ? m_table.rows.size() : 0; }
        double number(size_t row, const char *column) const { return numberFromJson(cell(row, column)).value_or(kNoNumber); }
        QString word(size_t row, const char *column) const
        {
            const Json value = cell(row, column);
            return value.is_string() ? text(value.get<std::string>()) : value.is_number_integer() ? QString::number(value.get<int64_t>()) : value.is_number() ? QString::number(value.get<double>()) : QString();
        }
        bool flag(size_t row, const char *column) const // what is not said is true
        {
            const Json value = cell(row, column);
            return value.is_boolean() ? value.get<bool>() : numberFromJson(value).value_or(1) != 0;
        }

    private:
        Json cell(size_t row, const char *column) const
        {
            const auto at = m_columns.find(column);
            const Json &cells = m_table.rows[row];
            return at == m_columns.end() || !cells.is_array() || at->second >= cells.size() ? Json() : cells[at->second];
        }
        const TableArtifact &m_table;
        std::map<std::string, size_t> m_columns;
    };

    void readScores(const NamedRows &rows, const std::string &method, WordScores &scores)
    {
        size_t row = 0;
        for (size_t i = 0; i < rows.size(); ++i)
            row = rows.word(i, "method") == text(method) ? i : row;
        if (rows.size() == 0)
            return;
        const std::pair<const char *, double *> fields[] = {{"precision", &scores.precision}, {"recall", &scores.recall}, {"f1", &scores.f1}, {"low", &scores.low}, {"high", &scores.high},
            {"boundaryF1", &scores.boundaryF1}, {"exactLines", &scores.exactLines}, {"oov", &scores.oov}, {"recallIv", &scores.recallIv}, {"recallOov", &scores.recallOov},
            {"meanLength", &scores.meanLength}, {"vocabulary", &scores.vocabulary}, {"typeF1", &scores.typeF1}, {"charactersPerSecond", &scores.charactersPerSecond}, {"trainSeconds", &scores.trainSeconds}};
        for (const auto &[name, value] : fields)
            *value = rows.number(row, name);
    }

    void readMetrics(const Report &report, WordScores &scores)
    {
        const std::pair<const char *, double *> fields[] = {{"precision", &scores.precision}, {"recall", &scores.recall}, {"f1", &scores.f1}, {"boundaryF1", &scores.boundaryF1},
            {"exactLines", &scores.exactLines}, {"meanLength", &scores.meanLength}, {"vocabulary", &scores.vocabulary}, {"typeF1", &scores.typeF1}, {"oov", &scores.oov},
            {"recallIv", &scores.recallIv}, {"recallOov", &scores.recallOov}, {"low", &scores.low}, {"high", &scores.high}, {"charactersPerSecond", &scores.charactersPerSecond}, {"trainSeconds", &scores.trainSeconds}};
        for (const auto &[name, value] : fields)
            if (std::isnan(*value))
                *value = report.metric(name).value_or(kNoNumber);
    }

    std::shared_ptr<const WordList> readDictionary(const NamedRows &rows, double ratio)
    {
        auto list = std::make_shared<WordList>();
        list->topRatio = ratio;
        for (size_t i = 0; i < rows.size(); ++i) {
            WordEntry entry{rows.word(i, "word"), rows.number(i, "count"), rows.number(i, "pmi"), rows.number(i, "log2"), rows.flag(i, "kept"), false};
            list->total += entry.kept ? entry.count : 0;
            list->entries.push_back(std::move(entry));
        }
        return list;
    }

    void readTable(const TableArtifact &table, const Report &report, const std::string &method, WordRun &run)
    {
        const NamedRows rows(table);
        if (table.id == "scores") {
            readScores(rows, method, run.scores);
        } else if (table.id == "byLength") {
            for (size_t i = 0; i < rows.size(); ++i)
                run.byLength.push_back({rows.word(i, "length"), rows.number(i, "gold"), rows.number(i, "precision"), rows.number(i, "recall"), rows.number(i, "f1")});
        } else if (table.id == "errors") {
            for (size_t i = 0; i < rows.size(); ++i) {
                const double count = rows.number(i, "count");
                run.errorRows.push_back({static_cast<int>(rows.number(i, "line")), static_cast<int>(rows.number(i, "first")), static_cast<int>(rows.number(i, "end")), std::isnan(count) ? 1 : static_cast<int>(count),
                    rows.word(i, "kind"), rows.word(i, "gold"), rows.word(i, "found")});
            }
        } else if (table.id == "merges") {
            for (size_t i = 0; i < rows.size(); ++i)
                run.training.merges.push_back({rows.word(i, "left"), rows.word(i, "right"), rows.number(i, "count")});
        } else if (table.id == "dictionary") {
            const Json params = childField(report.request(), "params");
            run.dictionary = readDictionary(rows, numberField(params, "topRatio", kNoNumber));
        }
    }

    void readTraining(const Curve &curve, WordTraining &training)
    {
        const std::string what = curve.id.substr(curve.id.rfind('.') + 1);
        std::vector<double> *target = what == "pieces" ? &training.pieces : what == "logLikelihood" ? &training.logLikelihood : what == "pruned" ? &training.pruned : nullptr;
        if (!target)
            return;
        *target = curve.y;
        if (curve.x.size() > training.round.size())
            training.round = curve.x;
    }

    CutLine cutLine(const SegmentedLine &line)
    {
        CutLine cut;
        cut.score = line.score;
        for (const auto &[first, end] : line.words)
            cut.words.push_back({first, end});
        return cut;
    }

} // namespace

std::vector<CutLine> goldOf(const Report &report)
{
    std::vector<CutLine> gold;
    for (const Segmentation &each : report.segmentations())
        if (each.id == "gold")
            for (const SegmentedLine &line : each.lines)
                gold.push_back(cutLine(line));
    return gold;
}

Result<WordRun> readWordRun(const Report &report, const std::vector<WordText> &lines, const std::vector<CutLine> &gold)
{
    WordRun run;
    const std::string method = stringField(report.request(), "method");
    run.method = text(method);
    for (const Segmentation &each : report.segmentations()) {
        if (each.id == "gold" || !run.lines.empty())
            continue;
        if (each.lines.size() != lines.size())
            return fail(ErrorCode::BadInput, tr("the result has %1 lines, the input has %2").arg(each.lines.size()).arg(lines.size()).toStdString());
        run.title = text(each.title);
        for (size_t i = 0; i < lines.size(); ++i) {
            if (text(each.lines[i].text) != lines[i].text)
                return fail(ErrorCode::BadInput, tr("line %1 of the result is not line %1 of the input").arg(i + 1).toStdString());
            if (!each.lines[i].words.empty() && each.lines[i].words.back().second > lines[i].size())
                return fail(ErrorCode::BadInput, tr("line %1 has words behind its %2 characters").arg(i + 1).arg(lines[i].size()).toStdString());
            run.lines.push_back(cutLine(each.lines[i]));
        }
    }
    if (run.lines.empty())
        return fail(ErrorCode::BadInput, tr("the report holds no segmentation").toStdString());
    if (gold.size() == run.lines.size())
        for (size_t i = 0; i < gold.size(); ++i)
            run.errors.push_back(compareCuts(run.lines[i], gold[i]));
    for (const TableArtifact &table : report.tables())
        readTable(table, report, method, run);
    readMetrics(report, run.scores);
    for (const Curve &curve : report.curves())
        if (curve.id.starts_with("em.") || curve.id.starts_with("training."))
            readTraining(curve, run.training);
    return run;
}

std::vector<WordCurve> wordCurves(const Report &report, int run)
{
    std::vector<WordCurve> curves;
    for (const Curve &curve : report.curves()) {
        if (curve.yName != "f1" || curve.x.size() != curve.y.size() || curve.x.empty())
            continue;
        WordCurve read;
        read.run = run;
        read.title = text(curve.title.empty() ? curve.method : curve.title);
        read.variable = text(curve.xName);
        read.x = curve.x;
        read.y = curve.y;
        if (curve.low.size() == curve.y.size() && curve.high.size() == curve.y.size()) {
            read.low = curve.low;
            read.high = curve.high;
        }
        const double top = *std::max_element(curve.y.begin(), curve.y.end());
        if (top <= 1) // shares
            for (std::vector<double> *values : {&read.y, &read.low, &read.high})
                for (double &value : *values)
                    value *= 100;
        if (read.variable == QLatin1String("share") && *std::max_element(read.x.begin(), read.x.end()) <= 1)
            for (double &value : read.x)
                value *= 100;
        curves.push_back(std::move(read));
    }
    return curves;
}

Result<std::shared_ptr<WordLattice>> readLattice(const Json &reply, const WordText &line)
{
    auto lattice = std::make_shared<WordLattice>();
    int point = 0;
    for (const std::string &character : stringListField(reply, "characters")) {
        const QString word = text(character);
        while (point < line.size() && line.between(point, point + 1) != word.left(line.between(point, point + 1).size()))
            ++point; // white space the segmenter left out
        if (point >= line.size())
            return fail(ErrorCode::BadInput, tr("the lattice has a character %1 that the line has not").arg(word).toStdString());
        lattice->points.push_back(point);
        lattice->characters << word;
        point += static_cast<int>(word.toUcs4().size());
    }
    lattice->points.push_back(line.size());
    const int size = static_cast<int>(lattice->characters.size());
    const Json &edges = childField(reply, "edges");
    for (const Json &entry : edges.is_array() ? edges : Json::array()) {
        LatticeEdge edge;
        edge.start = static_cast<int>(integerField(entry, "start", -1));
        edge.end = static_cast<int>(integerField(entry, "end", -1));
        if (edge.start < 0 || edge.end <= edge.start || edge.end > size)
            return fail(ErrorCode::BadInput, tr("an edge of the lattice goes from %1 to %2; the line has %3 characters").arg(edge.start).arg(edge.end).arg(size).toStdString());
        edge.kind = text(stringField(entry, "kind"));
        edge.count = numberField(entry, "count", kNoNumber);
        edge.prefix = text(stringField(entry, "prefix"));
        edge.prefixSum = numberField(entry, "prefixSum", kNoNumber);
        edge.log2 = numberField(entry, "log2", kNoNumber);
        edge.unigram = numberField(entry, "unigram", kNoNumber);
        edge.best = flagField(entry, "best");
        lattice->edges.push_back(std::move(edge));
    }
    const Json &paths = childField(reply, "kbest");
    for (const Json &entry : paths.is_array() ? paths : Json::array()) {
        LatticePath path{numberField(entry, "score", kNoNumber), numberField(entry, "gap", 0), {}};
        for (const std::string &word : stringListField(entry, "words"))
            path.words << text(word);
        lattice->paths.push_back(std::move(path));
    }
    const Json &nodes = childField(reply, "nodes");
    for (const Json &entry : nodes.is_array() ? nodes : Json::array()) {
        TrieNode node;
        node.id = static_cast<int>(integerField(entry, "id"));
        node.parent = static_cast<int>(integerField(entry, "parent", -1));
        node.label = text(stringField(entry, "label"));
        node.depth = static_cast<int>(integerField(entry, "depth"));
        node.count = numberField(entry, "count", 0);
        node.sum = numberField(entry, "sum", 0);
        node.pre = static_cast<int>(integerField(entry, "pre", -1));
        node.fail = static_cast<int>(integerField(entry, "fail", -1));
        node.word = text(stringField(entry, "word"));
        lattice->nodes.push_back(std::move(node));
    }
    const Json &steps = childField(reply, "steps");
    for (const Json &entry : steps.is_array() ? steps : Json::array()) {
        AutomatonStep step{text(stringField(entry, "character")), static_cast<int>(integerField(entry, "state")), {}};
        for (const std::string &border : stringListField(entry, "borders"))
            step.borders << text(border);
        lattice->steps.push_back(std::move(step));
    }
    if (const std::string alphabet = stringField(reply, "alphabet"); !alphabet.empty())
        lattice->alphabet = text(alphabet);
    lattice->milliseconds = numberField(reply, "milliseconds", kNoNumber);
    lattice->entropyRight = numberListField(reply, "entropyRight");
    lattice->entropyLeft = numberListField(reply, "entropyLeft");
    lattice->branchFirst = static_cast<int>(integerField(reply, "branchFirst", -1));
    return lattice;
}

} // namespace winnow
