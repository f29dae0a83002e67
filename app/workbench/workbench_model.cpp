// Model and inputs of the workbench.
#include "app/workbench/segmented_text.h"
#include "app/engine/error_sentence.h"
#include "app/workbench/workbench.h"

#include "core/base/json_fields.h"
#include "views/format.h"

#include <QFileInfo>

#include <algorithm>

namespace winnow {
namespace {

    constexpr const char *kTokenCounts = "view.tokenCounts";

} // namespace

ModelChoice Workbench::requestChoice() const
{
    ModelChoice choice = m_model.choice;
    choice.threads = m_settings.threads();
    if (choice.threads <= 0) {
        // The engine's own number, written out: a copied command repeats the run bit for bit.
        auto threads = m_engine.hello().find("threads");
        if (threads != m_engine.hello().end() && threads->is_number_integer())
            choice.threads = threads->get<int>();
    }
    return choice;
}

void Workbench::askCatalogue()
{
    RequestHandlers handlers;
    handlers.done = [this](Result<Document> reply) {
        if (!reply || !reply->body.contains("models") || !reply->body["models"].is_array())
            return;
        for (const Json &entry : reply->body["models"]) {
            for (const char *key : {"name", "path"}) {
                if (const std::string called = stringField(entry, key); !called.empty())
                    m_catalogue[called] = QString::fromStdString(stringField(entry, "title"));
            }
        }
        m_model.catalogueTitle = catalogueTitle(m_model.choice.model);
        m_small.catalogueTitle = catalogueTitle(m_small.choice.model);
        Q_EMIT modelChanged();
        Q_EMIT smallModelChanged();
    };
    m_engine.send(Json{{"command", "models"}}, {}, std::move(handlers));
}

QString Workbench::catalogueTitle(const std::string &model) const
{
    const auto found = m_catalogue.find(model);
    return found == m_catalogue.end() ? QString() : found->second;
}

void Workbench::chooseModel(const QString &pathOrName, const QString &weights)
{
    if (!m_document.isOpen())
        newSession();
    if (pathOrName.contains(QLatin1Char('/')))
        m_settings.addRecentModel(pathOrName);
    ModelChoice choice;
    choice.model = pathOrName.toStdString();
    choice.dtype = m_settings.dtype().toStdString();
    choice.weights = weights.toStdString();
    if (choice.model != m_model.choice.model)
        m_model.description = Json::object();
    m_model.choice = choice;
    m_model.catalogueTitle = catalogueTitle(choice.model);
    m_document.setState("model.choice", Json{{"model", choice.model}, {"device", choice.device}, {"dtype", choice.dtype}, {"weights", choice.weights}});
    reloadModel();
}

void Workbench::reloadModel()
{
    if (m_model.choice.model.empty())
        return;
    m_model.problem.clear();
    if (m_engine.state() != EngineClient::State::Ready) {
        m_model.phase = ModelState::Phase::NotLoaded;
        Q_EMIT modelChanged();
        return;
    }
    m_model.phase = ModelState::Phase::Loading;
    Q_EMIT modelChanged();
    const ModelChoice choice = requestChoice();
    JobSpec spec;
    spec.title = tr("Load");
    spec.detail = m_model.title();
    spec.request = openRequest(choice);
    spec.tag = QStringLiteral("open");
    spec.done = [this, choice](Result<Document> reply) { onModelOpened(choice, std::move(reply)); };
    m_jobs.submit(std::move(spec));
}

void Workbench::onModelOpened(const ModelChoice &choice, Result<Document> reply)
{
    if (choice.model != m_model.choice.model || (!reply && reply.error().code == ErrorCode::EngineLost))
        return;
    if (!reply) {
        const bool cancelled = reply.error().code == ErrorCode::Cancelled;
        m_model.phase = cancelled ? ModelState::Phase::NotLoaded : ModelState::Phase::Failed;
        m_model.problem = QString::fromStdString(reply.error().message);
        Q_EMIT modelChanged();
        if (!cancelled)
            Q_EMIT failed(errorSentence(reply.error()));
        if (reply.error().code == ErrorCode::OutOfMemory)
            Q_EMIT modelDoesNotFit(QString::fromStdString(choice.model));
        return;
    }
    const Json &body = reply->body;
    m_model.description = body.contains("model") && body["model"].is_object() ? body["model"] : body;
    if (body.contains("forecast"))
        m_model.description["forecast"] = body["forecast"];
    m_model.phase = ModelState::Phase::Ready;
    if (m_document.state("model").is_null())
        m_document.setState("model", m_model.description);
    Q_EMIT modelChanged();
    countTokens();
    retarget();
    m_preview.pump();
    m_promptPreview.pump();
}

void Workbench::countTokens()
{
    if (m_engine.state() != EngineClient::State::Ready || m_model.phase != ModelState::Phase::Ready)
        return;
    for (const InputRecord &input : m_document.inputs()) {
        if (m_tokenCounts.count(input.id) > 0 || input.kind != "text")
            continue;
        Json request = modelFields(requestChoice());
        request["command"] = "tokenize";
        request["text"] = input.content;
        request["special"] = true;
        const qint64 id = input.id;
        RequestHandlers handlers;
        handlers.done = [this, id](Result<Document> reply) {
            if (!reply || !reply->body.contains("ids"))
                return;
            const Json ids = expandArrays(*reply)["ids"];
            m_tokenCounts[id] = static_cast<qint64>(ids.size());
            Json stored = Json::object();
            for (const auto &[input, count] : m_tokenCounts)
                stored[std::to_string(input)] = count;
            m_document.setState(kTokenCounts, stored);
            Q_EMIT tokenCountsChanged();
        };
        m_engine.send(std::move(request), {}, std::move(handlers));
    }
}

qint64 Workbench::tokenCount(qint64 inputId) const
{
    auto it = m_tokenCounts.find(inputId);
    return it == m_tokenCounts.end() ? -1 : it->second;
}

qint64 Workbench::addTextInput(const QString &name, const QString &text, const Json &extra)
{
    if (!m_document.isOpen())
        newSession();
    if (text.trimmed().isEmpty()) {
        Q_EMIT failed(tr("%1 holds no text; choose a file with some, or paste it.").arg(name));
        return 0;
    }
    InputRecord record;
    record.name = name.toStdString();
    record.content = text.toStdString();
    record.extra = extra;
    const qint64 id = m_document.addInput(std::move(record));
    countTokens();
    setActiveInput(id);
    return id;
}

void Workbench::setPromptParts(const PromptParts &parts)
{
    const InputRecord *input = m_document.input(m_activeInput);
    if (!input || promptParts(*input) == parts)
        return;
    m_document.changeInput(withPromptParts(*input, parts), tr("Change question and answer"));
}

qint64 Workbench::addPromptInput(const QString &name, const PromptParts &parts)
{
    const InputRecord made = withPromptParts({}, parts);
    return addTextInput(name, QString::fromStdString(made.content), made.extra);
}

qint64 Workbench::addTextFile(const QString &name, const QString &text)
{
    const std::optional<InputRecord> segmented = segmentedInput(name, text);
    return segmented ? addTextInput(name, QString::fromStdString(segmented->content), segmented->extra) : addTextInput(name, text);
}

qint64 Workbench::wordInput() const
{
    if (m_document.input(m_chosenForWords))
        return m_chosenForWords;
    const InputRecord *active = m_document.input(m_activeInput);
    if (active && isCut(*active))
        return m_activeInput;
    for (const InputRecord &input : m_document.inputs())
        if (goldLines(input) > 0)
            return input.id;
    return m_activeInput;
}

void Workbench::chooseForWords(qint64 id)
{
    if (id == m_chosenForWords)
        return;
    m_chosenForWords = id;
    m_document.setState("view.wordInput", id);
}

void Workbench::chooseInput(qint64 id)
{
    const InputRecord *input = m_document.input(id);
    if (!m_wordsShown || !input)
        return setActiveInput(id);
    chooseForWords(id);
    if (goldLines(*input) == 0 && id != m_activeInput)
        return setActiveInput(id);
    Q_EMIT activeInputChanged();
}

void Workbench::setActiveInput(qint64 id)
{
    if (id == m_activeInput)
        return;
    if (const InputRecord *input = m_document.input(id); input && isCut(*input))
        chooseForWords(0); // text of one's own comes before what was looked at until now
    else if (input && m_wordsShown)
        chooseForWords(id);
    m_activeInput = id;
    m_document.setState("view.activeInput", id);
    m_selection = m_parked.selection = {};
    const RunRecord *same = m_measurements.sameSetting(m_activeInput, m_setting);
    m_activeRun = same ? same->id : 0;
    retarget();
    Q_EMIT activeInputChanged();
    Q_EMIT activeRunChanged();
    Q_EMIT selectionChanged();
    scheduleRebuild();
}

void Workbench::retarget()
{
    const InputRecord *input = m_document.input(m_activeInput);
    const bool ready = m_model.phase == ModelState::Phase::Ready;
    std::optional<InputRecord> target;
    if (input && ready && input->kind == "text" && goldLines(*input) == 0) // a treebank is for segmenters: no model reads it whole
        target = *input;
    retargetPair(); // first: it may hold the capture back
    m_preview.setTarget(requestChoice({settingOf("kv")}), target);
    const bool scorer = m_small.phase == ModelState::Phase::None || m_small.phase == ModelState::Phase::Ready; // one that was chosen is waited for
    m_promptPreview.setTarget(requestChoice({settingOf("prompt")}), scorer ? target : std::nullopt);
}

void Workbench::setWordsShown(bool shown)
{
    if (m_wordsShown == shown)
        return;
    m_wordsShown = shown;
    Q_EMIT familyChanged();
    if (wordInput() != m_activeInput)
        Q_EMIT activeInputChanged(); // what the toolbar names
}

void Workbench::retargetWords()
{
    m_words.setInput(wordInput());
    m_words.setModels(ribbonModels());
}

RibbonModels Workbench::ribbonModels() const
{
    RibbonModels models;
    const auto ready = [](const ModelState &state) { return state.phase == ModelState::Phase::Ready; };
    models.large = requestChoice();
    models.largeReady = ready(m_model);
    models.largeTitle = m_model.phase == ModelState::Phase::None ? QString() : m_model.title();
    models.small = models.large;
    models.small.model = m_small.choice.model;
    models.small.weights = m_small.choice.weights;
    models.smallReady = ready(m_small);
    models.smallTitle = m_small.phase == ModelState::Phase::None ? QString() : m_small.title();
    models.cache = settingOf("kv");
    if (const MethodInfo *method = findMethod(m_methods, models.cache.method))
        models.cacheTitle = QString::fromStdString(method->title);
    models.prompt = settingOf("prompt");
    for (const MethodInfo &method : m_methods)
        if (method.family == "prompt" && models.prompt.method.empty())
            models.prompt = defaultSetting(method);
    if (const MethodInfo *method = findMethod(m_methods, models.prompt.method))
        models.promptTitle = QString::fromStdString(method->title);
    return models;
}

std::optional<FittingRetry> Workbench::fittingRetry(const Json &request)
{
    const InputRecord *input = m_document.input(m_activeInput);
    const qint64 tokens = tokenCount(m_activeInput);
    const Json forecast = m_model.description.is_object() ? m_model.description.value("forecast", Json::object()) : Json::object();
    auto number = [&](const char *name) { return forecast.is_object() && forecast.contains(name) && forecast[name].is_number() ? forecast[name].get<double>() : 0.0; };
    const double perToken = number("tokens") > 0 ? (number("cacheBytes") + number("workBytes")) / number("tokens") : 0;
    const double room = 0.8 * static_cast<double>(m_engine.status().totalBytes) - number("weightBytes");
    if (!input || tokens <= 0 || perToken <= 0 || room <= 0 || !request.contains("input"))
        return std::nullopt;
    constexpr qint64 kStep = 256;
    const qint64 fits = static_cast<qint64>(room / perToken) / kStep * kStep;
    if (fits < kStep || fits >= tokens)
        return std::nullopt;
    InputRecord shorter = *input;
    const QString text = QString::fromStdString(input->content);
    const QString count = format::integer(static_cast<double>(fits));
    shorter.id = 0;
    shorter.name = tr("%1, about %2 tokens").arg(QString::fromStdString(input->name), count).toStdString();
    shorter.content = text.left(static_cast<qsizetype>(static_cast<double>(text.size()) * static_cast<double>(fits) / static_cast<double>(tokens))).toStdString();
    return FittingRetry{tr("Retry with %1 tokens").arg(count), {}, [this, shorter] { addTextInput(QString::fromStdString(shorter.name), QString::fromStdString(shorter.content), shorter.extra); }};
}

void Workbench::setScoredTokens(qint64 inputId, int count)
{
    const InputRecord *input = m_document.input(inputId);
    if (!input || count < 2)
        return;
    InputRecord changed = *input;
    if (!changed.extra.is_object())
        changed.extra = Json::object();
    changed.extra["scoreLast"] = count;
    m_document.changeInput(changed, tr("Score the last %1 tokens").arg(count));
}

} // namespace winnow
