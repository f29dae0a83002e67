// The second, small model of the workbench.
#include "app/workbench/workbench.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr const char *kChoice = "model.smallChoice", *kDescription = "model.small";

} // namespace

void Workbench::setSmallChoice(const ModelChoice &choice)
{
    if (choice.model != m_small.choice.model)
        m_small.description = Json::object();
    m_small.choice = choice;
    m_small.problem.clear();
    m_small.catalogueTitle = m_catalogue.count(choice.model) > 0 ? m_catalogue[choice.model] : QString();
}

void Workbench::chooseSmallModel(const QString &pathOrName, const QString &weights)
{
    if (!m_document.isOpen())
        newSession();
    if (pathOrName.contains(QLatin1Char('/')))
        m_settings.addRecentModel(pathOrName);
    ModelChoice choice;
    choice.model = pathOrName.toStdString();
    choice.dtype = m_settings.dtype().toStdString();
    choice.weights = weights.toStdString();
    setSmallChoice(choice);
    m_small.phase = ModelState::Phase::NotLoaded;
    m_document.setState(kChoice, Json{{"model", choice.model}, {"dtype", choice.dtype}, {"weights", choice.weights}});
    m_document.setState(kDescription, Json());
    reloadSmallModel();
}

void Workbench::forgetSmallModel()
{
    m_small = {};
    if (m_document.isOpen()) {
        m_document.setState(kChoice, Json::object()); // "none" was chosen, which is more than no choice
        m_document.setState(kDescription, Json());
    }
    Q_EMIT smallModelChanged();
    retarget();
}

void Workbench::reloadSmallModel()
{
    if (m_small.choice.model.empty())
        return;
    m_small.problem.clear();
    const bool ready = m_engine.state() == EngineClient::State::Ready;
    m_small.phase = ready ? ModelState::Phase::Loading : ModelState::Phase::NotLoaded;
    Q_EMIT smallModelChanged();
    retargetPair();
    if (!ready)
        return;
    ModelChoice choice = requestChoice();
    choice.model = m_small.choice.model;
    choice.dtype = m_small.choice.dtype;
    choice.weights = m_small.choice.weights;
    JobSpec spec;
    spec.title = tr("Load");
    spec.detail = m_small.title();
    spec.request = openRequest(choice);
    spec.tag = QStringLiteral("openSmall");
    spec.done = [this, name = choice.model](Result<Document> reply) { onSmallModelOpened(name, std::move(reply)); };
    m_jobs.submit(std::move(spec));
}

void Workbench::onSmallModelOpened(const std::string &name, Result<Document> reply)
{
    if (name != m_small.choice.model || (!reply && reply.error().code == ErrorCode::EngineLost))
        return;
    if (!reply) {
        const bool cancelled = reply.error().code == ErrorCode::Cancelled;
        m_small.phase = cancelled ? ModelState::Phase::NotLoaded : ModelState::Phase::Failed;
        m_small.problem = QString::fromStdString(reply.error().message);
        if (!cancelled)
            Q_EMIT failed(errorSentence(reply.error()));
    } else {
        const Json &body = reply->body;
        m_small.description = childField(body, "model").is_object() ? body["model"] : body;
        m_small.phase = ModelState::Phase::Ready;
        if (m_document.isOpen() && m_document.state(kDescription) != m_small.description)
            m_document.setState(kDescription, m_small.description);
    }
    Q_EMIT smallModelChanged();
    retarget();
}

void Workbench::restoreSmallModel()
{
    const Json stored = m_document.state(kChoice);
    ModelChoice choice;
    choice.model = stringField(stored, "model");
    choice.dtype = stringField(stored, "dtype", choice.dtype);
    choice.weights = stringField(stored, "weights", choice.weights);
    // A session of the command line holds no choice, but its runs say with which model they were made.
    const std::vector<RunRecord> &runs = m_document.runs();
    for (auto run = runs.begin(); stored.is_null() && choice.model.empty() && run != runs.end(); ++run)
        choice.model = stringField(run->request, "smallModel");
    if (choice.model.empty())
        return;
    setSmallChoice(choice);
    const Json description = m_document.state(kDescription);
    m_small.description = description.is_object() ? description : Json::object();
    reloadSmallModel();
}

bool Workbench::asksSmallModel(const Setting &setting) const
{
    const MethodInfo *method = findMethod(m_methods, setting.method);
    return setting.family == "prompt" || (method && needsSmallModel(*method)); // of a prompt it is the one that scores
}

ModelChoice Workbench::requestChoice(const std::vector<Setting> &settings) const
{
    ModelChoice choice = requestChoice();
    const bool asked = std::any_of(settings.begin(), settings.end(), [this](const Setting &setting) { return asksSmallModel(setting); });
    if (asked && m_small.phase == ModelState::Phase::Ready)
        choice.small = m_small.choice.model;
    return choice;
}

void Workbench::retargetPromptMap()
{
    if (m_setting.family != "prompt")
        return;
    const bool own = m_small.phase != ModelState::Phase::Ready;
    const ModelState &scoring = own ? m_model : m_small;
    ModelChoice choice = requestChoice();
    choice.model = scoring.choice.model;
    choice.dtype = scoring.choice.dtype;
    choice.weights = scoring.choice.weights;
    const std::shared_ptr<const PromptData> prompt = m_viewData->current.prompt;
    const bool ready = scoring.phase == ModelState::Phase::Ready && prompt;
    m_promptMap.setTarget(choice, ready ? prompt->ids : std::vector<int32_t>(), static_cast<int>(integerField(scoring.description, "layers")), static_cast<int>(integerField(scoring.description, "heads")));
}

void Workbench::retargetPair()
{
    const InputRecord *input = m_document.input(m_activeInput);
    PairTarget target;
    target.large = requestChoice();
    target.small = m_small.choice.model;
    if (input && input->kind == "text")
        target.input = *input;
    target.ready = m_model.phase == ModelState::Phase::Ready && m_small.phase == ModelState::Phase::Ready;
    m_pair.setTarget(target);
    orderReading();
}

void Workbench::orderReading()
{
    using Phase = ModelState::Phase;
    const auto comes = [](const ModelState &model) { return model.phase == Phase::Ready || model.phase == Phase::Loading; };
    m_preview.setHeld(m_pair.goesFirst() && comes(m_model) && comes(m_small));
}

} // namespace winnow
