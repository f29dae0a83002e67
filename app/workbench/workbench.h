#pragma once

#include "app/app_settings.h"
#include "app/engine/job_runner.h"
#include "app/workbench/measurements.h"
#include "app/workbench/pair_compare.h"
#include "app/workbench/preview.h"
#include "app/workbench/prompt_map_loader.h"
#include "app/workbench/prompt_parts.h"
#include "app/workbench/prompt_preview.h"
#include "app/workbench/requests.h"
#include "app/workbench/session_document.h"
#include "app/workbench/view_data.h"
#include "app/workbench/word_bench.h"
#include "sessions/recovery.h"
#include "views/run_view.h"

#include <QObject>
#include <QTimer>

namespace winnow {

/// The model the window works with.
struct ModelState {
    enum class Phase { None, NotLoaded, Loading, Ready, Failed };
    ModelChoice choice;
    Phase phase = Phase::None;
    QString catalogueTitle; // empty = not of the catalogue
    Json description = Json::object(); // the `open` reply: model object, tokenizer, forecast, ...
    QString problem; // Phase::Failed

    /// "SmolLM2-135M", else the catalogue name or file name.
    QString title() const;
    /// "CPU f32"; empty until it was loaded once.
    QString place() const;
};

/// The window's controller, without widgets: joins engine, session, preview and measurements, and answers every action.
class Workbench : public QObject {
    Q_OBJECT
public:
    explicit Workbench(AppSettings &settings, QObject *parent = nullptr);
    ~Workbench() override;

    EngineClient &engine() { return m_engine; }
    JobRunner &jobs() { return m_jobs; }
    SessionDocument &document() { return m_document; }
    Preview &preview() { return m_preview; }
    PromptPreview &promptPreview() { return m_promptPreview; }
    PromptMapLoader &promptMap() { return m_promptMap; }
    Measurements &measurements() { return m_measurements; }
    PairCompare &pair() { return m_pair; }
    const PairCompare &pair() const { return m_pair; }
    WordBench &words() { return m_words; }
    const WordBench &words() const { return m_words; }
    AppSettings &settings() { return m_settings; }

    // Session
    void startEngine();
    /// Ends the engine and starts it as the settings say now; its models are opened again.
    void restartEngine();
    void newSession();
    Result<void> openSession(const QString &path);
    /// Takes a working copy over (a new one, or one that was recovered).
    Result<void> adoptSession(std::unique_ptr<WorkingCopy> working);
    /// Folder of the working copies, where leftovers of dead windows lie.
    static QString workingFolder();
    Result<void> saveTo(const QString &path);
    void closeSession();
    /// Opens the demo kept in the user's data folder, or makes it from the recipe (loads the model, measures).
    Result<void> openDemo();
    /// A model, session, text or figure file by its content; the figure's view comes back through figureDropped.
    Result<void> openFile(const QString &path);
    /// File name beside the working copies where the open session lives.
    QString workingCopyPath() const;

    // Model and input
    const ModelState &model() const { return m_model; }
    /// Opens a model, in a new session when none is open. `weights`: where its matrices are held, "auto", "file" or "f32".
    void chooseModel(const QString &pathOrName, const QString &weights = QStringLiteral("auto"));
    /// The model as requests name it, with the number of threads written out.
    ModelChoice modelChoice() const { return requestChoice(); }
    void reloadModel();
    /// The second model of methods and pages that compare two; None while none is chosen.
    const ModelState &smallModel() const { return m_small; }
    void chooseSmallModel(const QString &pathOrName, const QString &weights = QStringLiteral("auto"));
    void forgetSmallModel();
    void reloadSmallModel();
    qint64 addTextInput(const QString &name, const QString &text, const Json &extra = Json::object());
    /// The same for the text of a file: a treebank or text in the bar format becomes raw lines with gold words.
    qint64 addTextFile(const QString &name, const QString &text);
    /// Adds lines of four treebanks (Chinese, Japanese, Korean, Thai) that come with the program; returns the first.
    qint64 addWordSamples();
    qint64 activeInput() const { return m_activeInput; }
    void setActiveInput(qint64 id);
    /// What the Words page cuts: what was chosen there, else the active input where it is of a kind that is cut, else the first
    /// input with known words.
    qint64 wordInput() const;
    /// The input of the page that is shown.
    qint64 shownInput() const { return m_wordsShown ? wordInput() : m_activeInput; }
    /// A person picks an input on the shown page; one with known words, picked on the Words page, leaves the other pages theirs.
    void chooseInput(qint64 id);
    /// Tokens of an input; -1 = not counted yet.
    qint64 tokenCount(qint64 inputId) const;
    void setScoredTokens(qint64 inputId, int count);

    /// Question, answer and other parts of the active input; one step of undo.
    void setPromptParts(const PromptParts &parts);
    /// An input made of parts, for example of a dropped JSON file.
    qint64 addPromptInput(const QString &name, const PromptParts &parts);

    // Setting
    /// Family of the methods that form, runs and views are about now: "kv" or "prompt". Each keeps its setting and its marks.
    const std::string &family() const { return m_setting.family; }
    void setFamily(const std::string &family);
    /// Family of the runs that tables list: that of the form, or "segment" while the Words page is shown.
    std::string comparedFamily() const { return m_wordsShown ? "segment" : m_setting.family; }
    void setWordsShown(bool shown);
    /// The setting of a family, whether it is shown or not.
    /// What a line is followed through on its way to the cache.
    RibbonModels ribbonModels() const;
    const Setting &settingOf(const std::string &family) const { return m_setting.family == family ? m_setting : m_parked.setting; }
    const std::vector<MethodInfo> &methods() const { return m_methods; }
    const MethodInfo *currentMethod() const { return findMethod(m_methods, m_setting.method); }
    const Setting &setting() const { return m_setting; }
    CacheGeometry geometry() const;
    void setMethod(const QString &id);
    void setParameter(const QString &name, const Json &value);
    /// Several parameters as one step of undo.
    void setParameters(const Json &values, const QString &text, std::optional<Budget> budget = std::nullopt);
    void setBudget(const Budget &budget);
    /// Ends a gesture: the next change of the same value is an undo step of its own.
    void endGesture() { ++m_gesture; }

    // Runs
    qint64 activeRun() const { return m_activeRun; }
    void setActiveRun(qint64 runId);
    /// Pins the current setting; returns the run (the existing one when it is pinned already).
    qint64 pin();
    /// The same for any setting of the active input.
    qint64 pinSetting(const Setting &setting);
    /// Measures the current setting; pins it when it is not pinned.
    void evaluateCurrent();
    void evaluate(qint64 runId);
    void evaluateUnmeasured();
    /// Measures a grid of cells; methods that are not pinned on this input are pinned first, as one step of undo.
    void sweep(const SweepChoice &choice);
    void generate(qint64 runId, int maxNew);
    /// `winnow-cli run ...` that repeats the run; of the current setting for runId 0.
    QString commandLine(qint64 runId) const;

    // What the views show
    ViewDataPtr viewData() const { return m_viewData; }
    ReportPtr currentReport() const;
    bool previewIsCurrent() const;
    /// Kept set of the current report, decoded once; null when there is none.
    std::shared_ptr<const KeptTokens> currentKept() const;
    /// Slots kept at the prompt over all layers and heads.
    double currentKeptSlots() const;
    /// Ids of the current report: context and scored tokens.
    qint64 currentTokenCount() const;
    const Selection &selection() const { return m_selection; }
    void setSelection(const Selection &selection);
    /// What a view asks for: hover does not replace a pinned mark.
    void requestSelection(const Selection &selection);

Q_SIGNALS:
    void modelChanged();
    void smallModelChanged();
    void methodsChanged();
    void settingChanged();
    void familyChanged();
    void activeInputChanged();
    void activeRunChanged();
    void tokenCountsChanged();
    void viewDataChanged();
    void selectionChanged();
    void sessionChanged();
    void saved();
    void engineLost(const QString &reason);
    void figureDropped(const QJsonObject &recipe);
    void generated(qint64 runId, winnow::ReportPtr report);
    /// The engine refused to load the model because it needs more memory than there is.
    void modelDoesNotFit(const QString &pathOrName);
    /// One sentence for a banner: what went wrong and what to do.
    void failed(const QString &sentence);

private:
    friend class SettingCommand;
    void onEngineState(EngineClient::State state);
    void onModelOpened(const ModelChoice &choice, Result<Document> reply);
    void onSmallModelOpened(const std::string &name, Result<Document> reply);
    void setSmallChoice(const ModelChoice &choice);
    void restoreSmallModel();
    void retargetPair();
    void retargetPromptMap();
    /// Holds the preview's capture back while the Similarity page waits for its comparison.
    void orderReading();
    void retargetWords();
    void chooseForWords(qint64 id);
    void onSessionOpened();
    void restoreFromSession();
    void applySetting(const Setting &setting);
    /// A first setting where the family has none and the methods are known.
    void fillSetting();
    void writeSetting();
    void changeSetting(const Setting &setting, const QString &text, const QString &mergeKey);
    void retarget();
    void countTokens();
    void askCatalogue();
    QString catalogueTitle(const std::string &model) const; // by name or path, empty = not of the catalogue
    void rebuild();
    void scheduleRebuild();
    Result<void> makeDemo(const QString &home);
    void runDemoPlan();
    /// Pins the segmenters of the demo on its treebank; returns their runs.
    std::vector<qint64> pinDemoWords(const Json &recipe);
    ModelChoice requestChoice() const;
    /// The same with the small model, where the methods of these settings ask one and it is loaded.
    ModelChoice requestChoice(const std::vector<Setting> &settings) const;
    bool asksSmallModel(const Setting &setting) const;
    /// A shorter input that the model's forecast says fits into memory.
    std::optional<FittingRetry> fittingRetry(const Json &request);

    AppSettings &m_settings;
    EngineClient m_engine;
    JobRunner m_jobs;
    SessionDocument m_document;
    std::unique_ptr<WorkingCopy> m_working; // lock and note of the copy the document writes to
    Preview m_preview;
    PromptPreview m_promptPreview;
    PromptMapLoader m_promptMap;
    Measurements m_measurements;
    PairCompare m_pair;
    WordBench m_words;
    bool m_wordsShown = false;
    ModelState m_model, m_small;
    std::vector<MethodInfo> m_methods;
    Setting m_setting;
    struct Parked { // of the family that is not shown
        Setting setting;
        Selection selection;
    };
    Parked m_parked;
    qint64 m_activeInput = 0, m_activeRun = 0, m_chosenForWords = 0; // 0 = nobody chose one for the Words page
    std::map<qint64, qint64> m_tokenCounts;
    Selection m_selection;
    ViewDataPtr m_viewData;
    QualityCache m_quality;
    struct Decoded {
        ReportPtr of;
        std::shared_ptr<const KeptTokens> kept;
        double slots = 0;
        qint64 tokens = 0;
    };
    const Decoded &decoded() const;
    mutable Decoded m_decoded;
    QTimer m_rebuildTimer, m_settingTimer, m_restartTimer;
    int m_gesture = 0;
    bool m_demoPending = false, m_demoSaving = false;
    std::map<std::string, QString> m_catalogue; // titles by name and by path
};

/// The setting by which a swept method is pinned: at the wanted budget when the sweep has it, else at the nearest of its kind.
Setting sweptSetting(Setting method, const std::vector<Budget> &budgets, const Budget &wanted);

} // namespace winnow
