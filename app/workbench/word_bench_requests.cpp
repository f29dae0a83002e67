// What the Words page asks the engine: the preview, the lattice of a line, training, replies, curves.
#include "app/workbench/word_bench.h"

#include "app/engine/error_sentence.h"
#include "app/workbench/reply_lines.h"
#include "app/workbench/run_family.h"
#include "core/base/json_fields.h"
#include "views/theme.h"

#include <QCryptographicHash>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {


bool worthSaying(const Error &error) { return error.code != ErrorCode::Cancelled && error.code != ErrorCode::EngineLost; }

TeacherLine teacherLine(const Json &part, const std::vector<WordText> &lines)
{
    const auto number = static_cast<int>(integerField(part, "line", -1));
    const QString source = number >= 0 && number < static_cast<int>(lines.size()) ? lines[static_cast<size_t>(number)].text : QString();
    TeacherLine line = alignedReply(number, source, QString::fromStdString(stringField(part, "reply")));
    line.added.clear();
    for (const std::string &word : stringListField(part, "words"))
        line.added << QString::fromStdString(word);
    line.hallucination = numberField(part, "hallucination", line.hallucination);
    line.seconds = numberField(part, "seconds", kNoNumber);
    line.promptTokens = numberField(part, "promptTokens", kNoNumber);
    line.replyTokens = numberField(part, "replyTokens", kNoNumber);
    return line;
}

/// Values a sweep takes over a parameter of this range.
std::vector<double> sweepValues(const ParameterInfo &parameter)
{
    if (parameter.name == "share")
        return {0.1, 0.25, 0.5, 0.75, 1};
    if (parameter.name == "topRatio")
        return {0.9, 0.95, 0.99, 1};
    if (parameter.type == ParameterType::Float && parameter.minimum <= 0 && parameter.maximum <= 1)
        return {0, 0.05, 0.1, 0.15, 0.2, 0.3};
    std::vector<double> values;
    const double low = std::max(parameter.minimum, parameter.minimum > 0 ? parameter.minimum : 1), high = parameter.maximum;
    const bool wide = high / low > 50;
    constexpr int kPoints = 6;
    for (int i = 0; i < kPoints; ++i) {
        const double share = static_cast<double>(i) / (kPoints - 1);
        const double around = std::max(1e-9, parameter.defaultValue);
        const double value = wide ? around * std::pow(2.0, i - 3) : low + share * (high - low);
        const double kept = std::clamp(parameter.type == ParameterType::Int ? std::round(value) : value, parameter.minimum, parameter.maximum);
        if (values.empty() || kept > values.back())
            values.push_back(kept);
    }
    return values;
}

} // namespace

void WordBench::schedulePreview()
{
    if (m_wanted && m_engine.state() == EngineClient::State::Ready && !m_lines.empty() && method())
        m_previewTimer.start();
}

void WordBench::askPreview()
{
    const InputRecord *record = input();
    if (!record || !method() || m_engine.state() != EngineClient::State::Ready)
        return;
    if ((m_activeRun != 0 && m_document.report(m_activeRun)) || (m_preview && m_previewOf == m_setting))
        return;
    RequestHandlers handlers;
    handlers.done = [this, generation = m_generation, asked = m_setting](Result<Document> reply) {
        if (generation != m_generation)
            return;
        m_previewRequest = 0;
        Q_EMIT busyChanged();
        m_previewProblem = reply || !worthSaying(reply.error()) ? QString() : errorSentence(reply.error());
        if (!reply) {
            Q_EMIT settingChanged(); // the form says why
            return;
        }
        m_previewOf = asked;
        m_read.erase(m_preview);
        m_preview = std::make_shared<const Report>(std::move(*reply));
        if (const RunRecord *same = sameSetting(asked); same && !m_document.report(same->id))
            m_document.setReport(same->id, m_preview);
        publish();
    };
    m_previewRequest = m_engine.send(wordRunRequest(*record, m_setting, trainingInput(m_setting)), QStringLiteral("words.preview"), std::move(handlers));
    Q_EMIT busyChanged();
}

/// The pinned run behind the marked row; null = the form's setting.
const RunRecord *WordBench::latticeRun() const
{
    for (const RunRecord &record : m_document.runs())
        if (record.inputId == m_input && record.letter == m_mark.run && runFamily(record) == "segment")
            return &record;
    return m_activeRun != 0 ? m_document.run(m_activeRun) : nullptr;
}

/// Counts of the setting that are not those of the shown list.
std::map<std::string, double> WordBench::editedCounts(const WordRun *run) const
{
    std::map<std::string, double> edits;
    if (m_setting.source.counts.empty() || !run || !run->dictionary)
        return edits;
    for (const WordEntry &entry : run->dictionary->entries) {
        const auto count = m_setting.source.counts.find(entry.word.toStdString());
        if (entry.kept && count != m_setting.source.counts.end() && count->second != entry.count)
            edits.insert(*count);
    }
    return edits;
}

void WordBench::askLattice()
{
    const InputRecord *record = input();
    if (!m_wanted || !record || !method() || m_engine.state() != EngineClient::State::Ready || m_mark.line < 0 || m_mark.line >= static_cast<int>(m_lines.size()))
        return;
    const RunRecord *run = latticeRun();
    const WordSetting setting = run ? wordSettingFromJson(run->request) : m_setting;
    // The segmenter of a result answers at once; edits of counts are tried on it before the lines are cut again.
    const ReportPtr report = run ? m_document.report(run->id) : m_preview;
    const std::string segmenter = report ? stringField(childField(report->body(), "segmenter"), "id") : std::string();
    const bool stale = !run && m_previewOf != m_setting;
    const bool edited = stale && m_data && m_data->current() && m_data->current()->run < 0 && m_previewOf.setting == m_setting.setting;
    const std::map<std::string, double> edits = edited ? editedCounts(m_data->current()) : std::map<std::string, double>();
    const Json whole = wordRunRequest(*record, setting, trainingInput(setting));
    const std::string line = m_lines[static_cast<size_t>(m_mark.line)].text.toStdString();
    const auto send = [this, line](const Json &request, std::function<void(Result<Document>)> done) {
        RequestHandlers handlers;
        handlers.done = std::move(done);
        m_engine.send(request, QStringLiteral("words.lattice"), std::move(handlers));
    };
    const auto take = [this, generation = m_generation, mark = m_mark](Result<Document> reply) { onLattice(generation, mark, std::move(reply)); };
    if (segmenter.empty() || (stale && edits.empty()))
        return send(wordLatticeRequest(whole, {}, line, {}), take);
    send(wordLatticeRequest(whole, segmenter, line, edits), [send, take, whole, line, edits](Result<Document> reply) {
        if (!reply && reply.error().code == ErrorCode::NotFound) // an engine that was started again has forgotten it
            return send(wordLatticeRequest(whole, {}, line, edits), take);
        take(std::move(reply));
    });
}

void WordBench::onLattice(int generation, const WordMark &mark, Result<Document> reply)
{
    if (generation != m_generation || mark.line >= static_cast<int>(m_lines.size()))
        return;
    if (!reply) {
        if (worthSaying(reply.error()) && m_previewProblem.isEmpty())
            Q_EMIT failed(errorSentence(reply.error()));
        return;
    }
    Result<std::shared_ptr<WordLattice>> read = readLattice(expandArrays(*reply), m_lines[static_cast<size_t>(mark.line)]);
    if (!read) {
        Q_EMIT failed(errorSentence(read.error()));
        return;
    }
    (*read)->line = mark.line;
    (*read)->run = m_data && m_data->find(mark.run) ? mark.run : m_data && m_data->current() ? m_data->current()->run : -1;
    markBranching(**read, m_mark);
    m_lattice = *read;
    publish();
}

void WordBench::evaluate(qint64 runId)
{
    const RunRecord *run = m_document.run(runId);
    const InputRecord *record = run ? m_document.input(run->inputId) : nullptr;
    if (!record)
        return;
    JobSpec spec;
    spec.title = tr("Cut and score");
    spec.detail = QString::fromStdString(run->name);
    const WordSetting setting = wordSettingFromJson(run->request);
    spec.request = wordRunRequest(*record, setting, trainingInput(setting));
    spec.done = [this, runId](Result<Document> reply) {
        if (reply)
            m_document.setReport(runId, std::make_shared<const Report>(std::move(*reply)));
        else if (worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
    };
    m_jobs.submit(std::move(spec));
}

std::vector<WordBench::Variable> WordBench::variables() const
{
    std::vector<Variable> found;
    const MethodInfo *info = method();
    for (const ParameterInfo &parameter : info ? info->parameters : std::vector<ParameterInfo>()) {
        const bool number = parameter.type == ParameterType::Int || parameter.type == ParameterType::Float;
        if (!number || parameter.name == "seed" || parameter.name == "kBest" || !parameterVisible(parameter, m_setting.setting.parameters))
            continue;
        if (std::vector<double> values = sweepValues(parameter); values.size() > 1)
            found.push_back({QString::fromStdString(parameter.name), QString::fromStdString(parameter.title), std::move(values)});
    }
    return found;
}

void WordBench::sweep(const QString &parameter, const std::vector<double> &values)
{
    const InputRecord *record = input();
    if (!record || values.empty())
        return;
    const qint64 run = pin(); // a curve belongs to a run
    JobSpec spec;
    spec.title = tr("Curve");
    spec.detail = tr("%1, %2 values").arg(QString::fromStdString(method()->title)).arg(values.size());
    spec.request = wordSweepRequest(wordRunRequest(*record, m_setting, trainingInput(m_setting)), parameter.toStdString(), values);
    Json recipe = toJson(m_setting);
    recipe["command"] = "sweep";
    recipe["parameter"] = parameter.toStdString();
    spec.done = [this, input = m_input, run, recipe](Result<Document> reply) { onSwept(input, run, recipe, std::move(reply)); };
    m_jobs.submit(std::move(spec));
}

void WordBench::onSwept(qint64 inputId, qint64 runId, const Json &request, Result<Document> reply)
{
    if (!reply) {
        if (worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
        return;
    }
    const Report report(std::move(*reply));
    ReportBuilder builder; // the curve alone: words of every cell would fill the session
    builder.setRequest(request);
    for (const Curve &curve : report.curves())
        if (curve.yName == "f1")
            builder.add(curve);
    const QByteArray hash = QCryptographicHash::hash(QByteArray::fromStdString(request.dump(-1, ' ', false, Json::error_handler_t::replace)), QCryptographicHash::Sha256).toHex().left(16);
    m_document.putCell({std::string(kWordCurveCell) + "." + std::to_string(inputId) + "." + hash.toStdString(), request, runId}, builder.build());
}

void WordBench::train(const QString &out)
{
    const InputRecord *record = input();
    if (!record || !method())
        return;
    JobSpec spec;
    spec.title = tr("Train");
    spec.detail = QString::fromStdString(method()->title);
    spec.request = wordTrainRequest(wordRunRequest(*record, m_setting, trainingInput(m_setting)), out.toStdString());
    spec.done = [this, out, generation = m_generation](Result<Document> reply) {
        if (!reply) {
            if (worthSaying(reply.error()))
                Q_EMIT failed(errorSentence(reply.error()));
            return;
        }
        if (generation == m_generation)
            setSource({"dictionary", out.toStdString(), {}});
    };
    m_jobs.submit(std::move(spec));
}

void WordBench::teach(const QString &source, const QString &path)
{
    const InputRecord *record = input();
    if (!record || m_lines.empty())
        return;
    if (source == QLatin1String("replies"))
        return teachFromReplies(path);
    if (source == QLatin1String("simulated"))
        return teachSimulated();
    if (chatModel().isEmpty()) {
        Q_EMIT failed(tr("No chat model is loaded. Choose one under Model, then ask again."));
        return;
    }
    auto log = std::make_shared<TeacherLog>();
    log->source = source;
    log->total = static_cast<int>(m_lines.size());
    log->prompt = QString::fromStdString(teachingPrompt(inputLanguage(*record)));
    JobSpec spec;
    spec.title = tr("Ask the chat model");
    spec.detail = tr("%1 lines").arg(m_lines.size());
    spec.request = wordTeachRequest(*record, modelFields(m_ribbon->models().large), path.toStdString());
    spec.part = [this, log, generation = m_generation](Document part) {
        if (generation != m_generation || !part.body.contains("line"))
            return;
        log->lines.push_back(teacherLine(expandArrays(part), m_lines));
        m_teacher = std::make_shared<TeacherLog>(*log);
        publish();
    };
    spec.done = [this, path, generation = m_generation](Result<Document> reply) {
        if (generation != m_generation)
            return;
        if (reply)
            setSource({"replies", path.toStdString(), {}});
        else if (worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
    };
    m_jobs.submit(std::move(spec));
}

void WordBench::teachFromReplies(const QString &path)
{
    Result<ReplyFile> read = readReplyFile(path);
    if (!read) {
        Q_EMIT failed(errorSentence(read.error()));
        return;
    }
    auto log = std::make_shared<TeacherLog>();
    log->source = QStringLiteral("replies");
    log->total = static_cast<int>(m_lines.size());
    int beyond = 0;
    for (const auto &[line, reply] : read->replies) {
        if (line >= 0 && line < static_cast<int>(m_lines.size()))
            log->lines.push_back(alignedReply(line, m_lines[static_cast<size_t>(line)].text, reply));
        else
            ++beyond;
    }
    if (read->unread + beyond > 0)
        Q_EMIT failed(tr("%1 rows of the replies were left out: %2 are no {line, reply}, %3 name lines that are not here. Check that the file belongs to this input.").arg(read->unread + beyond).arg(read->unread).arg(beyond));
    m_teacher = log;
    publish();
    setSource({"replies", path.toStdString(), {}});
}

/// What the simulated model replies is what the direct method shows: its words with spaces between them.
void WordBench::teachSimulated()
{
    if (m_gold.empty()) {
        Q_EMIT failed(tr("The simulated model needs gold words. Open a treebank or text in the bar format."));
        return;
    }
    const MethodInfo *direct = findMethod(m_methods, "llm_direct");
    if (!direct)
        return;
    WordSetting setting{defaultSetting(*direct), {"simulated", {}, {}}};
    for (const ParameterInfo &parameter : direct->parameters)
        if (auto same = m_setting.setting.parameters.find(parameter.name); same != m_setting.setting.parameters.end())
            setting.setting.parameters[parameter.name] = *same;
    JobSpec spec;
    spec.title = tr("Simulate replies");
    spec.detail = tr("%1 lines").arg(m_lines.size());
    spec.request = wordRunRequest(*input(), setting, nullptr);
    spec.done = [this, generation = m_generation](Result<Document> reply) {
        if (generation != m_generation)
            return;
        Result<WordRun> run = reply ? readWordRun(Report(std::move(*reply)), m_lines, {}) : Result<WordRun>(fail(reply.error()));
        if (!run) {
            if (worthSaying(run.error()))
                Q_EMIT failed(errorSentence(run.error()));
            return;
        }
        auto log = std::make_shared<TeacherLog>();
        log->source = QStringLiteral("simulated");
        log->total = static_cast<int>(m_lines.size());
        for (size_t i = 0; i < m_lines.size(); ++i) {
            QStringList words;
            for (const WordSpan &word : run->lines[i].words)
                words << m_lines[i].word(word);
            if (!words.isEmpty())
                log->lines.push_back(alignedReply(static_cast<int>(i), m_lines[i].text, words.join(QLatin1Char(' '))));
        }
        m_teacher = log;
        publish();
        setSource({"simulated", {}, {}});
    };
    m_jobs.submit(std::move(spec));
}

} // namespace winnow
