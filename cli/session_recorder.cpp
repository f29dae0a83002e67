#include "cli/session_recorder.h"

#include "core/base/json_fields.h"
#include "core/base/method_info.h"
#include "core/methods/registry.h"
#include "sessions/clock.h"

#include <filesystem>

namespace winnow {
namespace {

    Json methodList()
    {
        Json list = Json::array();
        for (const MethodSpec *spec : methodTable())
            list.push_back(toJson(methodInfo(*spec)));
        return list;
    }

    /// What two inputs must share to be one.
    std::string contentKey(const InputRecord &input)
    {
        const Json &key = input.extra;
        Json own{{"content", input.content}};
        for (const char *name : {"ids", "continuation", "scoreLast", "prompt", "dataset", "datasetFile"}) {
            if (key.contains(name))
                own[name] = key.at(name);
        }
        return jsonText(own);
    }

    /// Method, parameters, budget and what is scored: threads and the like do not make another run.
    Json settingKey(const Json &request)
    {
        Json key = Json::object();
        for (const char *name : {"method", "params", "budget", "model", "input", "scoreLast", "continuation", "mode", "seed",
                 "smallModel", "what", "metrics", "skipSinks", "span", "align", "reduce", "lines", "gold", "language", "dictionary",
                 "tags", "trainingLines", "trainingGold", "replies", "teacher", "dataset", "datasetFile", "items", "dataOptions", "prompt", "answer", "generate"}) {
            if (request.contains(name))
                key[name] = request.at(name);
        }
        return key;
    }

    /// What a sweep needs of a finished cell to draw it (docs/protocol.md, `knownCells`).
    Json knownCell(const Report &report)
    {
        Json series = Json::object();
        for (const TokenScores &scores : report.tokenScores()) {
            if (scores.id != "continuation")
                continue;
            for (size_t i = 0; i < scores.names.size(); ++i) {
                Json values = Json::array();
                for (int64_t t = 0; t < scores.tokens; ++t)
                    values.push_back(jsonNumber(scores.values[i * size_t(scores.tokens) + size_t(t)]));
                series[scores.names[i]] = std::move(values);
            }
        }
        Json lines = Json::array(); // of a segmenter: its words, so that scores of its lines need no second run
        for (const Segmentation &segmentation : report.segmentations()) {
            if (segmentation.id == "gold")
                continue;
            for (const SegmentedLine &line : segmentation.lines)
                lines.push_back({{"words", line.words}, {"score", line.score}});
        }
        return {{"metrics", childField(report.body(), "metrics")}, {"lines", std::move(lines)}, {"savings", childField(report.body(), "savings")},
            {"series", std::move(series)},
            {"budget", childField(report.body(), "budget")}};
    }

} // namespace

InputRecord inputRecordOf(const Json &request)
{
    const Json &given = childField(request, "input");
    InputRecord input;
    input.name = stringField(given, "name", "input.txt");
    input.content = stringField(given, "text");
    if (const Json &lines = childField(request, "lines"); lines.is_array()) { // a text that is cut into words
        input.name = stringField(given, "name", "lines.txt");
        for (const std::string &line : stringListField(request, "lines"))
            input.content += (input.content.empty() ? "" : "\n") + line;
    }
    for (const char *name : {"continuation", "scoreLast", "prompt", "dataset", "datasetFile"}) {
        if (request.contains(name))
            input.extra[name] = request.at(name);
    }
    if (request.contains("datasetFile")) // one input for all items of a file; its reports hold the texts
        input.name = std::filesystem::path(stringField(request, "datasetFile")).filename().string();
    if (!request.contains("datasetFile") && given.is_null() && request.contains("prompt")) {
        input.name = "prompt.txt";
        for (const std::string &context : stringListField(request.at("prompt"), "contexts"))
            input.content += (input.content.empty() ? "" : "\n\n") + context;
    }
    if (given.contains("ids"))
        input.extra["ids"] = given.at("ids");
    return input;
}

namespace {

    InputRecord recordOf(const Report &report)
    {
        InputRecord input = inputRecordOf(report.request());
        if (input.content.empty() && !report.segmentations().empty()) // lines of a data set: the report alone has them
            input.content = stringField(childField(report.body(), "input"), "text");
        return input;
    }

} // namespace

SessionRecorder::SessionRecorder(std::unique_ptr<Session> session, std::string path)
    : m_session(std::move(session))
    , m_path(std::move(path))
{
}

Result<SessionRecorder> SessionRecorder::open(const std::string &path)
{
    std::error_code error;
    auto session = std::filesystem::exists(path, error) ? Session::open(path) : Session::create(path);
    if (!session)
        return fail(session.error());
    SessionRecorder recorder(std::move(*session), path);
    auto inputs = recorder.m_session->inputs();
    if (!inputs)
        return fail(inputs.error());
    for (const InputRecord &input : *inputs)
        recorder.m_inputs.emplace(contentKey(input), input.id);
    return recorder;
}

Result<Json> SessionRecorder::knownCells() const
{
    auto cells = m_session->cells();
    if (!cells)
        return fail(cells.error());
    Json known = Json::object();
    for (const CellRecord &cell : *cells) {
        auto report = m_session->cell(cell.key);
        if (!report)
            return fail(report.error());
        if (*report && **report)
            known[cell.key] = knownCell(***report);
    }
    return known;
}

Result<void> SessionRecorder::addInput(InputRecord input)
{
    auto id = inputId(input);
    return id ? Result<void>() : fail(id.error());
}

Result<int64_t> SessionRecorder::inputId(const InputRecord &input)
{
    const std::string key = contentKey(input);
    if (const auto found = m_inputs.find(key); found != m_inputs.end())
        return found->second;
    auto id = m_session->addInput(input);
    if (id)
        m_inputs.emplace(key, *id);
    return id;
}

Result<void> SessionRecorder::describeModel(const Report &report)
{
    auto known = m_session->state("model");
    if (!known)
        return fail(known.error());
    if (!known->is_null())
        return {};
    const Json request = report.request();
    const Json choice{{"model", stringField(request, "model")}, {"device", stringField(request, "device", "auto")},
        {"dtype", stringField(request, "dtype", "auto")}};
    if (report.model().empty()) // methods that need no model
        return m_session->setState("methods", methodList());
    for (const auto &[key, value] :
        {std::pair("model", report.model()), std::pair("model.choice", choice), std::pair("methods", methodList())}) {
        if (auto set = m_session->setState(key, value); !set)
            return set;
    }
    return {};
}

Result<void> SessionRecorder::recordCell(const Report &report)
{
    const Json request = report.request();
    auto input = inputId(recordOf(report));
    if (!input)
        return fail(input.error());
    if (auto described = describeModel(report); !described)
        return described;
    auto runs = m_session->runs();
    if (!runs)
        return fail(runs.error());
    CellRecord cell{stringField(report.body(), "cellKey"), request, 0};
    for (const RunRecord &run : *runs) {
        const bool sameMethod = run.inputId == *input && childField(run.request, "method") == childField(request, "method")
            && childField(run.request, "params") == childField(request, "params");
        if (!sameMethod)
            continue;
        if (cell.runId == 0)
            cell.runId = run.id;
        if (!run.hasReport && childField(run.request, "budget") == childField(request, "budget")) {
            if (auto set = m_session->setReport(run.id, report); !set)
                return set;
        }
    }
    return m_session->putCell(cell, report);
}

Result<int64_t> SessionRecorder::recordRun(const Report &report, const std::string &title)
{
    const Json request = report.request();
    auto input = inputId(recordOf(report));
    if (!input)
        return input;
    if (auto described = describeModel(report); !described)
        return fail(described.error());
    auto runs = m_session->runs();
    if (!runs)
        return fail(runs.error());
    int64_t id = 0;
    for (const RunRecord &run : *runs) {
        if (run.inputId == *input && settingKey(run.request) == settingKey(request))
            id = run.id;
    }
    if (id == 0) {
        RunRecord run;
        run.inputId = *input;
        run.letter = -1;
        run.name = title;
        run.request = request;
        run.created = utcNow();
        auto added = m_session->addRun(run);
        if (!added)
            return added;
        id = *added;
    }
    if (auto set = m_session->setReport(id, report); !set)
        return fail(set.error());
    return id;
}

} // namespace winnow
