#include "app/workbench/prompt_preview.h"

#include <utility>

namespace winnow {

PromptPreview::PromptPreview(EngineClient &engine, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
{
}

void PromptPreview::setTarget(const ModelChoice &choice, const std::optional<InputRecord> &input)
{
    Json key, text;
    if (input && !choice.model.empty()) {
        key = promptFields(choice, *input);
        text = Json::array({choice.small.empty() ? choice.model : choice.small, key["prompt"]["contexts"]});
    }
    if (key == m_key)
        return;
    const bool sameText = !text.is_null() && text == m_textKey;
    m_key = key;
    m_textKey = text;
    m_choice = choice;
    m_input = input;
    m_read = m_read && sameText;
    m_problem.clear();
    if (!sameText && std::exchange(m_report, nullptr))
        Q_EMIT reportChanged(); // a question that changed leaves the picture until the answer comes
    m_dirty = true;
    pump();
}

void PromptPreview::setSetting(const Setting &setting)
{
    if (setting == m_wantedSetting)
        return;
    m_wantedSetting = setting;
    m_problem.clear();
    m_dirty = true;
    pump();
}

void PromptPreview::setWanted(bool wanted)
{
    m_wanted = wanted;
    pump();
}

void PromptPreview::forget()
{
    ++m_generation;
    m_request = 0;
    m_job = 0;
    m_stopping = false;
    m_read = false;
    m_problem.clear();
    m_dirty = true;
    Q_EMIT busyChanged();
}

bool PromptPreview::isCurrent() const { return m_report && !m_dirty && m_reportSetting == m_wantedSetting; }

void PromptPreview::pump()
{
    if (!m_wanted || m_engine.state() != EngineClient::State::Ready || m_key.is_null() || m_wantedSetting.method.empty() || !m_problem.isEmpty())
        return;
    if (!busy()) {
        if (m_dirty || !isCurrent())
            ask();
        return;
    }
    if (m_dirty && m_job == 0 && !m_stopping) { // stages of an older wish are worth nothing
        m_stopping = true;
        m_engine.cancel(m_request);
    }
}

void PromptPreview::ask()
{
    m_dirty = false;
    m_stopping = false;
    m_asked = m_wantedSetting;
    Json request = promptSelectRequest(m_choice, *m_input, m_asked);
    m_clock.start();
    const int generation = m_generation;
    auto done = [this, generation, asked = m_asked](Result<Document> reply) {
        if (generation == m_generation)
            onAnswer(asked, std::move(reply));
    };
    if (m_read) {
        m_request = m_engine.send(std::move(request), QStringLiteral("promptPreview"), {{}, {}, std::move(done)});
    } else {
        JobSpec spec;
        spec.title = tr("Score");
        spec.detail = QString::fromStdString(m_input->name);
        spec.request = std::move(request);
        spec.tag = QStringLiteral("promptPreview");
        spec.done = std::move(done);
        m_job = m_jobs.submit(std::move(spec));
    }
    Q_EMIT busyChanged();
}

void PromptPreview::onAnswer(const Setting &asked, Result<Document> reply)
{
    m_request = 0;
    m_job = 0;
    m_lastAnswerMs = static_cast<double>(m_clock.nsecsElapsed()) * 1e-6;
    if (reply) {
        m_read = true;
        if (!m_dirty || !m_report || asked.method == m_wantedSetting.method) { // an older budget is nearer than nothing
            m_report = std::make_shared<const Report>(std::move(*reply));
            m_reportSetting = asked;
            Q_EMIT reportChanged();
        }
    } else if (reply.error().code == ErrorCode::Cancelled) {
        if (!m_dirty && !std::exchange(m_stopping, false))
            m_problem = tr("Scoring was cancelled. Change the setting, or press Run, to read the text again.");
    } else if (reply.error().code != ErrorCode::EngineLost && !m_dirty) {
        m_problem = QString::fromStdString(reply.error().message);
        if (!m_problem.isEmpty()) {
            m_problem[0] = m_problem[0].toUpper();
            if (!m_problem.endsWith(QLatin1Char('.')))
                m_problem += QLatin1Char('.');
        }
        if (!reply.error().hint.empty()) {
            QString hint = QString::fromStdString(reply.error().hint);
            hint[0] = hint[0].toUpper();
            m_problem += QLatin1Char(' ') + hint;
        }
        m_problem = tr("This setting cannot be used here. %1").arg(m_problem);
        m_report.reset();
    }
    if (!m_problem.isEmpty())
        Q_EMIT reportChanged();
    Q_EMIT busyChanged();
    pump();
}

} // namespace winnow
