// Sessions of the workbench: new, open, save, and what is restored from one.
#include "app/workbench/workbench.h"

#include "app/engine/error_sentence.h"
#include "app/export/figure_file.h"
#include "app/export/recipe_file.h"
#include "app/workbench/run_family.h"
#include "core/base/command_line.h"
#include "core/base/json_fields.h"

#include <QFile>
#include <QFileInfo>
#include <QStringDecoder>

namespace winnow {
namespace {

    /// A prompt without instruction, question and answer is a text: it can be said by options.
    Json plainPrompt(Json request, const std::string &name)
    {
        request.erase("family");
        const Json &prompt = childField(request, "prompt");
        const Json &contexts = childField(prompt, "contexts");
        const bool plain = contexts.is_array() && contexts.size() == 1 && stringField(prompt, "instruction").empty() && stringField(prompt, "question").empty();
        if (plain) {
            request["input"] = {{"name", name}, {"text", contexts[0]}};
            request.erase("prompt");
        }
        return request;
    }

    Json firstCacheRun(const std::vector<RunRecord> &runs)
    {
        for (const RunRecord &run : runs)
            if (runFamily(run) == "kv")
                return run.request;
        return {};
    }

    QString textOf(const Json &json, const char *name)
    {
        if (!json.is_object())
            return {};
        auto it = json.find(name);
        return it != json.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
    }

} // namespace

QString Workbench::workingCopyPath() const
{
    SessionDocument &document = const_cast<SessionDocument &>(m_document);
    return document.session() ? QString::fromStdString(document.session()->path()) : QString();
}

QString Workbench::workingFolder() { return userDataFolder() + QStringLiteral("/working"); }

void Workbench::newSession()
{
    Result<std::unique_ptr<WorkingCopy>> working = WorkingCopy::untitled(workingFolder().toStdString(), tr("Untitled").toStdString());
    Result<void> adopted = working ? adoptSession(std::move(*working)) : Result<void>(fail(working.error()));
    if (!adopted)
        Q_EMIT failed(errorSentence(adopted.error()));
}

Result<void> Workbench::adoptSession(std::unique_ptr<WorkingCopy> working)
{
    closeSession();
    m_working = std::move(working);
    return m_document.adopt(m_working->takeSession(), QString::fromStdString(m_working->original()));
}

Result<void> Workbench::openSession(const QString &path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    Result<std::unique_ptr<WorkingCopy>> working = WorkingCopy::open(workingFolder().toStdString(), absolute.toStdString());
    if (!working)
        return fail(working.error());
    if (Result<void> adopted = adoptSession(std::move(*working)); !adopted)
        return adopted;
    m_settings.addRecentFile(absolute);
    return {};
}

Result<void> Workbench::saveTo(const QString &path)
{
    if (m_settingTimer.isActive())
        writeSetting();
    m_words.flush();
    if (Result<void> saved = m_document.saveTo(path); !saved)
        return saved;
    Q_EMIT saved();
    m_settings.addRecentFile(path);
    return m_working ? m_working->setOriginal(path.toStdString()) : Result<void>();
}

Result<void> Workbench::openFile(const QString &path)
{
    const QFileInfo info(path);
    if (info.isDir()) {
        chooseModel(info.absoluteFilePath());
        return {};
    }
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Io, tr("cannot open %1: %2").arg(path, file.errorString()).toStdString());
    const QByteArray start = file.peek(16);
    if (start.startsWith("GGUF")) {
        chooseModel(info.absoluteFilePath());
        return {};
    }
    if (start.startsWith("SQLite format 3"))
        return openSession(path);
    constexpr qint64 kMostBytes = 256 << 20;
    if (file.size() > kMostBytes)
        return fail(ErrorCode::BadInput, tr("%1 is neither a model nor a session, and too large for a text (%2 MiB; at most 256)").arg(info.fileName()).arg(file.size() >> 20).toStdString());
    const QByteArray bytes = file.readAll();
    const bool figure = start.startsWith("\x89PNG") || start.startsWith("%PDF") || bytes.left(1024).contains("<svg");
    if (figure) {
        Result<Json> recipe = recipeOf(bytes);
        if (!recipe)
            return fail(recipe.error());
        Q_EMIT figureDropped(qtFromJson(*recipe));
        return {};
    }
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder(bytes);
    if (decoder.hasError() || text.contains(QChar(0)))
        return fail(ErrorCode::BadInput, tr("%1 is no model, session, text or figure that Winnow knows").arg(info.fileName()).toStdString(),
            tr("Models are GGUF files or Hugging Face folders, texts are UTF-8.").toStdString());
    if (const std::optional<PromptParts> parts = promptPartsFromJson(bytes))
        addPromptInput(info.fileName(), *parts);
    else
        addTextFile(info.fileName(), text);
    return {};
}

QString Workbench::commandLine(qint64 runId) const
{
    const RunRecord *run = m_document.run(runId);
    if (run && runFamily(*run) == "segment")
        return m_words.commandLine(runId);
    const InputRecord *input = m_document.input(run ? run->inputId : m_activeInput);
    Json request;
    if (run)
        request = run->request;
    else if (input && !m_setting.method.empty())
        request = runRequest(requestChoice({m_setting}), *input, m_setting);
    if (request.is_null())
        return {};
    CommandFiles files;
    if (input && input->kind == "text")
        files.text = input->name;
    if (settingFromJson(request).family == "prompt")
        request = plainPrompt(std::move(request), input ? input->name : std::string());
    const Command command = commandFor(request, files, m_methods);
    if (!command.needsRequestFile)
        return QString::fromStdString(shellLine(command));
    // What has no options travels with the line.
    return QString::fromStdString("winnow-cli " + command.words[1] + " --request /dev/stdin <<< " + quoteForShell(jsonText(request)));
}

void Workbench::closeSession()
{
    m_settingTimer.stop();
    m_words.flush();
    m_preview.setTarget({}, std::nullopt);
    m_promptPreview.setTarget({}, std::nullopt);
    m_pair.close();
    m_words.close();
    m_small = {};
    m_demoPending = m_demoSaving = false;
    m_activeInput = m_activeRun = m_chosenForWords = 0;
    m_tokenCounts.clear();
    m_selection = m_parked.selection = {};
    m_document.close();
    m_quality.clear();
    if (m_working)
        m_working->close();
    m_working.reset();
}

void Workbench::onSessionOpened()
{
    restoreFromSession();
    Q_EMIT sessionChanged();
    Q_EMIT modelChanged();
    Q_EMIT smallModelChanged();
    Q_EMIT activeInputChanged();
    Q_EMIT activeRunChanged();
    Q_EMIT tokenCountsChanged();
    Q_EMIT selectionChanged();
    retargetPair();
    retargetWords();
    m_words.restoreState(m_document.state("view.words"));
    rebuild();
}

void Workbench::restoreFromSession()
{
    const Json counts = m_document.state("view.tokenCounts");
    if (counts.is_object()) {
        for (const auto &[id, count] : counts.items()) {
            if (count.is_number_integer())
                m_tokenCounts[std::atoll(id.c_str())] = count.get<qint64>();
        }
    }
    if (m_methods.empty()) {
        const Json listed = m_document.state("methods");
        for (const Json &entry : listed.is_array() ? listed : Json::array()) {
            if (Result<MethodInfo> info = methodInfoFromJson(entry))
                m_methods.push_back(std::move(*info));
        }
        m_preview.setMethods(m_methods);
        m_words.setMethods(m_methods);
        Q_EMIT methodsChanged();
    }
    const Json active = m_document.state("view.activeInput");
    m_activeInput = active.is_number_integer() && m_document.input(active.get<qint64>()) ? active.get<qint64>()
        : m_document.inputs().empty()                                                    ? 0
                                                                                         : m_document.inputs().front().id;
    const Json words = m_document.state("view.wordInput");
    m_chosenForWords = words.is_number_integer() ? words.get<qint64>() : 0;
    Setting setting = settingFromJson(m_document.state("view.setting"));
    if (setting.method.empty() && !m_document.runs().empty())
        setting = settingFromJson(firstCacheRun(m_document.runs()));
    Setting prompt = settingFromJson(m_document.state("view.promptSetting"));
    for (const RunRecord &run : m_document.runs())
        if (prompt.method.empty() && runFamily(run) == "prompt")
            prompt = settingFromJson(run.request);
    if (!prompt.method.empty()) {
        prompt.family = "prompt";
        applySetting(prompt);
    }
    if (!setting.method.empty())
        applySetting(setting);

    m_pair.restoreState(m_document.state("view.pair"));
    restoreSmallModel();
    const Json choice = m_document.state("model.choice");
    QString model = textOf(choice, "model");
    if (model.isEmpty() && !m_document.runs().empty())
        model = textOf(m_document.runs().front().request, "model");
    if (model.isEmpty())
        return;
    const bool loaded = m_model.phase == ModelState::Phase::Ready && m_model.choice.model == model.toStdString();
    m_model.choice.model = model.toStdString();
    m_model.catalogueTitle = catalogueTitle(m_model.choice.model);
    if (const QString dtype = textOf(choice, "dtype"); !dtype.isEmpty())
        m_model.choice.dtype = dtype.toStdString();
    const QString weights = textOf(choice, "weights");
    m_model.choice.weights = weights.isEmpty() ? "auto" : weights.toStdString();
    if (loaded) {
        countTokens();
        retarget();
        return;
    }
    m_model.description = m_document.state("model");
    if (!m_model.description.is_object())
        m_model.description = Json::object();
    reloadModel();
}

} // namespace winnow
