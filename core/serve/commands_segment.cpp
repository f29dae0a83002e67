#include "core/serve/segment_run.h"

#include "core/base/json_fields.h"
#include "core/model/sha256.h"
#include "core/serve/report_parts.h"
#include "core/serve/segment_report.h"
#include "core/serve/teach_request.h"
#include "core/words/cpu_clock.h"

#include <map>
#include <span>

namespace winnow {
namespace {

    /// A method learned, cut and scored.
    struct SegmentCell {
        LearnedSegmenter learned;
        SegmentedLines lines;
        std::optional<WordScores> scores;
    };

    Result<SegmentCell> segmentCell(
        EngineState &state, const SegmentRequest &request, const MethodRequest &method, const RunContext &context)
    {
        auto learned = learnSegmenter(state, request, method, context);
        if (!learned)
            return fail(learned.error());
        SegmentCell cell{std::move(*learned), {}, {}};
        auto lines = segmentLines(request, cell.learned, context);
        if (!lines)
            return fail(lines.error());
        cell.lines = std::move(*lines);
        if (!request.gold.empty())
            cell.scores = scoreWords(cell.lines.lines, cell.learned.model->wordList());
        return cell;
    }

    /// What a session keeps a cell of a sweep under.
    std::string cellKey(const std::string &segmenter) { return "segment." + segmenter; }

    /// @param longer  words of the dictionary beyond the method's own limit.
    ReportBuilder startSegmentReport(const Json &canonical, const SegmentRequest &request, int64_t longer = 0)
    {
        ReportBuilder report;
        report.setRequest(canonical);
        report.setModel(Json::object());
        std::string text;
        for (const std::string &line : request.source.lines)
            text += (text.empty() ? "" : "\n") + line;
        report.setInput({}, {}, std::move(text));
        const int64_t tooLong = request.notes.tooLong + longer;
        if (const int64_t left = tooLong + request.notes.rejected; left > 0)
            report.addNotice(std::to_string(left) + " words of the dictionary are left out: " + std::to_string(tooLong)
                + " too long, " + std::to_string(request.notes.rejected) + " with a count not above 0"
                + (request.notes.warnings.empty() ? "" : "; first: " + request.notes.warnings.front()));
        return report;
    }

    void addTransductive(ReportBuilder &report, const MethodSpec &spec, const SegmentRequest &request)
    {
        constexpr std::string_view kLearned = "unigram_lm bpe nvbe accessor_variety";
        if (kLearned.find(spec.id) != std::string_view::npos && request.source.trainingLines.empty() && request.source.model.is_null())
            report.addNotice("learned from the lines that it cuts (transductive)");
        if (request.source.language == "ko")
            report.addNotice("Korean gold words are eojeol: a spacing task");
    }

    /// Everything there is to say about one method.
    ReportBuilder cellReport(const Json &request, const SegmentRequest &read, const MethodRequest &method, const SegmentCell &cell)
    {
        ReportBuilder report = startSegmentReport(
            canonicalSegment(request, read, method), read, tooLongWords(read, Parameters(method.parameters)));
        const WordScores *scores = cell.scores ? &*cell.scores : nullptr;
        report.add(segmentationOf(read, cell.learned, cell.lines));
        if (!read.gold.empty())
            report.add(goldSegmentation(read));
        TableArtifact table = scoreTable();
        table.rows.push_back(scoreRow(cell.learned, cell.lines, scores));
        report.add(table);
        if (scores) {
            report.add(lengthTable(cell.learned.method, *scores));
            report.add(errorTable(cell.learned.method, cell.lines));
        }
        cell.learned.model->describe(report);
        addSegmentMetrics(report, cell.learned, cell.lines, scores);
        addTransductive(report, *method.spec, read);
        report.setExtra("cellKey", cellKey(cell.learned.id));
        report.setExtra("state", "measured");
        report.setExtra("segmenter", {{"id", cell.learned.id}, {"method", cell.learned.method},
            {"whiteSpace", whiteSpaceModeName(cell.learned.whiteSpace)}, {"language", read.source.language}});
        return report;
    }

} // namespace

std::string segmenterId(const SegmentRequest &request, const MethodRequest &method)
{
    const std::string key = jsonText({method.spec->id, method.parameters, request.trainingKey});
    return sha256(std::as_bytes(std::span(key))).substr(0, 16);
}

Result<LearnedSegmenter> learnSegmenter(
    EngineState &state, const SegmentRequest &request, const MethodRequest &method, const RunContext &context)
{
    const std::string id = segmenterId(request, method);
    if (const LearnedSegmenter *known = state.segmenters.find(id))
        return *known;
    const Parameters parameters(method.parameters);
    const double began = threadSeconds();
    const SegmentSource source = sourceFor(request, parameters);
    auto model = method.spec->createSegmenter()->learn(source, parameters, context);
    if (!model)
        return fail(model.error());
    const double seconds = threadSeconds() - began;
    return state.segmenters.put(
        {id, std::string(method.spec->id), method.parameters, source.language, source.whiteSpace, std::move(*model), seconds});
}

Json canonicalSegment(const Json &request, const SegmentRequest &read, const MethodRequest &method)
{
    Json canonical = request;
    for (const char *field : {"methods", "parameters", "vary", "input", "knownCells"})
        canonical.erase(field);
    canonical["command"] = "run";
    canonical["method"] = method.spec->id;
    canonical["params"] = method.parameters;
    canonical["language"] = read.source.language;
    if (!canonical.contains("dataset"))
        canonical["lines"] = read.source.lines;
    return canonical;
}

Result<Document> runSegmenter(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    const RunClock clock;
    auto method = segmentMethod(request, request);
    if (!method)
        return fail(method.error());
    auto read = segmentRequest(request, context);
    if (!read)
        return fail(read.error());
    if (auto taught = teachWhereAsked(state, request, *read, context, part); !taught)
        return fail(taught.error());
    auto cell = segmentCell(state, *read, *method, context);
    if (!cell)
        return fail(cell.error());
    ReportBuilder report = cellReport(request, *read, *method, *cell);
    report.setProvenance(clock.provenance(1, read->seed, "cpu"));
    return report.build()->document();
}

namespace {

    /// The values a sweep gives one parameter; one empty name where it varies nothing.
    struct Varied {
        std::string name;
        std::vector<Json> values{Json()};
    };

    Result<Varied> variedParameter(const Json &request)
    {
        const Json &vary = childField(request, "vary");
        if (vary.is_null())
            return Varied{};
        const Json &values = childField(vary, "values");
        if (stringField(vary, "name").empty() || !values.is_array() || values.empty())
            return fail(ErrorCode::BadInput, "vary: expected {\"name\": parameter, \"values\": [..]}");
        return Varied{stringField(vary, "name"), {values.begin(), values.end()}};
    }

    /// A method of the sweep at one value; nothing when the method has no such parameter and this is not the first value.
    Result<std::optional<MethodRequest>> variedMethod(const Json &named, const Json &request, const Varied &varied, size_t index)
    {
        auto plain = segmentMethod(named, request);
        if (!plain)
            return fail(plain.error());
        const bool has = !varied.name.empty() && methodInfo(*plain->spec).parameter(varied.name);
        if (!has)
            return index == 0 ? std::optional(std::move(*plain)) : std::optional<MethodRequest>();
        Json parameters = plain->parameters;
        parameters[varied.name] = varied.values[index];
        auto method = segmentMethod({{"method", plain->spec->id}, {"params", std::move(parameters)}}, request);
        return method ? Result<std::optional<MethodRequest>>(std::move(*method)) : fail(method.error());
    }

    void append(TableArtifact &table, TableArtifact more)
    {
        table.columns = more.columns;
        table.units = more.units;
        table.rows.insert(table.rows.end(), more.rows.begin(), more.rows.end());
    }

    struct WantedCell {
        MethodRequest method;
        Json value; // of the varied parameter; null where the method has no such parameter
        bool firstOfMethod = false;
    };

    /// What a sweep gathers from its cells.
    class SweepReport {
    public:
        /// A cell of an earlier, interrupted sweep: its metrics are those that were measured, all else is made of its words.
        Result<void> addKnown(
            ReportBuilder &report, const SegmentRequest &request, const Json &known, const std::string &name, const WantedCell &wanted)
        {
            const MethodSpec &spec = *wanted.method.spec;
            const Json &metrics = childField(known, "metrics"), &words = childField(known, "lines"), &value = wanted.value;
            if (words.is_array() && !words.empty()) {
                SegmentCell cell;
                cell.learned.method = spec.id;
                auto lines = knownLines(request, words, whiteSpaceOf(Parameters(wanted.method.parameters), request.source.language));
                if (!lines)
                    return fail(lines.error());
                cell.lines = std::move(*lines);
                if (!request.gold.empty())
                    cell.scores = scoreWords(cell.lines.lines, nullptr);
                addWords(report, request, cell, wanted);
            }
            m_scores.rows.push_back(knownRow(std::string(spec.id), metrics));
            if (name.empty() || !value.is_number() || !metrics.contains("f1"))
                return {};
            Curve &curve = curveOf(spec, name);
            curve.x.push_back(value.get<double>());
            curve.y.push_back(numberField(metrics, "f1"));
            curve.low.push_back(numberField(metrics, "f1Low"));
            curve.high.push_back(numberField(metrics, "f1High"));
            return {};
        }

        /// A cell; the first one of a method also gives words, lengths and errors.
        void add(ReportBuilder &report, const SegmentRequest &request, const SegmentCell &cell, const WantedCell &wanted)
        {
            m_scores.rows.push_back(scoreRow(cell.learned, cell.lines, cell.scores ? &*cell.scores : nullptr));
            addWords(report, request, cell, wanted);
        }

        void addWords(ReportBuilder &report, const SegmentRequest &request, const SegmentCell &cell, const WantedCell &wanted)
        {
            if (cell.scores && cell.lines.leftOut == 0) // draws of fewer lines are of other lines
                m_runs.push_back({cell.learned.method, wanted.value, cell.scores->f1, cell.scores->draws});
            if (!wanted.firstOfMethod)
                return;
            report.add(segmentationOf(request, cell.learned, cell.lines));
            if (!cell.scores)
                return;
            append(m_lengths, lengthTable(cell.learned.method, *cell.scores));
            append(m_errors, errorTable(cell.learned.method, cell.lines));
        }

        void addPoint(const SegmentCell &cell, const MethodSpec &spec, const std::string &name, const Json &value)
        {
            if (!cell.scores || name.empty() || !value.is_number())
                return;
            Curve &curve = curveOf(spec, name);
            curve.x.push_back(value.get<double>());
            curve.y.push_back(cell.scores->f1);
            curve.low.push_back(cell.scores->low);
            curve.high.push_back(cell.scores->high);
        }

        void finish(ReportBuilder &report, const SegmentRequest &request) const
        {
            report.add(m_scores);
            if (!request.gold.empty()) {
                report.add(goldSegmentation(request));
                report.add(m_lengths);
                report.add(m_errors);
            }
            if (!m_runs.empty())
                report.add(differenceTable(m_runs));
            for (const Curve &curve : m_curves)
                report.add(curve);
        }

    private:
        Curve &curveOf(const MethodSpec &spec, const std::string &name)
        {
            if (m_curves.empty() || m_curves.back().method != spec.id)
                m_curves.push_back({"f1." + std::string(spec.id), std::string(spec.id), std::string(spec.title), name, "f1", "", {}, {}, {},
                    {}, {}, {}, Json::array()});
            return m_curves.back();
        }

        TableArtifact m_scores = scoreTable();
        TableArtifact m_lengths{"byLength", "F1 by word length", {}, {}, Json::array()};
        TableArtifact m_errors{"errors", "Most frequent errors", {}, {}, Json::array()};
        std::vector<Curve> m_curves;
        std::vector<ComparedRun> m_runs;
    };

    /// Methods times values, each checked before any of them works.
    Result<std::vector<WantedCell>> sweepCells(const Json &request, const Varied &varied)
    {
        std::vector<WantedCell> cells;
        bool varies = false;
        const Json &methods = childField(request, "methods");
        if (!methods.is_array() || methods.empty())
            return fail(ErrorCode::BadInput, "a sweep names its methods in a list", "methods: [\"llaca\", \"fmm\"]");
        for (const Json &named : methods) {
            for (size_t index = 0; index < varied.values.size(); ++index) {
                auto method = variedMethod(named, request, varied, index);
                if (!method)
                    return fail(method.error());
                if (!*method)
                    continue;
                const bool has = !varied.name.empty() && methodInfo(*(*method)->spec).parameter(varied.name);
                varies = varies || has;
                cells.push_back({std::move(**method), has ? varied.values[index] : Json(), index == 0});
            }
        }
        if (!varied.name.empty() && !varies)
            return fail(ErrorCode::BadInput, "vary: none of the methods has a parameter \"" + varied.name + '"', "winnow-cli methods --family segment lists them");
        return cells;
    }

} // namespace

Result<Document> sweepSegmenters(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    const RunClock clock;
    auto varied = variedParameter(request);
    if (!varied)
        return fail(varied.error());
    auto cells = sweepCells(request, *varied);
    if (!cells)
        return fail(cells.error());
    auto read = segmentRequest(request, context);
    if (!read)
        return fail(read.error());
    if (auto taught = teachWhereAsked(state, request, *read, context, part); !taught)
        return fail(taught.error());
    Json canonical = request;
    canonical["language"] = read->source.language;
    canonical.erase("knownCells");
    ReportBuilder report = startSegmentReport(canonical, *read);
    SweepReport gathered;
    const Json &known = childField(request, "knownCells");
    int64_t done = 0;
    for (const WantedCell &wanted : *cells) {
        if (const Json &cell = childField(known, cellKey(segmenterId(*read, wanted.method)).c_str()); cell.is_object()) {
            if (auto added = gathered.addKnown(report, *read, cell, varied->name, wanted); !added)
                return fail(added.error());
            context.progress("sweep", ++done, static_cast<int64_t>(cells->size()), "runs");
            continue;
        }
        auto cell = segmentCell(state, *read, wanted.method, context);
        if (!cell)
            return fail(cell.error());
        context.progress("sweep", ++done, static_cast<int64_t>(cells->size()), "runs");
        gathered.add(report, *read, *cell, wanted);
        gathered.addPoint(*cell, *wanted.method.spec, varied->name, wanted.value);
        if (part) {
            ReportBuilder one = cellReport(request, *read, wanted.method, *cell);
            one.setProvenance(clock.provenance(1, read->seed, "cpu"));
            part(one.build()->document());
        }
    }
    gathered.finish(report, *read);
    report.setProvenance(clock.provenance(1, read->seed, "cpu"));
    return report.build()->document();
}

} // namespace winnow
