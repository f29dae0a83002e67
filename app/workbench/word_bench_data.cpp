// What the Words page shows: the session's results and what the engine said, read into one immutable whole.
#include "app/workbench/word_bench.h"

#include "app/workbench/result_source.h"
#include "app/workbench/run_family.h"
#include "core/base/json_fields.h"
#include "views/format.h"

#include <cmath>

namespace winnow {

std::vector<WordText> wordLines(const InputRecord &input)
{
    std::vector<WordText> lines;
    QStringList rows = QString::fromStdString(input.content).split(QLatin1Char('\n'));
    while (!rows.isEmpty() && rows.back().isEmpty())
        rows.removeLast();
    for (const QString &row : rows)
        lines.push_back(WordText::of(row.endsWith(QLatin1Char('\r')) ? row.chopped(1) : row));
    return lines;
}

std::vector<CutLine> wordGold(const InputRecord &input, const std::vector<WordText> &lines)
{
    std::vector<QStringList> words;
    for (const std::vector<std::string> &line : goldWords(input)) {
        words.emplace_back();
        for (const std::string &word : line)
            words.back() << QString::fromStdString(word);
    }
    return words.empty() ? std::vector<CutLine>() : alignGold(lines, words).lines;
}

namespace {

/// The result with the name and letter of its run.
WordRun named(const WordRun &read, const RunRecord *run, const MethodInfo *method)
{
    WordRun shown = read;
    shown.run = run ? run->letter : -1;
    if (run && !run->name.empty())
        shown.title = QString::fromStdString(run->name);
    else if (method)
        shown.title = QString::fromStdString(method->title);
    return shown;
}

} // namespace

std::shared_ptr<const WordRun> WordBench::readRun(const ReportPtr &report)
{
    auto found = m_read.find(report);
    if (found != m_read.end())
        return found->second;
    std::shared_ptr<const WordRun> read;
    if (Result<WordRun> run = readWordRun(*report, m_lines, m_gold))
        read = std::make_shared<const WordRun>(std::move(*run));
    m_read[report] = read;
    return read;
}

void WordBench::addRuns(WordData &data)
{
    for (const RunRecord &record : m_document.runs()) {
        if (record.inputId != m_input || runFamily(record) != "segment")
            continue;
        const ReportPtr report = m_document.report(record.id);
        const auto read = report ? readRun(report) : nullptr;
        if (!read)
            continue;
        if (record.id == m_activeRun)
            data.shown = static_cast<int>(data.runs.size());
        data.runs.push_back(named(*read, &record, nullptr));
    }
    if (m_activeRun == 0 && m_preview && !m_lines.empty()) {
        if (const auto read = readRun(m_preview)) {
            data.shown = static_cast<int>(data.runs.size());
            data.runs.push_back(named(*read, nullptr, findMethod(m_methods, m_previewOf.setting.method)));
        }
    }
    if (data.shown < 0 && !data.runs.empty())
        data.shown = 0;
    // Edited counts are shown as edited in the list they belong to.
    if (data.shown >= 0 && data.runs[static_cast<size_t>(data.shown)].training.used < 0)
        if (const Json &merges = childField(m_setting.setting.parameters, "merges"); merges.is_number_integer())
            data.runs[static_cast<size_t>(data.shown)].training.used = merges.get<int>();
}

void WordBench::addCurves(WordData &data)
{
    for (const RunRecord &record : m_document.runs())
        if (const ReportPtr report = record.inputId == m_input && runFamily(record) == "segment" ? m_document.report(record.id) : nullptr)
            for (WordCurve &curve : wordCurves(*report, record.letter))
                data.curves.push_back(std::move(curve));
    const std::string prefix = std::string(kWordCurveCell) + "." + std::to_string(m_input) + ".";
    for (const auto &[key, report] : m_document.cells()) {
        if (!key.starts_with(prefix))
            continue;
        const WordSetting setting = wordSettingFromJson(report->request());
        const RunRecord *owner = nullptr;
        for (const RunRecord &record : m_document.runs())
            if (record.inputId == m_input && runFamily(record) == "segment" && stringField(record.request, "method") == setting.setting.method && !owner)
                owner = &record;
        for (WordCurve &curve : wordCurves(*report, owner ? owner->letter : -1))
            data.curves.push_back(std::move(curve));
    }
}

void WordBench::publish()
{
    auto data = std::make_shared<WordData>();
    if (const InputRecord *record = input()) {
        data->input = QString::fromStdString(record->name);
        data->language = QString::fromStdString(inputLanguage(*record));
        data->licence = QString::fromStdString(stringField(record->extra, "licence"));
    }
    data->lines = m_lines;
    data->gold = m_gold;
    data->problem = m_problem;
    if (m_lines.empty() && !m_problem.isEmpty())
        data->lines = {WordText::of(QString())};
    addRuns(*data);
    addCurves(*data);
    if (m_lattice && m_lattice->line < static_cast<int>(m_lines.size()))
        data->lattice = m_lattice;
    if (m_ribbon->ribbon() && m_ribbon->ribbon()->line < static_cast<int>(m_lines.size()))
        data->ribbon = m_ribbon->ribbon();
    data->teacher = m_teacher;
    if (m_lines.empty() && m_problem.isEmpty()) {
        m_data = nullptr;
    } else {
        m_data = std::move(data);
    }
    Q_EMIT changed();
}

void WordBench::flush()
{
    m_stateTimer.stop();
    if (m_document.isOpen() && !m_setting.setting.method.empty())
        m_document.setState("view.words", saveState());
}

Json WordBench::saveState() const
{
    Json state = toJson(m_setting);
    state["sourceChosen"] = m_sourceChosen;
    return state;
}

void WordBench::restoreState(const Json &state)
{
    WordSetting setting = wordSettingFromJson(state);
    if (setting.setting.method.empty()) {
        for (const RunRecord &run : m_document.runs())
            if (runFamily(run) == "segment") {
                setting = wordSettingFromJson(run.request);
                break;
            }
    }
    m_sourceChosen = flagField(state, "sourceChosen");
    if (!m_sourceChosen && !setting.setting.method.empty() && sourceKinds(setting.setting.method).front() == "simulated")
        setting.source.kind = m_gold.empty() ? "lines" : "simulated"; // what nobody chose is as the lines allow
    if (!setting.setting.method.empty())
        applySetting(setting);
}

std::vector<Check> WordBench::checks() const
{
    const ReportPtr report = currentReport();
    std::vector<Check> checks = report ? report->checks() : std::vector<Check>();
    const WordRun *run = m_data ? m_data->current() : nullptr;
    if (!report || !run || run->lines.size() != m_lines.size())
        return checks;
    size_t joined = 0;
    std::string where;
    for (size_t i = 0; i < m_lines.size(); ++i) {
        bool whole = true;
        for (const WordCell &cell : m_lines[i].cells)
            for (int point = cell.first; point < cell.end && !cell.space; ++point)
                whole = whole && run->lines[i].wordAt(point) >= 0;
        joined += whole ? 1 : 0;
        if (!whole && where.empty())
            where = tr("Line %1 has characters in no word.").arg(i + 1).toStdString();
    }
    const auto of = [&](double count, size_t all) { return tr("%1 of %2").arg(format::integer(count), format::integer(static_cast<double>(all))).toStdString(); };
    const std::string all = of(static_cast<double>(m_lines.size()), m_lines.size());
    checks.push_back({"wordsJoin", tr("Words join to the line").toStdString(), joined == m_lines.size(), all, of(static_cast<double>(joined), m_lines.size()), where});
    if (const auto taught = report->metric("taughtLines"), altered = report->metric("alteredRate"); taught && altered)
        checks.push_back({"replies", tr("Replies aligned").toStdString(), true, tr("any number").toStdString(), tr("%1 exact").arg(format::integer(std::round(*taught * (1 - *altered)))).toStdString(), {}});
    return checks;
}

WordDataPtr storedWords(const ResultSource &source, const InputRecord &input, const std::vector<MethodInfo> &methods)
{
    auto data = std::make_shared<WordData>();
    data->input = QString::fromStdString(input.name);
    data->language = QString::fromStdString(inputLanguage(input));
    data->licence = QString::fromStdString(stringField(input.extra, "licence"));
    data->lines = wordLines(input);
    data->gold = wordGold(input, data->lines);
    for (const RunRecord &record : source.runs()) {
        const MethodInfo *method = findMethod(methods, stringField(record.request, "method"));
        if (record.inputId != input.id || runFamily(record) != "segment")
            continue;
        const ReportPtr report = source.report(record.id);
        if (!report)
            continue;
        if (Result<WordRun> run = readWordRun(*report, data->lines, data->gold)) {
            data->runs.push_back(named(*run, &record, method));
            for (WordCurve &curve : wordCurves(*report, record.letter))
                data->curves.push_back(std::move(curve));
        }
    }
    if (data->runs.empty())
        return nullptr;
    data->shown = 0;
    return data;
}

} // namespace winnow
