#include "app/workbench/workbench.h"

#include "app/workbench/setting_command.h"
#include "app/workbench/view_data.h"

#include <QFileInfo>

namespace winnow {
namespace {

    constexpr int kRebuildDelayMs = 0; // once per turn of the event loop
    constexpr int kSettingDelayMs = 120; // a drag is written once it rests

    QString textOf(const Json &json, const char *name)
    {
        if (!json.is_object())
            return {};
        auto it = json.find(name);
        return it != json.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
    }

} // namespace

QString ModelState::title() const
{
    if (!catalogueTitle.isEmpty())
        return catalogueTitle;
    const QString name = textOf(description, "name");
    if (!name.isEmpty())
        return name;
    const QString chosen = QString::fromStdString(choice.model);
    return chosen.contains(QLatin1Char('/')) ? QFileInfo(chosen).completeBaseName() : chosen;
}

QString ModelState::place() const
{
    const QString device = textOf(description, "device"), dtype = textOf(description, "dtype");
    return device.isEmpty() ? QString() : device.toUpper() + QLatin1Char(' ') + dtype;
}

Workbench::Workbench(AppSettings &settings, QObject *parent)
    : QObject(parent)
    , m_settings(settings)
    , m_jobs(m_engine)
    , m_preview(m_engine, m_jobs)
    , m_promptPreview(m_engine, m_jobs)
    , m_promptMap(m_engine, m_jobs)
    , m_measurements(m_jobs, m_document)
    , m_pair(m_engine, m_jobs, m_document)
    , m_words(m_engine, m_jobs, m_document)
{
    m_parked.setting.family = "prompt";
    m_rebuildTimer.setSingleShot(true);
    m_rebuildTimer.setInterval(kRebuildDelayMs);
    m_viewData = std::make_shared<const ViewData>();
    m_settingTimer.setSingleShot(true);
    m_settingTimer.setInterval(kSettingDelayMs);
    connect(&m_settingTimer, &QTimer::timeout, this, &Workbench::writeSetting);
    m_restartTimer.setSingleShot(true); // several settings may change at once
    connect(&m_restartTimer, &QTimer::timeout, this, &Workbench::restartEngine);
    connect(&m_settings, &AppSettings::engineChanged, &m_restartTimer, [this] {
        if (m_engine.state() != EngineClient::State::Stopped)
            m_restartTimer.start(0);
    });
    connect(&m_rebuildTimer, &QTimer::timeout, this, &Workbench::rebuild);
    connect(&m_engine, &EngineClient::stateChanged, this, &Workbench::onEngineState);
    connect(&m_preview, &Preview::reportChanged, this, &Workbench::scheduleRebuild);
    connect(&m_promptMap, &PromptMapLoader::changed, this, &Workbench::scheduleRebuild);
    connect(&m_promptMap, &PromptMapLoader::failed, this, &Workbench::failed);
    connect(&m_promptPreview, &PromptPreview::reportChanged, this, &Workbench::scheduleRebuild);
    connect(&m_preview, &Preview::failed, this, &Workbench::failed);
    connect(&m_preview, &Preview::captureChanged, this, [this] {
        if (const std::optional<CaptureInfo> &capture = m_preview.capture(); capture && m_activeInput != 0) {
            m_tokenCounts[m_activeInput] = static_cast<qint64>(capture->ids.size());
            Q_EMIT tokenCountsChanged();
            Q_EMIT settingChanged(); // the budget can now be said in tokens
        }
        runDemoPlan();
    });
    m_jobs.setFittingRule([this](const Json &request) { return fittingRetry(request); });
    connect(&m_jobs, &JobRunner::jobFinished, this, [this] {
        if (!m_demoSaving || m_jobs.busy())
            return;
        m_demoSaving = false; // the demo as it was made counts as saved
        if (Result<void> saved = saveTo(m_document.homePath()); !saved)
            Q_EMIT failed(QString::fromStdString(saved.error().message));
    });
    connect(&m_measurements, &Measurements::failed, this, &Workbench::failed);
    connect(&m_pair, &PairCompare::failed, this, &Workbench::failed);
    connect(&m_words, &WordBench::failed, this, &Workbench::failed);
    connect(&m_words, &WordBench::changed, this, &Workbench::scheduleRebuild);
    for (auto signal : {&Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::settingChanged, &Workbench::activeInputChanged, &Workbench::methodsChanged})
        connect(this, signal, this, &Workbench::retargetWords);
    connect(&m_pair, &PairCompare::changed, this, [this] {
        if (const Json state = m_pair.saveState(); m_document.isOpen() && m_document.state("view.pair") != state)
            m_document.setState("view.pair", state);
        orderReading();
        scheduleRebuild();
    });
    connect(&m_pair, &PairCompare::busyChanged, this, &Workbench::orderReading);
    connect(&m_measurements, &Measurements::textReady, this, &Workbench::generated);
    connect(&m_document, &SessionDocument::failed, this, &Workbench::failed);
    for (auto signal : {&SessionDocument::runsChanged, &SessionDocument::cellsChanged, &SessionDocument::inputsChanged})
        connect(&m_document, signal, this, &Workbench::scheduleRebuild);
    connect(&m_document, &SessionDocument::reportChanged, this, &Workbench::scheduleRebuild);
    connect(&m_document, &SessionDocument::editedChanged, this, &Workbench::sessionChanged);
    connect(&m_document, &SessionDocument::opened, this, &Workbench::onSessionOpened);
    connect(&m_document, &SessionDocument::inputsChanged, this, [this] {
        if (!m_document.input(m_activeInput))
            setActiveInput(m_document.inputs().empty() ? 0 : m_document.inputs().front().id);
        else
            retarget();
        retargetWords();
    });
    connect(&m_document, &SessionDocument::runsChanged, this, [this] {
        const RunRecord *same = m_measurements.sameSetting(m_activeInput, m_setting);
        const qint64 active = same ? same->id : 0;
        if (active != m_activeRun) {
            m_activeRun = active;
            Q_EMIT activeRunChanged();
        }
    });
}

Workbench::~Workbench() { disconnect(&m_engine, nullptr, this, nullptr); }

void Workbench::startEngine()
{
    m_engine.setCommand(m_settings.engineCommand());
    m_engine.setModelFolder(m_settings.modelFolder());
    m_engine.start();
}

void Workbench::restartEngine()
{
    m_engine.stop();
    startEngine();
}

void Workbench::onEngineState(EngineClient::State state)
{
    if (state == EngineClient::State::Ready) {
        std::vector<MethodInfo> methods;
        auto listed = m_engine.hello().find("methods");
        if (listed != m_engine.hello().end() && listed->is_array()) {
            for (const Json &entry : *listed) {
                if (Result<MethodInfo> info = methodInfoFromJson(entry))
                    methods.push_back(std::move(*info));
                else
                    Q_EMIT failed(QString::fromStdString(info.error().message));
            }
            m_methods = std::move(methods);
            if (m_document.state("methods").is_null())
                m_document.setState("methods", *listed);
        }
        m_preview.setMethods(m_methods);
        m_words.setMethods(m_methods);
        m_preview.forgetCapture();
        m_promptPreview.forget();
        Q_EMIT methodsChanged();
        askCatalogue();
        fillSetting();
        if (!m_model.choice.model.empty())
            reloadModel();
        reloadSmallModel();
        return;
    }
    if (state == EngineClient::State::Lost || state == EngineClient::State::Stopped) {
        m_preview.forgetCapture();
        m_promptPreview.forget();
        m_promptMap.engineGone();
        m_pair.engineGone();
        m_words.engineGone();
        if (m_model.phase != ModelState::Phase::None) {
            m_model.phase = ModelState::Phase::NotLoaded;
            Q_EMIT modelChanged();
        }
        if (m_small.phase != ModelState::Phase::None) {
            m_small.phase = ModelState::Phase::NotLoaded;
            Q_EMIT smallModelChanged();
        }
        if (state == EngineClient::State::Lost)
            Q_EMIT engineLost(m_engine.lostReason());
    }
}

CacheGeometry Workbench::geometry() const
{
    CacheGeometry geometry;
    const ReportPtr report = currentReport();
    geometry.bytesPerToken = cacheBytesPerToken(m_model.description);
    if (m_setting.family == "prompt") {
        geometry.tokens = m_viewData->current.prompt ? m_viewData->current.prompt->tokens() : 0;
    } else if (const std::optional<CaptureInfo> &capture = m_preview.capture()) {
        geometry.tokens = capture->tokens;
    } else if (report) {
        if (const std::shared_ptr<const KeptTokens> kept = currentKept())
            geometry.tokens = kept->tokens;
        if (geometry.bytesPerToken <= 0 && geometry.tokens > 0 && report->savings().fullBytes > 0)
            geometry.bytesPerToken = report->savings().fullBytes / static_cast<double>(geometry.tokens);
    }
    if (const MethodInfo *method = currentMethod(); method && method->family == "kv" && needsSmallModel(*method)) {
        const double counted = report ? report->savings().slmCacheBytes : -1; // a run may stop the small model early
        geometry.besideBytes = counted >= 0 ? counted : static_cast<double>(geometry.tokens) * cacheBytesPerToken(m_small.description);
    }
    return geometry;
}

void Workbench::fillSetting()
{
    if (!m_setting.method.empty() || m_methods.empty())
        return;
    const bool prompt = m_setting.family == "prompt";
    const MethodInfo *first = findMethod(m_methods, prompt ? "dac" : "snapkv");
    for (const MethodInfo &method : m_methods)
        first = !first && method.family == m_setting.family ? &method : first;
    if (first)
        applySetting(defaultSetting(*first));
}

void Workbench::writeSetting()
{
    m_settingTimer.stop();
    m_document.setState(m_setting.family == "prompt" ? "view.promptSetting" : "view.setting", toJson(m_setting));
}

void Workbench::setFamily(const std::string &family)
{
    if (m_setting.family == family || m_parked.setting.family != family)
        return;
    if (m_settingTimer.isActive())
        writeSetting();
    endGesture();
    std::swap(m_setting, m_parked.setting);
    std::swap(m_selection, m_parked.selection);
    const RunRecord *same = m_measurements.sameSetting(m_activeInput, m_setting);
    m_activeRun = same ? same->id : 0;
    rebuild();
    Q_EMIT familyChanged();
    Q_EMIT methodsChanged();
    Q_EMIT settingChanged();
    Q_EMIT activeRunChanged();
    Q_EMIT selectionChanged();
    fillSetting();
}

void Workbench::applySetting(const Setting &setting)
{
    setFamily(setting.family);
    m_setting = setting;
    m_settingTimer.start();
    const RunRecord *same = m_measurements.sameSetting(m_activeInput, setting);
    const qint64 active = same ? same->id : 0;
    const bool runChanged = active != m_activeRun;
    m_activeRun = active;
    if (setting.family == "prompt")
        m_promptPreview.setSetting(setting);
    else
        m_preview.setSetting(setting);
    retarget(); // a method that asks a small model has another target
    Q_EMIT settingChanged();
    if (runChanged)
        Q_EMIT activeRunChanged();
    scheduleRebuild();
}

void Workbench::changeSetting(const Setting &setting, const QString &text, const QString &mergeKey)
{
    if (setting == m_setting)
        return;
    if (!m_document.isOpen()) {
        applySetting(setting);
        return;
    }
    m_document.undoStack().push(new SettingCommand(*this, m_setting, setting, text, mergeKey, m_gesture));
}

void Workbench::setMethod(const QString &id)
{
    const MethodInfo *method = findMethod(m_methods, id.toStdString());
    if (!method || method->id == m_setting.method)
        return;
    Setting next = defaultSetting(*method);
    const MethodInfo *before = currentMethod();
    const bool sameMeaning = before && before->family == method->family && before->budgetMeaning == method->budgetMeaning; // a share of tokens is no share of layers
    if (!method->budgetUnit.empty() && sameMeaning && budgetFraction(m_setting.budget, geometry()) < 1)
        next.budget = m_setting.budget;
    endGesture();
    changeSetting(next, tr("Choose %1").arg(QString::fromStdString(method->title)), QStringLiteral("method"));
    endGesture();
}

void Workbench::setParameter(const QString &name, const Json &value)
{
    const MethodInfo *method = currentMethod();
    Setting next = m_setting;
    next.parameters[name.toStdString()] = value;
    const ParameterInfo *parameter = method ? method->parameter(name.toStdString()) : nullptr;
    const QString title = parameter ? QString::fromStdString(parameter->title) : name;
    changeSetting(next, tr("Change %1").arg(title), QStringLiteral("param.") + name);
}

void Workbench::setParameters(const Json &values, const QString &text, std::optional<Budget> budget)
{
    Setting next = m_setting;
    next.parameters = values;
    next.budget = budget.value_or(next.budget);
    changeSetting(next, text, QStringLiteral("params"));
}

void Workbench::setBudget(const Budget &budget)
{
    Setting next = m_setting;
    next.budget = budget;
    changeSetting(next, tr("Change budget"), QStringLiteral("budget"));
}

ReportPtr Workbench::currentReport() const { return m_viewData->current.report; }

bool Workbench::previewIsCurrent() const { return m_viewData->current.index < 0; }

void Workbench::setSelection(const Selection &selection)
{
    if (selection == m_selection)
        return;
    m_selection = selection;
    m_pair.setMark(selection.pair);
    if (selection.pinned || !selection.word.isSet()) // a line under the mouse is not followed through models
        m_words.setMark(selection.word);
    Q_EMIT selectionChanged();
}

void Workbench::requestSelection(const Selection &wanted)
{
    const bool hover = !wanted.pinned;
    const bool cleared = wanted.token < 0 && wanted.layer < 0 && wanted.head < 0 && !wanted.word.isSet();
    // A pair of heads alone does not keep hovering from marking tokens and layers.
    const bool held = m_selection.pinned && (m_selection.token >= 0 || m_selection.layer >= 0 || m_selection.head >= 0 || m_selection.word.hasWord());
    if (hover && held && !cleared) {
        Selection kept = m_selection; // only the step may move under a pinned mark
        kept.step = wanted.step;
        setSelection(kept);
        return;
    }
    setSelection(wanted);
}

const Workbench::Decoded &Workbench::decoded() const
{
    const ReportPtr report = currentReport();
    if (report == m_decoded.of)
        return m_decoded;
    m_decoded = {};
    m_decoded.of = report;
    if (!report)
        return m_decoded;
    m_decoded.tokens = static_cast<qint64>(report->ids().size());
    if (std::optional<KeptTokens> kept = report->keptTokens()) {
        for (int64_t layer = 0; layer < kept->layers; ++layer) {
            for (int64_t head = 0; head < kept->heads; ++head)
                m_decoded.slots += static_cast<double>(kept->countKept(layer, head));
        }
        m_decoded.kept = std::make_shared<const KeptTokens>(std::move(*kept));
    }
    return m_decoded;
}

std::shared_ptr<const KeptTokens> Workbench::currentKept() const { return decoded().kept; }

double Workbench::currentKeptSlots() const { return decoded().slots; }

qint64 Workbench::currentTokenCount() const { return decoded().tokens; }

void Workbench::scheduleRebuild()
{
    if (!m_rebuildTimer.isActive())
        m_rebuildTimer.start();
}

void Workbench::rebuild()
{
    ViewContext context;
    context.family = m_setting.family;
    context.methods = &m_methods;
    context.inputId = m_activeInput;
    context.activeRun = m_activeRun;
    context.setting = m_setting;
    const MethodInfo *method = currentMethod();
    context.methodTitle = QString::fromStdString(method ? method->title : m_setting.method);
    context.preview = m_setting.family == "prompt" ? m_promptPreview.report() : m_preview.report();
    context.quality = &m_quality;
    context.pair = m_pair.data();
    context.promptMap = m_promptMap.map();
    context.words = m_words.data();
    m_viewData = buildViewData(m_document, context);
    retargetPromptMap();
    Q_EMIT viewDataChanged();
}

} // namespace winnow
