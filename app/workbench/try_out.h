#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"

#include <QObject>
#include <QTimer>

#include <optional>
#include <vector>

namespace winnow {

/// A token of the tried prompt.
struct PromptToken {
    int32_t id = 0;
    qint64 begin = 0, end = 0; // bytes of the prompt; equal for tokens that were added
    QString piece; // as the tokenizer writes it
    bool special = false;
};

struct ChatMessage {
    QString role = QStringLiteral("user"), content;

    bool operator==(const ChatMessage &) const = default;
};

/// Text that a generation made, as far as it came.
struct GeneratedText {
    QString role; // "full" or "modified"
    QString text;
    qint64 tokens = 0;
    double tokensPerSecond = -1; // after the first token; -1 = not known yet
};

/// What the Model page tries out: a prompt as text or as a chat through the model's template, its tokens, and text that is
/// generated from exactly these tokens. Without widgets.
class TryOut : public QObject {
    Q_OBJECT
public:
    enum class Source { Text, Chat };

    TryOut(EngineClient &engine, JobRunner &jobs, QObject *parent = nullptr);

    /// The model to ask; `usable` while the engine runs and one is chosen. Tokens are asked for again.
    void setModel(const ModelChoice &choice, bool usable);

    Source source() const { return m_source; }
    void setSource(Source source);
    const QString &text() const { return m_text; }
    void setText(const QString &text);
    bool addSpecial() const { return m_addSpecial; }
    void setAddSpecial(bool add);
    const std::vector<ChatMessage> &messages() const { return m_messages; }
    void setMessages(std::vector<ChatMessage> messages);
    bool generationPrompt() const { return m_generationPrompt; }
    void setGenerationPrompt(bool on);
    /// What the template made of the messages, or what a person made of that.
    const QString &rendered() const { return m_rendered; }
    bool renderedEdited() const { return m_renderedEdited; }
    void editRendered(const QString &text);
    /// Takes the template's text again.
    void resetRendered();
    /// Why there is no rendered prompt; empty when there is one.
    const QString &templateProblem() const { return m_templateProblem; }

    /// What is tokenised: the text, or the rendered prompt.
    const QString &prompt() const { return m_source == Source::Text ? m_text : m_rendered; }
    const std::vector<PromptToken> &tokens() const { return m_tokens; }
    const QString &tokenProblem() const { return m_tokenProblem; }
    /// The tokens belong to the prompt as it is now.
    bool tokensAreCurrent() const { return !m_tokenTimer.isActive() && m_pendingTokens == 0 && m_pendingRender == 0; }

    /// Continues the tokens with the full cache and, when `setting` names a method, under it. A running one goes on.
    void generate(const std::optional<Setting> &setting, int maxNew, double temperature);
    void stop();
    bool generating() const { return m_job != 0; }
    const std::vector<GeneratedText> &outputs() const { return m_outputs; }
    /// The report of the last finished generation; null while there is none.
    const ReportPtr &report() const { return m_report; }
    const QString &generationProblem() const { return m_generationProblem; }

    Json saveState() const;
    void restoreState(const Json &state);

Q_SIGNALS:
    void promptChanged();
    void renderedChanged();
    void tokensChanged();
    void generationChanged();

private:
    void askRender();
    void onRendered(qint64 request, Result<Document> reply);
    void askTokens();
    void onTokens(qint64 request, Result<Document> reply);
    void onPart(const Document &part);
    void onGenerated(Result<Document> reply);
    void promptEdited();
    GeneratedText &output(const QString &role);

    EngineClient &m_engine;
    JobRunner &m_jobs;
    ModelChoice m_choice;
    bool m_usable = false;
    Source m_source = Source::Text;
    QString m_text, m_rendered, m_templateProblem, m_tokenProblem, m_generationProblem;
    bool m_addSpecial = true, m_generationPrompt = true, m_renderedEdited = false;
    std::vector<ChatMessage> m_messages{ChatMessage()};
    std::vector<PromptToken> m_tokens;
    QTimer m_tokenTimer, m_renderTimer;
    qint64 m_asked = 0, m_pendingTokens = 0, m_pendingRender = 0;
    int m_job = 0;
    std::vector<GeneratedText> m_outputs;
    std::vector<QElapsedTimer> m_clocks; // beside m_outputs: since the first token
    ReportPtr m_report;
};

/// A token's text as it is shown: line ends, spaces at the ends and bytes that are no character become visible.
QString shownToken(const PromptToken &token, const QByteArray &prompt);

} // namespace winnow
