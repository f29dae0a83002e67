#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"
#include "app/workbench/session_document.h"
#include "app/workbench/word_requests.h"
#include "app/workbench/word_ribbon_maker.h"
#include "views/word_data.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <optional>

namespace winnow {

/// The controller behind the Words page: which lines, which segmenter, its runs, and what the engine says about the marked line.
/// Results of pinned runs live in the session; the preview, lattice and ribbon come from the engine when the page is shown.
class WordBench : public QObject {
    Q_OBJECT
public:
    WordBench(EngineClient &engine, JobRunner &jobs, SessionDocument &document, QObject *parent = nullptr);
    ~WordBench() override;

    // What it works on; the workbench tells.
    void setMethods(const std::vector<MethodInfo> &methods);
    void setInput(qint64 inputId);
    void setModels(const RibbonModels &models);
    void setMark(const WordMark &mark);
    /// The page is on the screen: only then is anything computed.
    void setWanted(bool wanted);
    void engineGone();
    void close();

    const WordDataPtr &data() const { return m_data; }
    ReportPtr currentReport() const;
    /// Checks of the shown result: those of its report, and that the words of every line join to it.
    std::vector<Check> checks() const;
    const InputRecord *input() const { return m_document.input(m_input); }

    // Setting
    std::vector<MethodInfo> methods() const; // of the family "segment"
    const MethodInfo *method() const;
    const WordSetting &setting() const { return m_setting; }
    void setMethod(const QString &id);
    void setParameter(const QString &name, const Json &value);
    void setSource(const WordSource &source);
    /// Changes the count of a word of the shown list; the path of the marked line follows at once.
    void setCount(const QString &word, double count);
    /// Ends a gesture: the next change is an undo step of its own.
    void endGesture() { ++m_gesture; }
    void setAlphabet(const QString &alphabet);

    // Runs
    qint64 activeRun() const { return m_activeRun; }
    void setActiveRun(qint64 runId);
    qint64 pin();
    /// Cuts and scores the lines with the setting; pins it when it is not pinned.
    void run();
    void evaluate(qint64 runId);
    /// F1 over values of one parameter of the setting.
    void sweep(const QString &parameter, const std::vector<double> &values);
    /// Parameters that can be varied, with the values a sweep takes when nobody says others.
    struct Variable {
        QString name, title;
        std::vector<double> values;
    };
    std::vector<Variable> variables() const;
    /// Learns and writes the dictionary or model; it is the source afterwards.
    void train(const QString &out);
    /// Lets a source of replies split the lines; for "chat" the loaded model.
    void teach(const QString &source, const QString &path);
    QString commandLine(qint64 runId) const;
    /// Why there is no result of the setting; empty while there is one or it is being made.
    QString previewProblem() const { return m_previewProblem; }
    bool busy() const { return m_previewRequest != 0; }
    QString chatModel() const;

    /// Writes the setting to the session now, not when it rests.
    void flush();
    Json saveState() const;
    void restoreState(const Json &state);

Q_SIGNALS:
    void changed(); // data
    void settingChanged();
    void activeRunChanged();
    void runChosen(); // in the tree or a table: its page should be shown
    void busyChanged();
    void failed(const QString &sentence);

private:
    friend class WordSettingCommand;
    void applySetting(const WordSetting &setting);
    void changeSetting(const WordSetting &setting, const QString &text, const QString &mergeKey);
    void readInput();
    void publish();
    void schedulePreview();
    void askPreview();
    void askLattice();
    void onLattice(int generation, const WordMark &mark, Result<Document> reply);
    void onSwept(qint64 inputId, qint64 runId, const Json &request, Result<Document> reply);
    void teachFromReplies(const QString &path);
    void teachSimulated();
    void addRuns(WordData &data);
    void addCurves(WordData &data);
    std::shared_ptr<const WordRun> readRun(const ReportPtr &report);
    const RunRecord *sameSetting(const WordSetting &setting) const;
    const RunRecord *latticeRun() const;
    /// Other input whose gold words a setting learns from; null when there is none.
    const InputRecord *trainingInput(const WordSetting &setting) const;
    std::string otherGold() const; // id of the first one of the same language; empty = none
    std::map<std::string, double> editedCounts(const WordRun *run) const;
    void rememberMethods();

    EngineClient &m_engine;
    JobRunner &m_jobs;
    SessionDocument &m_document;
    std::vector<MethodInfo> m_methods;
    qint64 m_input = 0, m_activeRun = 0;
    std::string m_content; // of the input that was read
    WordSetting m_setting;
    std::vector<WordText> m_lines;
    std::vector<CutLine> m_gold;
    WordDataPtr m_data;
    ReportPtr m_preview;
    WordSetting m_previewOf;
    QString m_problem, m_previewProblem;
    std::map<ReportPtr, std::shared_ptr<const WordRun>> m_read;
    std::shared_ptr<const WordLattice> m_lattice;
    std::shared_ptr<TeacherLog> m_teacher;
    std::unique_ptr<WordRibbonMaker> m_ribbon;
    WordMark m_mark;
    QTimer m_previewTimer, m_latticeTimer, m_stateTimer;
    qint64 m_previewRequest = 0;
    int m_gesture = 0, m_generation = 0;
    bool m_wanted = false, m_sourceChosen = false;
};

/// Kind of the session's cells that hold curves of F1.
inline constexpr const char *kWordCurveCell = "wordCurve";

/// Lines of an input, and where their gold words lie.
std::vector<WordText> wordLines(const InputRecord &input);
std::vector<CutLine> wordGold(const InputRecord &input, const std::vector<WordText> &lines);

/// What a session holds about the words of an input, without an engine: for figures.
WordDataPtr storedWords(const ResultSource &source, const InputRecord &input, const std::vector<MethodInfo> &methods);

} // namespace winnow
