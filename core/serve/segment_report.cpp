#include "core/serve/segment_report.h"

#include "core/base/json_fields.h"
#include "core/methods/registry.h"
#include "core/words/characters.h"
#include "core/words/chunk_counts.h"
#include "core/words/cpu_clock.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr double kTimedSeconds = 0.05; // CPU seconds that passes over the lines are repeated for
    constexpr int kMostPasses = 50;
    constexpr size_t kMostErrors = 500;

    Json cell(double value) { return std::isfinite(value) ? Json(value) : Json(); }

    std::string titleOf(const std::string &method)
    {
        const MethodSpec *spec = findMethod(method);
        return spec ? std::string(spec->title) : method;
    }

    /// One pass over the covered lines with everything that inference is: UTF-8, white space, words.
    double timedPass(const SegmentRequest &request, const LearnedSegmenter &learned, const std::vector<size_t> &numbers)
    {
        const auto cutter = learned.model->cutter();
        CutText text;
        std::vector<int32_t> ends;
        const double began = threadSeconds();
        for (const size_t number : numbers) {
            prepareText(request.source.lines[number], learned.whiteSpace, text);
            cutter->cut(text, ends);
        }
        return threadSeconds() - began;
    }

    /// Words of a line that are a number, Latin word or symbol of pre-chunking.
    int64_t fixedWords(const ScoredLine &line, std::vector<WordChunk> &chunks)
    {
        chunksOf(*line.text, PreChunking::On, chunks);
        int64_t fixed = 0;
        for (const WordChunk &chunk : chunks) {
            const auto end = std::lower_bound(line.predicted.begin(), line.predicted.end(), chunk.end);
            const bool isWord = end != line.predicted.end() && *end == chunk.end
                && (end == line.predicted.begin() ? 0 : *(end - 1)) == chunk.first;
            fixed += chunk.kind != ChunkKind::Chunk && isWord;
        }
        return fixed;
    }

    void measureTime(const SegmentRequest &request, const LearnedSegmenter &learned, SegmentedLines &out)
    {
        out.cutSeconds = timedPass(request, learned, out.numbers);
        double spent = out.cutSeconds;
        for (int pass = 1; pass < kMostPasses && spent < kTimedSeconds; ++pass) {
            const double seconds = timedPass(request, learned, out.numbers);
            out.cutSeconds = std::min(out.cutSeconds, seconds);
            spent += seconds;
        }
    }

} // namespace

Result<SegmentedLines> segmentLines(const SegmentRequest &request, const LearnedSegmenter &learned, const RunContext &context)
{
    constexpr size_t kPollLines = 64;
    SegmentedLines out;
    const auto cutter = learned.model->cutter();
    const WordAutomaton *automaton = learned.model->automaton();
    size_t edges = 0;
    int64_t fixed = 0, words = 0;
    std::vector<WordChunk> chunks;
    for (size_t i = 0; i < request.source.lines.size(); ++i) {
        if (i % kPollLines == 0) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled");
            context.progress("cut", static_cast<int64_t>(i), static_cast<int64_t>(request.source.lines.size()), "lines");
        }
        CutText text = cutText(request.source.lines[i], learned.whiteSpace);
        if (!learned.model->covers(text)) {
            ++out.leftOut;
            continue;
        }
        out.texts.push_back(std::move(text));
        ScoredLine line{&out.texts.back(), {}, {}, 0};
        line.score = cutter->cut(*line.text, line.predicted);
        if (!request.gold.empty())
            line.gold = wordEnds(*line.text, request.gold[i]);
        if (automaton)
            edges += latticeEdges(*line.text, *automaton, learned.model->patterns()).size();
        fixed += fixedWords(line, chunks);
        words += static_cast<int64_t>(line.predicted.size());
        out.characters += static_cast<int64_t>(line.text->size());
        out.lines.push_back(std::move(line));
        out.numbers.push_back(i);
    }
    measureTime(request, learned, out);
    out.fixedShare = words == 0 ? 0 : static_cast<double>(fixed) / static_cast<double>(words);
    if (automaton && out.characters > 0)
        out.edgesPerCharacter = static_cast<double>(edges) / static_cast<double>(out.characters);
    return out;
}

Result<SegmentedLines> knownLines(const SegmentRequest &request, const Json &lines, WhiteSpaceMode whiteSpace)
{
    const auto wrong = [] { return fail(ErrorCode::BadInput, "knownCells: the lines of a cell are not those of the request"); };
    if (!lines.is_array() || lines.size() != request.source.lines.size())
        return wrong();
    SegmentedLines out;
    for (size_t i = 0; i < lines.size(); ++i) {
        CutText text = cutText(request.source.lines[i], whiteSpace);
        WordRanges ranges;
        for (const Json &range : childField(lines[i], "words")) {
            if (!range.is_array() || range.size() != 2 || !range[0].is_number_integer() || !range[1].is_number_integer())
                return wrong();
            ranges.emplace_back(range[0].get<int32_t>(), range[1].get<int32_t>());
        }
        if (ranges.empty() && text.size() > 0) {
            ++out.leftOut;
            continue;
        }
        out.texts.push_back(std::move(text));
        ScoredLine line{&out.texts.back(), {}, wordEnds(out.texts.back(), ranges), numberField(lines[i], "score")};
        if (!request.gold.empty())
            line.gold = wordEnds(*line.text, request.gold[i]);
        out.lines.push_back(std::move(line));
        out.numbers.push_back(i);
    }
    return out;
}

Segmentation segmentationOf(const SegmentRequest &request, const LearnedSegmenter &learned, const SegmentedLines &lines)
{
    Segmentation result{learned.method, learned.method, titleOf(learned.method), request.source.language, {}};
    for (const std::string &line : request.source.lines)
        result.lines.push_back({line, {}, 0});
    for (size_t i = 0; i < lines.lines.size(); ++i) {
        SegmentedLine &line = result.lines[lines.numbers[i]];
        line.words = originRanges(*lines.lines[i].text, lines.lines[i].predicted);
        line.score = lines.lines[i].score;
    }
    return result;
}

Segmentation goldSegmentation(const SegmentRequest &request)
{
    Segmentation gold{"gold", "", "Gold standard", request.source.language, {}};
    for (size_t i = 0; i < request.source.lines.size(); ++i)
        gold.lines.push_back({request.source.lines[i], request.gold[i], 0});
    return gold;
}

TableArtifact scoreTable()
{
    return {"scores", "Scores",
        {"method", "precision", "recall", "f1", "low", "high", "boundaryF1", "exactLines", "oov", "recallIv", "recallOov", "meanLength",
            "vocabulary", "typeF1", "charactersPerSecond", "trainSeconds", "modelBytes"},
        {"", "", "", "", "", "", "", "lines", "", "", "", "characters", "types", "", "characters/CPU s", "CPU s", "bytes"}, Json::array()};
}

Json scoreRow(const LearnedSegmenter &learned, const SegmentedLines &lines, const WordScores *scores)
{
    const double speed = lines.cutSeconds > 0 ? static_cast<double>(lines.characters) / lines.cutSeconds : NAN;
    Json row{learned.method};
    if (scores)
        row.insert(row.end(),
            {cell(scores->precision), cell(scores->recall), cell(scores->f1), cell(scores->low), cell(scores->high),
                cell(scores->boundaryF1), scores->exactLines, cell(scores->oov), cell(scores->recallIv), cell(scores->recallOov),
                cell(scores->meanLength), scores->vocabulary, cell(scores->typeF1)});
    else
        row.insert(row.end(), 13, Json());
    row.insert(row.end(), {cell(speed), learned.trainSeconds, learned.model->bytes()});
    return row;
}

Json knownRow(const std::string &method, const Json &metrics)
{
    Json row = Json::array({method});
    for (const char *name : {"precision", "recall", "f1", "f1Low", "f1High", "boundaryF1", "exactLines", "oov", "recallIv", "recallOov",
             "meanLength", "vocabulary", "typeF1", "charactersPerSecond", "trainSeconds", "modelBytes"})
        row.push_back(childField(metrics, name));
    return row;
}

TableArtifact lengthTable(const std::string &method, const WordScores &scores)
{
    TableArtifact table{"byLength", "F1 by word length", {"method", "length", "gold", "found", "both", "f1"},
        {"", "characters", "words", "words", "words", ""}, Json::array()};
    for (const auto &[length, counts] : scores.byLength) {
        const double sum = static_cast<double>(counts.gold + counts.predicted);
        table.rows.push_back(
            {method, length, counts.gold, counts.predicted, counts.both, cell(2 * static_cast<double>(counts.both) / sum)});
    }
    return table;
}

TableArtifact errorTable(const std::string &method, const SegmentedLines &lines)
{
    TableArtifact table{"errors", "Most frequent errors", {"method", "line", "first", "end", "kind", "gold", "found", "count"},
        {"", "", "", "", "", "", "", ""}, Json::array()};
    std::vector<WordError> errors = wordErrors(lines.lines);
    errors.resize(std::min(errors.size(), kMostErrors));
    for (const WordError &error : errors) {
        const ScoredLine &line = lines.lines[static_cast<size_t>(error.line)];
        const int32_t first = line.text->originOf(static_cast<size_t>(error.first));
        const int32_t end = line.text->originOf(static_cast<size_t>(error.end - 1)) + 1;
        table.rows.push_back({method, lines.numbers[static_cast<size_t>(error.line)], first, end, wordErrorName(error.kind),
            toUtf8(error.gold), toUtf8(error.found), error.count});
    }
    return table;
}

TableArtifact differenceTable(const std::vector<ComparedRun> &runs)
{
    TableArtifact table{"differences", "F1 against the first method", {"method", "value", "against", "difference", "low", "high"},
        {"", "", "", "", "", ""}, Json::array()};
    const auto meet = [](const Json &a, const Json &b) { return a == b || a.is_null() || b.is_null(); };
    for (const ComparedRun &run : runs) {
        for (const ComparedRun &first : runs) {
            if (first.method != runs.front().method || run.method == first.method || !meet(run.value, first.value) || first.draws.size() != run.draws.size())
                continue;
            std::vector<double> differences;
            for (size_t i = 0; i < run.draws.size(); ++i)
                differences.push_back(run.draws[i] - first.draws[i]);
            table.rows.push_back({run.method, run.value.is_null() ? first.value : run.value, first.method, cell(run.f1 - first.f1),
                cell(drawQuantile(differences, 0.025)), cell(drawQuantile(differences, 0.975))});
        }
    }
    return table;
}

void addSegmentMetrics(ReportBuilder &report, const LearnedSegmenter &learned, const SegmentedLines &lines, const WordScores *scores)
{
    const auto add = [&](const char *name, double value) {
        if (std::isfinite(value))
            report.setMetric(name, value);
    };
    if (scores) {
        add("precision", scores->precision);
        add("recall", scores->recall);
        add("f1", scores->f1);
        add("f1Low", scores->low);
        add("f1High", scores->high);
        add("boundaryF1", scores->boundaryF1);
        add("exactLines", static_cast<double>(scores->exactLines));
        add("oov", scores->oov);
        add("recallIv", scores->recallIv);
        add("recallOov", scores->recallOov);
        add("meanLength", scores->meanLength);
        add("vocabulary", static_cast<double>(scores->vocabulary));
        add("typeF1", scores->typeF1);
    }
    if (learned.model->automaton())
        add("pathPerplexity", pathPerplexity(lines.lines));
    if (lines.edgesPerCharacter >= 0)
        add("edgesPerCharacter", lines.edgesPerCharacter);
    add("preChunkedShare", lines.fixedShare);
    add("lines", static_cast<double>(lines.lines.size()));
    add("characters", static_cast<double>(lines.characters));
    add("cutSeconds", lines.cutSeconds);
    if (lines.cutSeconds > 0)
        add("charactersPerSecond", static_cast<double>(lines.characters) / lines.cutSeconds);
    add("trainSeconds", learned.trainSeconds);
    add("modelBytes", static_cast<double>(learned.model->bytes()));
    if (lines.leftOut > 0)
        report.addNotice(std::to_string(lines.leftOut) + " lines without a reply are left out");
}

} // namespace winnow
