#include "app/workbench/word_bench.h"

#include "app/workbench/run_family.h"
#include "core/base/json_fields.h"

#include <QDateTime>
#include <QUndoCommand>

#include <algorithm>
#include <cstdlib>

namespace winnow {

namespace {

constexpr int kPreviewDelayMs = 250, kLatticeDelayMs = 30, kStateDelayMs = 120;
constexpr int kMostLines = 5000; // what a window can hold; more are cut from the command line

} // namespace

/// A change of the segmenter's form; changes of one value in one gesture are one step.
class WordSettingCommand : public QUndoCommand {
public:
    WordSettingCommand(WordBench &bench, WordSetting before, WordSetting after, const QString &text, QString mergeKey, int gesture)
        : QUndoCommand(text)
        , m_bench(bench)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_mergeKey(std::move(mergeKey))
        , m_gesture(gesture)
    {
    }
    void redo() override { m_bench.applySetting(m_after); }
    void undo() override { m_bench.applySetting(m_before); }
    int id() const override { return 11; }
    bool mergeWith(const QUndoCommand *other) override
    {
        const auto *next = static_cast<const WordSettingCommand *>(other);
        if (next->m_mergeKey != m_mergeKey || next->m_gesture != m_gesture)
            return false;
        m_after = next->m_after;
        return true;
    }

private:
    WordBench &m_bench;
    WordSetting m_before, m_after;
    QString m_mergeKey;
    int m_gesture;
};

WordBench::WordBench(EngineClient &engine, JobRunner &jobs, SessionDocument &document, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
    , m_document(document)
    , m_ribbon(std::make_unique<WordRibbonMaker>(engine))
{
    m_previewTimer.setSingleShot(true);
    m_previewTimer.setInterval(kPreviewDelayMs);
    m_latticeTimer.setSingleShot(true);
    m_latticeTimer.setInterval(kLatticeDelayMs);
    m_stateTimer.setSingleShot(true);
    m_stateTimer.setInterval(kStateDelayMs);
    connect(&m_stateTimer, &QTimer::timeout, this, &WordBench::flush);
    connect(&m_previewTimer, &QTimer::timeout, this, &WordBench::askPreview);
    connect(&m_latticeTimer, &QTimer::timeout, this, &WordBench::askLattice);
    connect(m_ribbon.get(), &WordRibbonMaker::changed, this, &WordBench::publish);
    connect(&m_engine, &EngineClient::stateChanged, this, [this](EngineClient::State state) {
        if (state != EngineClient::State::Ready)
            return;
        schedulePreview();
        if (m_mark.isSet() && !m_lattice) // marked in a session that was open before the engine was
            m_latticeTimer.start();
    });
    for (auto signal : {&SessionDocument::runsChanged, &SessionDocument::cellsChanged})
        connect(&m_document, signal, this, [this] {
            const RunRecord *same = sameSetting(m_setting);
            const qint64 active = same ? same->id : 0;
            if (active != m_activeRun) {
                m_activeRun = active;
                Q_EMIT activeRunChanged();
            }
            publish();
            schedulePreview();
        });
    connect(&m_document, &SessionDocument::reportChanged, this, &WordBench::publish);
}

WordBench::~WordBench() = default;

void WordBench::setMethods(const std::vector<MethodInfo> &methods)
{
    m_methods = methods;
    if (!method() && !this->methods().empty()) {
        const std::vector<MethodInfo> mine = this->methods();
        applySetting(defaultWordSetting(mine.front(), !m_gold.empty()));
    } else {
        schedulePreview();
    }
    Q_EMIT settingChanged();
}

std::vector<MethodInfo> WordBench::methods() const
{
    std::vector<MethodInfo> mine;
    std::copy_if(m_methods.begin(), m_methods.end(), std::back_inserter(mine), [](const MethodInfo &method) { return method.family == "segment"; });
    return mine;
}

const MethodInfo *WordBench::method() const { return findMethod(m_methods, m_setting.setting.method); }

void WordBench::setInput(qint64 inputId)
{
    const InputRecord *record = m_document.input(inputId);
    const std::string content = record && record->kind == "text" ? record->content : std::string();
    if (inputId == m_input && content == m_content)
        return;
    m_input = inputId;
    m_content = content;
    readInput();
    const RunRecord *same = sameSetting(m_setting);
    m_activeRun = same ? same->id : 0;
    Q_EMIT activeRunChanged();
    Q_EMIT settingChanged();
}

void WordBench::readInput()
{
    ++m_generation;
    m_lines.clear();
    m_gold.clear();
    m_problem.clear();
    m_previewProblem.clear(); // of another text
    m_preview.reset();
    m_lattice.reset();
    m_teacher.reset();
    m_ribbon->clear();
    m_mark = {};
    if (const InputRecord *record = input(); record && record->kind == "text") {
        m_lines = wordLines(*record);
        if (m_lines.size() > kMostLines) {
            m_problem = tr("Too many lines. The page holds %1 lines, this input has %2: cut it, or run it from the command line.").arg(kMostLines).arg(m_lines.size());
            m_lines.clear();
        } else {
            m_gold = wordGold(*record, m_lines);
        }
    }
    // What is taught is taught by the simulated model where gold allows it, until somebody says otherwise.
    if (!m_sourceChosen && sourceKinds(m_setting.setting.method).front() == "simulated")
        m_setting.source.kind = m_gold.empty() ? "lines" : "simulated";
    publish();
    schedulePreview();
}

void WordBench::setModels(const RibbonModels &models) { m_ribbon->setModels(models); }

void WordBench::setWanted(bool wanted)
{
    m_wanted = wanted;
    if (!wanted)
        return;
    schedulePreview();
    if (m_mark.isSet() && !m_lattice)
        m_latticeTimer.start();
}

void WordBench::engineGone()
{
    ++m_generation;
    m_previewRequest = 0;
    Q_EMIT busyChanged();
}

void WordBench::close()
{
    ++m_generation;
    m_stateTimer.stop();
    m_previewTimer.stop();
    m_latticeTimer.stop();
    m_previewRequest = 0;
    m_input = m_activeRun = 0;
    m_content.clear();
    m_read.clear();
    m_sourceChosen = false;
    readInput();
}

const RunRecord *WordBench::sameSetting(const WordSetting &setting) const
{
    for (const RunRecord &run : m_document.runs())
        if (run.inputId == m_input && stringField(run.request, "method") == setting.setting.method && wordSettingFromJson(run.request) == setting)
            return &run;
    return nullptr;
}

ReportPtr WordBench::currentReport() const
{
    if (m_activeRun != 0)
        return m_document.report(m_activeRun);
    return m_previewOf == m_setting ? m_preview : nullptr;
}

void WordBench::applySetting(const WordSetting &setting)
{
    m_setting = setting;
    m_previewProblem.clear();
    const RunRecord *same = sameSetting(setting);
    const qint64 active = same ? same->id : 0;
    const bool other = active != m_activeRun;
    m_activeRun = active;
    m_stateTimer.start(); // a drag is written once it rests
    Q_EMIT settingChanged();
    if (other)
        Q_EMIT activeRunChanged();
    publish();
    schedulePreview();
    if (m_mark.isSet())
        m_latticeTimer.start();
}

void WordBench::changeSetting(const WordSetting &setting, const QString &text, const QString &mergeKey)
{
    if (setting == m_setting)
        return;
    if (!m_document.isOpen())
        return applySetting(setting);
    m_document.undoStack().push(new WordSettingCommand(*this, m_setting, setting, text, mergeKey, m_gesture));
}

void WordBench::setMethod(const QString &id)
{
    const MethodInfo *method = findMethod(m_methods, id.toStdString());
    if (!method || method->id == m_setting.setting.method)
        return;
    WordSetting next = defaultWordSetting(*method, !m_gold.empty());
    const std::vector<std::string> kinds = sourceKinds(method->id);
    const bool empty = m_setting.source.kind == "input" && m_setting.source.path.empty(); // a method before found no gold to learn from
    const bool both = !empty && std::find(kinds.begin(), kinds.end(), m_setting.source.kind) != kinds.end();
    if (both && (usesDictionary(method->id) || m_setting.source.counts.empty()))
        next.source = m_setting.source; // what is learned from stays
    if (next.source.kind == "input" && next.source.path.empty())
        next.source.path = otherGold();
    endGesture();
    changeSetting(next, tr("Choose %1").arg(QString::fromStdString(method->title)), QStringLiteral("method"));
    endGesture();
}

void WordBench::setParameter(const QString &name, const Json &value)
{
    const MethodInfo *info = method();
    const ParameterInfo *parameter = info ? info->parameter(name.toStdString()) : nullptr;
    WordSetting next = m_setting;
    next.setting.parameters[name.toStdString()] = value;
    changeSetting(next, tr("Change %1").arg(parameter ? QString::fromStdString(parameter->title) : name), QStringLiteral("param.") + name);
}

void WordBench::setSource(const WordSource &source)
{
    m_sourceChosen = true;
    WordSetting next = m_setting;
    next.source = source;
    endGesture();
    changeSetting(next, tr("Change where the words come from"), QStringLiteral("source"));
    endGesture();
}

void WordBench::setCount(const QString &word, double count)
{
    const WordRun *run = m_data ? m_data->current() : nullptr;
    WordSetting next = m_setting;
    if (next.source.counts.empty()) { // from now on the list stands by itself
        if (!run || !run->dictionary) {
            Q_EMIT failed(tr("%1 has no list of words whose counts could be edited.").arg(run ? run->title : tr("This method")));
            return;
        }
        for (const WordEntry &entry : run->dictionary->entries)
            if (entry.kept)
                next.source.counts[entry.word.toStdString()] = entry.count;
    }
    next.source.counts[word.toStdString()] = count;
    changeSetting(next, tr("Change the count of %1").arg(word), QStringLiteral("count.") + word);
}

void WordBench::setAlphabet(const QString &alphabet)
{
    if (method() && method()->parameter("alphabet"))
        setParameter(QStringLiteral("alphabet"), alphabet.toStdString());
}

void WordBench::setMark(const WordMark &mark)
{
    const WordMark before = m_mark;
    m_mark = mark;
    if (!mark.isSet() || mark.line >= static_cast<int>(m_lines.size()))
        return;
    const bool same = before.line == mark.line && before.run == mark.run;
    if (same && m_lattice && m_lattice->line == mark.line && m_ribbon->ribbon()) {
        auto moved = std::make_shared<WordLattice>(*m_lattice);
        markBranching(*moved, mark);
        if (moved->branchFirst != m_lattice->branchFirst) {
            m_lattice = std::move(moved);
            publish();
        }
        return;
    }
    const WordRun *run = m_data ? m_data->find(mark.run) : nullptr;
    if (!run && m_data)
        run = m_data->current();
    const auto line = static_cast<size_t>(mark.line);
    m_ribbon->setLine(mark.line, run ? run->run : -1, m_lines[line], run ? &run->lines[line] : nullptr);
    m_latticeTimer.start();
}

qint64 WordBench::pin()
{
    endGesture();
    const InputRecord *record = input();
    const MethodInfo *info = method();
    if (!record || !info)
        return 0;
    if (const RunRecord *same = sameSetting(m_setting))
        return same->id;
    RunRecord run;
    run.inputId = record->id;
    run.name = info->title;
    run.request = pinnedRequest(*record, m_setting);
    run.created = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    const ReportPtr report = m_previewOf == m_setting ? m_preview : nullptr;
    run.hasReport = report != nullptr;
    rememberMethods();
    return m_document.pinRun(std::move(run), report);
}

void WordBench::rememberMethods()
{
    auto listed = m_engine.hello().find("methods");
    if (listed != m_engine.hello().end() && m_document.state("methods").is_null())
        m_document.setState("methods", *listed);
}

void WordBench::setActiveRun(qint64 runId)
{
    const RunRecord *run = m_document.run(runId);
    if (!run || runFamily(*run) != "segment")
        return;
    endGesture();
    m_sourceChosen = true;
    applySetting(wordSettingFromJson(run->request));
    Q_EMIT runChosen();
}

void WordBench::run()
{
    if (const qint64 id = pin(); id != 0)
        evaluate(id);
}

QString WordBench::commandLine(qint64 runId) const
{
    const RunRecord *run = m_document.run(runId);
    const InputRecord *record = run ? m_document.input(run->inputId) : input();
    if (!record || (!run && m_setting.setting.method.empty()))
        return {};
    const WordSetting setting = run ? wordSettingFromJson(run->request) : m_setting;
    return QString::fromStdString(wordCommand(*record, setting, trainingInput(setting), m_methods));
}

const InputRecord *WordBench::trainingInput(const WordSetting &setting) const
{
    return setting.source.kind == "input" ? m_document.input(std::atoll(setting.source.path.c_str())) : nullptr;
}

std::string WordBench::otherGold() const
{
    for (const InputRecord &other : m_document.inputs())
        if (const InputRecord *mine = input(); other.id != m_input && mine && goldLines(other) > 0 && inputLanguage(other) == inputLanguage(*mine))
            return std::to_string(other.id);
    return {};
}

QString WordBench::chatModel() const { return m_ribbon->models().largeReady ? QString::fromStdString(m_ribbon->models().large.model) : QString(); }

} // namespace winnow
