#include "app/workbench/try_out.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"

#include <QStringDecoder>

#include <set>

namespace winnow {
namespace {

    constexpr int kTypingDelayMs = 120;


    QString hexBytes(const QByteArray &bytes)
    {
        return QStringLiteral("⟨%1⟩").arg(QString::fromLatin1(bytes.toHex(' ')));
    }

} // namespace

QString shownToken(const PromptToken &token, const QByteArray &prompt)
{
    if (token.begin >= token.end || token.end > prompt.size())
        return token.piece;
    const QByteArray bytes = prompt.mid(token.begin, token.end - token.begin);
    QStringDecoder decoder(QStringDecoder::Utf8, QStringConverter::Flag::Stateless);
    QString text = decoder(bytes);
    if (decoder.hasError() || text.contains(QChar::ReplacementCharacter))
        return hexBytes(bytes);
    for (QChar &c : text) {
        if (c == u'\n')
            c = QChar(0x21B5);
        else if (c == u' ')
            c = QChar(0x00B7);
        else if (c == u'\t')
            c = QChar(0x21E5);
        else if (c.unicode() < 0x20)
            c = QChar(static_cast<char16_t>(0x2400 + c.unicode()));
    }
    return text;
}

TryOut::TryOut(EngineClient &engine, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
{
    for (QTimer *timer : {&m_tokenTimer, &m_renderTimer}) {
        timer->setSingleShot(true);
        timer->setInterval(kTypingDelayMs);
    }
    connect(&m_tokenTimer, &QTimer::timeout, this, &TryOut::askTokens);
    connect(&m_renderTimer, &QTimer::timeout, this, &TryOut::askRender);
}

void TryOut::setModel(const ModelChoice &choice, bool usable)
{
    if (choice == m_choice && usable == m_usable)
        return;
    m_choice = choice;
    m_usable = usable;
    if (!usable)
        return;
    if (m_source == Source::Chat)
        m_renderTimer.start(0);
    m_tokenTimer.start(0);
}

void TryOut::promptEdited()
{
    m_tokenTimer.start(kTypingDelayMs);
    Q_EMIT promptChanged();
}

void TryOut::setSource(Source source)
{
    if (source == m_source)
        return;
    m_source = source;
    if (source == Source::Chat && !m_renderedEdited)
        m_renderTimer.start(0);
    promptEdited();
}

void TryOut::setText(const QString &text)
{
    if (text == m_text)
        return;
    m_text = text;
    promptEdited();
}

void TryOut::setAddSpecial(bool add)
{
    if (add == m_addSpecial)
        return;
    m_addSpecial = add;
    promptEdited();
}

void TryOut::setMessages(std::vector<ChatMessage> messages)
{
    if (messages == m_messages)
        return;
    m_messages = std::move(messages);
    m_renderedEdited = false; // the template speaks again
    m_renderTimer.start(kTypingDelayMs);
    Q_EMIT promptChanged();
}

void TryOut::setGenerationPrompt(bool on)
{
    if (on == m_generationPrompt)
        return;
    m_generationPrompt = on;
    m_renderedEdited = false;
    m_renderTimer.start(0);
    Q_EMIT promptChanged();
}

void TryOut::editRendered(const QString &text)
{
    if (text == m_rendered)
        return;
    m_rendered = text;
    m_renderedEdited = true;
    promptEdited();
}

void TryOut::resetRendered()
{
    m_renderedEdited = false;
    m_renderTimer.start(0);
}

void TryOut::askRender()
{
    if (!m_usable || m_renderedEdited)
        return;
    Json request = modelFields(m_choice);
    request["command"] = "render";
    request["messages"] = Json::array();
    for (const ChatMessage &message : m_messages)
        request["messages"].push_back({{"role", message.role.toStdString()}, {"content", message.content.toStdString()}});
    request["add_generation_prompt"] = m_generationPrompt;
    const qint64 mine = m_pendingRender = ++m_asked;
    m_engine.send(std::move(request), QStringLiteral("render"), {{}, {}, [this, mine](Result<Document> reply) { onRendered(mine, std::move(reply)); }});
}

void TryOut::onRendered(qint64 request, Result<Document> reply)
{
    if (request != m_pendingRender)
        return; // a newer one is on its way
    m_pendingRender = 0;
    if (m_renderedEdited)
        return;
    m_templateProblem = reply ? QString() : errorSentence(reply.error());
    m_rendered = reply ? QString::fromStdString(stringField(reply->body, "prompt")) : QString();
    Q_EMIT renderedChanged();
    if (m_source == Source::Chat)
        m_tokenTimer.start(0);
}

void TryOut::askTokens()
{
    const QString text = prompt();
    if (!m_usable || text.isEmpty()) {
        m_pendingTokens = 0;
        m_tokens.clear();
        m_tokenProblem.clear();
        Q_EMIT tokensChanged();
        return;
    }
    Json request = modelFields(m_choice);
    request["command"] = "tokenize";
    request["text"] = text.toStdString();
    request["special"] = m_source == Source::Text && m_addSpecial; // a rendered prompt brings its own
    const qint64 mine = m_pendingTokens = ++m_asked;
    m_engine.send(std::move(request), QStringLiteral("tryout"), {{}, {}, [this, mine](Result<Document> reply) { onTokens(mine, std::move(reply)); }});
}

void TryOut::onTokens(qint64 request, Result<Document> reply)
{
    if (request != m_pendingTokens)
        return;
    m_pendingTokens = 0;
    m_tokens.clear();
    m_tokenProblem = reply ? QString() : errorSentence(reply.error());
    if (reply) {
        const Json body = expandArrays(*reply);
        const std::vector<std::string> pieces = stringListField(body, "pieces");
        const std::vector<double> ids = numberListField(body, "ids"), special = numberListField(body, "specialIds");
        const std::set<double> specials(special.begin(), special.end());
        const Json &spans = childField(body, "spans");
        for (size_t i = 0; i < ids.size(); ++i) {
            PromptToken token;
            token.id = static_cast<int32_t>(ids[i]);
            token.piece = i < pieces.size() ? QString::fromStdString(pieces[i]) : QString();
            token.special = specials.count(ids[i]) > 0;
            if (i < spans.size() && spans[i].is_array() && spans[i].size() == 2 && spans[i][0].is_number() && spans[i][1].is_number()) {
                token.begin = spans[i][0].get<qint64>();
                token.end = spans[i][1].get<qint64>();
            }
            m_tokens.push_back(std::move(token));
        }
    }
    Q_EMIT tokensChanged();
}

GeneratedText &TryOut::output(const QString &role)
{
    for (GeneratedText &known : m_outputs) {
        if (known.role == role)
            return known;
    }
    m_outputs.push_back({role, {}, 0, -1});
    m_clocks.emplace_back();
    return m_outputs.back();
}

void TryOut::generate(const std::optional<Setting> &setting, int maxNew, double temperature)
{
    if (m_job != 0 || m_tokens.empty())
        return;
    Json request = modelFields(m_choice);
    request["command"] = "generate";
    Json ids = Json::array();
    for (const PromptToken &token : m_tokens)
        ids.push_back(token.id);
    request["input"] = {{"ids", std::move(ids)}, {"name", m_source == Source::Chat ? "chat prompt" : "prompt"}};
    request["maxNew"] = maxNew;
    request["temperature"] = temperature;
    request["stream"] = true;
    if (setting) {
        request["method"] = setting->method;
        request["params"] = setting->parameters;
        request["budget"] = budgetText(setting->budget);
    }
    m_outputs.clear();
    m_clocks.clear();
    m_report.reset();
    m_generationProblem.clear();
    JobSpec spec;
    spec.title = tr("Generate");
    spec.detail = tr("%1 tokens after %2").arg(maxNew).arg(m_tokens.size());
    spec.request = std::move(request);
    spec.part = [this](const Document &part) { onPart(part); };
    spec.done = [this](Result<Document> reply) { onGenerated(std::move(reply)); };
    m_job = m_jobs.submit(std::move(spec));
    Q_EMIT generationChanged();
}

void TryOut::stop()
{
    if (m_job != 0)
        m_jobs.cancel(m_job);
}

void TryOut::onPart(const Document &part)
{
    GeneratedText &text = output(QString::fromStdString(stringField(part.body, "role")));
    QElapsedTimer &clock = m_clocks[static_cast<size_t>(&text - m_outputs.data())];
    const qint64 tokens = integerField(part.body, "tokens");
    if (tokens <= text.tokens) { // a retry begins again
        text = {text.role, {}, 0, -1};
        clock.invalidate();
    }
    text.text += QString::fromStdString(stringField(part.body, "text"));
    text.tokens = tokens;
    if (!clock.isValid())
        clock.start();
    else if (text.tokens > 1 && clock.nsecsElapsed() > 0)
        text.tokensPerSecond = static_cast<double>(text.tokens - 1) / (static_cast<double>(clock.nsecsElapsed()) * 1e-9);
    Q_EMIT generationChanged();
}

void TryOut::onGenerated(Result<Document> reply)
{
    m_job = 0;
    if (reply) {
        m_report = std::make_shared<const Report>(std::move(*reply));
        for (const TextArtifact &artifact : m_report->texts()) {
            GeneratedText &text = output(QString::fromStdString(artifact.role));
            text.text = QString::fromStdString(artifact.text);
            text.tokens = static_cast<qint64>(artifact.ids.size());
        }
    } else if (reply.error().code != ErrorCode::Cancelled) {
        m_generationProblem = errorSentence(reply.error());
    }
    Q_EMIT generationChanged();
}

Json TryOut::saveState() const
{
    Json messages = Json::array();
    for (const ChatMessage &message : m_messages)
        messages.push_back({{"role", message.role.toStdString()}, {"content", message.content.toStdString()}});
    Json state{{"source", m_source == Source::Chat ? "chat" : "text"}, {"text", m_text.toStdString()}, {"addSpecial", m_addSpecial},
        {"messages", std::move(messages)}, {"generationPrompt", m_generationPrompt}};
    if (m_renderedEdited)
        state["rendered"] = m_rendered.toStdString();
    return state;
}

void TryOut::restoreState(const Json &state)
{
    m_source = stringField(state, "source") == "chat" ? Source::Chat : Source::Text;
    m_text = QString::fromStdString(stringField(state, "text"));
    m_addSpecial = flagField(state, "addSpecial", true);
    m_generationPrompt = flagField(state, "generationPrompt", true);
    m_messages.clear();
    const Json &messages = childField(state, "messages");
    for (const Json &message : messages.is_array() ? messages : Json::array())
        m_messages.push_back({QString::fromStdString(stringField(message, "role", "user")), QString::fromStdString(stringField(message, "content"))});
    if (m_messages.empty())
        m_messages.emplace_back();
    m_renderedEdited = childField(state, "rendered").is_string();
    m_rendered = QString::fromStdString(stringField(state, "rendered"));
    m_tokens.clear();
    if (m_source == Source::Chat)
        m_renderTimer.start(0);
    m_tokenTimer.start(0);
    Q_EMIT promptChanged();
    Q_EMIT renderedChanged();
    Q_EMIT tokensChanged();
}

} // namespace winnow
