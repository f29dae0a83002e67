// Reports of segmenters, read into what the Words page shows.
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/word_data.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

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
        if (std::isnan(scores.low) && std::isnan(scores.high)) {
            scores.low = report.metric("f1Low").value_or(kNoNumber);
            scores.high = report.metric("f1High").value_or(kNoNumber);
        }
    }

    /// log2 P of the words of a whole list (llaca.md 3.5): log2 c(w) - log2 S(longest proper prefix that is a word).
    void addWeights(WordList &list, const Json &params)
    {
        std::unordered_map<QString, double> sums; // S of each word
        for (const WordEntry &entry : list.entries)
            if (entry.kept)
                sums[entry.word] = 0;
        for (const WordEntry &entry : list.entries)
            for (qsizetype length = 1; entry.kept && length <= entry.word.size(); ++length)
                if (const auto prefix = sums.find(entry.word.left(length)); prefix != sums.end())
                    prefix->second += entry.count;
        const double root = list.total * (flagField(params, "rootDoubling", true) ? 2 : 1);
        const bool conditional = flagField(params, "conditional", params.contains("conditional"));
        for (WordEntry &entry : list.entries) {
            double sum = root;
            for (qsizetype length = entry.word.size() - 1; conditional && length > 0 && sum == root; --length)
                if (const auto prefix = sums.find(entry.word.left(length)); prefix != sums.end())
                    sum = prefix->second;
            if (entry.kept && entry.count > 0 && sum > 0)
                entry.log2 = std::log2(entry.count) - std::log2(sum);
        }
    }

    constexpr size_t kWholeList = 20000; // rows of the table; a longer list is cut and has no sums here

    std::shared_ptr<const WordList> readDictionary(const NamedRows &rows, const Json &params, const std::string &method)
    {
        auto list = std::make_shared<WordList>();
        list->topRatio = numberField(params, "topRatio", kNoNumber);
        for (size_t i = 0; i < rows.size(); ++i) {
            WordEntry entry{rows.word(i, "word"), rows.number(i, "count"), rows.number(i, "pmi"), kNoNumber, rows.flag(i, "kept"), false};
            list->total += entry.kept ? entry.count : 0;
            list->entries.push_back(std::move(entry));
        }
        if (list->entries.size() < kWholeList && method.starts_with("llaca"))
            addWeights(*list, params);
        return list;
    }

    void readTable(const TableArtifact &table, const Report &report, const std::string &method, WordRun &run)
    {
        const NamedRows rows(table);
        if (table.id == "scores") {
            readScores(rows, method, run.scores);
        } else if (table.id == "byLength") {
            for (size_t i = 0; i < rows.size(); ++i)
                run.byLength.push_back({rows.word(i, "length"), rows.number(i, "gold"), rows.number(i, "both") / rows.number(i, "found"), rows.number(i, "both") / rows.number(i, "gold"), rows.number(i, "f1")});
        } else if (table.id == "errors") {
            for (size_t i = 0; i < rows.size(); ++i) {
                const double count = rows.number(i, "count");
                run.errorRows.push_back({static_cast<int>(rows.number(i, "line")), static_cast<int>(rows.number(i, "first")), static_cast<int>(rows.number(i, "end")), std::isnan(count) ? 1 : static_cast<int>(count),
                    rows.word(i, "kind"), rows.word(i, "gold"), rows.word(i, "found")});
            }
        } else if (table.id == "rounds") {
            for (size_t i = 0; i < rows.size(); ++i) {
                run.training.round.push_back(rows.number(i, "round"));
                run.training.pieces.push_back(rows.number(i, "pieces"));
                run.training.logLikelihood.push_back(rows.number(i, "logLikelihood"));
                run.training.pruned.push_back(rows.number(i, "pruned"));
            }
        } else if (table.id == "merges") {
            for (size_t i = 0; i < rows.size(); ++i)
                run.training.merges.push_back({rows.word(i, "left"), rows.word(i, "right"), rows.number(i, "count")});
        } else if (table.id == "dictionary") {
            run.dictionary = readDictionary(rows, childField(report.request(), "params"), method);
        }
    }

    CutLine cutLine(const SegmentedLine &line)
    {
        CutLine cut;
        cut.score = line.score;
        for (const auto &[first, end] : line.words)
            cut.words.push_back({first, end});
        return cut;
    }

    /// Words of the nodes: the labels on their way, of half bytes put together again.
    void nameNodes(WordLattice &lattice)
    {
        std::map<int, const TrieNode *> byId;
        for (const TrieNode &node : lattice.nodes)
            byId[node.id] = &node;
        const bool halves = std::any_of(lattice.nodes.begin(), lattice.nodes.end(), [](const TrieNode &node) { return node.depth > 2 && node.count > 0; })
            && std::all_of(lattice.nodes.begin(), lattice.nodes.end(), [](const TrieNode &node) { return node.label.isEmpty() || QStringLiteral("0123456789abcdef").contains(node.label); });
        for (TrieNode &node : lattice.nodes) {
            if (node.count <= 0 || !node.word.isEmpty())
                continue;
            QString path;
            for (const TrieNode *at = &node; at && at->parent >= 0; at = byId.contains(at->parent) ? byId[at->parent] : nullptr)
                path.prepend(at->label);
            node.word = halves ? QString::fromUtf8(QByteArray::fromHex(path.toLatin1())) : path;
        }
    }

    QString wordOfNode(const WordLattice &lattice, int id)
    {
        for (const TrieNode &node : lattice.nodes)
            if (node.id == id)
                return node.word;
        return {};
    }

    /// Human names of what methods say about a word; what is not named here is no fact for people.
    QString factName(const std::string &key)
    {
        static const std::map<std::string, const char *> kNames{{"count", QT_TRANSLATE_NOOP("words", "count")}, {"log2", QT_TRANSLATE_NOOP("words", "log₂ P")}, {"unigram", QT_TRANSLATE_NOOP("words", "unigram")},
            {"prefixSum", QT_TRANSLATE_NOOP("words", "S(prefix)")}, {"ln", QT_TRANSLATE_NOOP("words", "ln P")}, {"logp", QT_TRANSLATE_NOOP("words", "log P")}, {"expected", QT_TRANSLATE_NOOP("words", "expected count")},
            {"rank", QT_TRANSLATE_NOOP("words", "merge")}, {"left", QT_TRANSLATE_NOOP("words", "left part")}, {"right", QT_TRANSLATE_NOOP("words", "right part")}, {"occurrences", QT_TRANSLATE_NOOP("words", "occurrences")},
            {"entropyRight", QT_TRANSLATE_NOOP("words", "h right")}, {"entropyLeft", QT_TRANSLATE_NOOP("words", "h left")}, {"variationRight", QT_TRANSLATE_NOOP("words", "V right")}, {"variationLeft", QT_TRANSLATE_NOOP("words", "V left")},
            {"autonomy", QT_TRANSLATE_NOOP("words", "a(w)")}, {"variety", QT_TRANSLATE_NOOP("words", "AV")}, {"tags", QT_TRANSLATE_NOOP("words", "tags")}};
        const auto found = kNames.find(key);
        return found == kNames.end() ? QString() : tr(found->second);
    }

    void readExplanations(const Json &reply, WordLattice &lattice)
    {
        const Json &words = childField(reply, "words");
        const auto size = static_cast<int64_t>(lattice.characters.size());
        for (const Json &entry : words.is_array() ? words : Json::array()) {
            const int64_t first = integerField(entry, "first", -1), end = integerField(entry, "end", -1);
            if (first < 0 || end <= first || end > size)
                continue;
            WordLattice::Explained explained;
            explained.span = {lattice.points[static_cast<size_t>(first)], lattice.points[static_cast<size_t>(end) - 1] + static_cast<int>(lattice.characters[end - 1].toUcs4().size())};
            const Json &value = childField(entry, "value");
            for (const auto &[key, fact] : value.is_object() ? value.get_ref<const Json::object_t &>() : Json::object_t()) {
                const QString name = factName(key);
                if (name.isEmpty() || fact.is_null())
                    continue;
                const std::optional<double> number = numberFromJson(fact);
                if (fact.is_string() && !number)
                    explained.facts.append({name, text(fact.get<std::string>())});
                else if (number)
                    explained.facts.append({name, fact.is_number_integer() ? format::integer(*number) : format::decimals(*number, 3)});
            }
            explained.entropyRight = numberListField(value, "prefixEntropies");
            explained.entropyLeft = numberListField(value, "suffixEntropies");
            lattice.words.push_back(std::move(explained));
        }
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
    const std::vector<double> origin = numberListField(reply, "origin"); // code point of each character, where the engine says it
    int point = 0;
    for (const std::string &character : stringListField(reply, "characters")) {
        const QString word = text(character);
        if (const size_t at = lattice->points.size(); at < origin.size() && origin[at] >= point && origin[at] < line.size())
            point = static_cast<int>(origin[at]);
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
        const Json &words = childField(entry, "words");
        for (const Json &word : words.is_array() ? words : Json::array()) {
            if (word.is_string()) {
                path.words << text(word.get<std::string>());
            } else if (word.is_array() && word.size() == 2 && word[0].is_number_integer() && word[1].is_number_integer()) {
                const auto first = std::clamp<int64_t>(word[0].get<int64_t>(), 0, size), end = std::clamp<int64_t>(word[1].get<int64_t>(), first, size);
                path.words << lattice->characters.mid(first, end - first).join(QString());
            }
        }
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
    nameNodes(*lattice);
    const Json &steps = childField(reply, "steps");
    for (const Json &entry : steps.is_array() ? steps : Json::array()) {
        AutomatonStep step{text(stringField(entry, "character")), static_cast<int>(integerField(entry, "state")), {}};
        const Json &borders = childField(entry, "borders");
        for (const Json &border : borders.is_array() ? borders : Json::array())
            step.borders << (border.is_number_integer() ? wordOfNode(*lattice, border.get<int>()) : border.is_string() ? text(border.get<std::string>()) : QString());
        lattice->steps.push_back(std::move(step));
    }
    if (const std::string alphabet = stringField(reply, "alphabet"); !alphabet.empty())
        lattice->alphabet = text(alphabet);
    lattice->milliseconds = numberField(reply, "ms", kNoNumber);
    readExplanations(reply, *lattice);
    return lattice;
}

void markBranching(WordLattice &lattice, const WordMark &mark)
{
    lattice.entropyRight.clear();
    lattice.entropyLeft.clear();
    lattice.branchFirst = -1;
    for (const WordLattice::Explained &word : lattice.words) {
        if (mark.hasWord() && mark.line == lattice.line && (mark.first < word.span.first || mark.first >= word.span.end))
            continue;
        lattice.entropyRight = word.entropyRight;
        lattice.entropyLeft = word.entropyLeft;
        lattice.branchFirst = word.span.first;
        return;
    }
}

WordFacts explainedFacts(const WordLattice &lattice, const WordSpan &span)
{
    for (const WordLattice::Explained &word : lattice.words)
        if (word.span == span)
            return word.facts;
    return {};
}

} // namespace winnow
